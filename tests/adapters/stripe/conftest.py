"""The real adapter over the test Stripe, without a database: nothing here stores anything."""

from collections.abc import Callable

import pytest

from service.adapters.stripe.client import PATIENCE
from service.adapters.stripe.gateway import StripeGateway, make_gateway
from service.development.fakestripe.fake import FakeStripe
from service.settings import Environment, Settings
from tests.fixtures.stripe import take_gifts

MakeGateway = Callable[..., StripeGateway]
PLAIN = Settings(Environment.TEST, "", "", (), "http://letters.test", (), None)


@pytest.fixture
def make(fake_stripe: FakeStripe) -> MakeGateway:
    """Make an adapter over the test Stripe that waits for so many seconds."""

    def make_one(patience: float = PATIENCE) -> StripeGateway:
        return make_gateway(take_gifts(PLAIN, fake_stripe), patience=patience)

    return make_one


@pytest.fixture
def gateway(make: MakeGateway) -> StripeGateway:
    """The adapter."""
    return make()
