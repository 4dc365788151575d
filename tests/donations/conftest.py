"""A till over this test's own database and its own test Stripe; and a session that is rolled back, for plain rows."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from service.adapters.stripe.gateway import StripeGateway
from service.db import make_engine, make_session_factory, transaction
from service.development.fakestripe.fake import FakeStripe
from service.wiring import Services
from tests.donations.till import Till
from tests.factories.giving import make_fund, make_organisation


@pytest.fixture
def till(services: Services, fake_stripe: FakeStripe, gateway: StripeGateway) -> Till:
    """An organisation with one fund, ready to be given to."""
    with transaction(services.factory) as session:
        make_organisation(session)
        fund = make_fund(session)
    return Till(services, fake_stripe, gateway, fund)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session whose transaction never commits."""
    engine = make_engine(database_url, pool_size=1)
    with make_session_factory(engine)() as opened:
        yield opened
        opened.rollback()
    engine.dispose()
