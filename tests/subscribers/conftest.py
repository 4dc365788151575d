"""One reader of one newsletter, and what may be done about them."""

import pytest

from service.subscribers.confirmation import confirm_sign_up
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_sign_up, request_subscription
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
        sign_up = make_sign_up(session, JANE, newsletter_id)
        (subscription,) = confirm_sign_up(session, sign_up.id, wording="Yes")
        session.delete(sign_up)  # trimmed since: a test counts its own sign-ups alone
        return subscription.id
