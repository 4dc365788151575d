"""One reader of one newsletter, and what may be done about them."""

import pytest

from service.subscribers.confirmation import confirm_subscription
from service.subscribers.queries import find_subscriber
from tests.factories.publication import make_newsletter
from tests.factories.readers import request_subscription
from tests.fixtures.services import OpenTransaction

JANE = "jane@example.org"


@pytest.fixture
def newsletter_id(open_transaction: OpenTransaction) -> int:
    """A newsletter without readers."""
    with open_transaction() as session:
        return make_newsletter(session).id


@pytest.fixture
def jane(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """The subscription of a reader who has confirmed it."""
    with open_transaction() as session:
        request_subscription(session, newsletter_id, JANE, wording="Send me Crossings.")
        subscriber = find_subscriber(session, JANE)
        assert subscriber is not None
        return confirm_subscription(session, subscriber.subscriptions[0].id, wording="Yes").id
