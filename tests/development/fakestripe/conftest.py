"""A test Stripe of each test's own, and the real client that talks to it over HTTP."""

from collections.abc import Iterator

import pytest
import stripe

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop

# 31 January 2027, noon UTC: months of different lengths follow.
NOON = 1_801_396_800


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    """A running test Stripe whose clock stands until it is moved; events wait until they are delivered."""
    with FakeStripe(
        seed="the same ids every time", starts_at=NOON, payment_methods=("card", "us_bank_account", "paypal")
    ) as running:
        yield running


@pytest.fixture
def client(fake: FakeStripe) -> stripe.StripeClient:
    """The unmodified client, which never tries again by itself."""
    return stripe.StripeClient(fake.key, base_addresses={"api": fake.url}, max_network_retries=0)


@pytest.fixture
def shop(fake: FakeStripe, client: stripe.StripeClient) -> Shop:
    """The few things that most tests do first: open a session, pay it, subscribe."""
    return Shop(fake, client)
