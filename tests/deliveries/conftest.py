"""A released issue for the tests of sending, and a sender on a relay without a network."""

from dataclasses import replace

import pytest

from service.deliveries.planning import release_issue
from service.deliveries.sending import Sender
from service.wiring import Services
from tests.deliveries.fakes import FakeRelay
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A released issue with twelve readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 12)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


@pytest.fixture
def relay() -> FakeRelay:
    """A relay that takes everything, until the test says otherwise."""
    return FakeRelay()


@pytest.fixture
def sender(services: Services, relay: FakeRelay) -> Sender:
    """The real sender on that relay."""
    return replace(services.sender, routes=relay)
