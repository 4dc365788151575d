"""Orders for the test Stripe, and the way from an order to a payment."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from service.adapters.stripe.gateway import StripeGateway
from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import CheckoutFacts, CheckoutOrder
from service.donations.states import Frequency

VISA = "4242424242424242"
_numbers = count(1)


def make_order(**changes: Any) -> CheckoutOrder:
    """Return an order of $50 and $2 for the fee, once; ``changes`` replace its fields."""
    order = CheckoutOrder(
        attempt=f"gift-{next(_numbers)}",
        amount_minor=5000,
        fee_cover_minor=200,
        currency="usd",
        frequency=Frequency.ONCE,
        fund="archive",
        fund_name="The archive",
        product_id=None,
        address="grace.giver@example.org",
        customer_id=None,
        language="en",
        success_url="http://letters.test/give/thanks?session={CHECKOUT_SESSION_ID}",
        cancel_url="http://letters.test/give",
        expires_at=now() + timedelta(minutes=45),
    )
    return replace(order, **changes)


def give(
    fake: FakeStripe, gateway: StripeGateway, card: str = VISA, method: str = "card", **changes: Any
) -> CheckoutFacts:
    """Open a page, pay on it, and return what is known of it then."""
    order = make_order(**changes)
    opened = gateway.open_checkout(order, f"checkout:{order.attempt}:1")
    fake.pay(opened.session_id, card=card, method=method, name="Grace Giver")
    return gateway.fetch_checkout(opened.session_id)


def give_payment(fake: FakeStripe, gateway: StripeGateway, **changes: Any) -> str:
    """Give once and return the payment's id."""
    payment_id = give(fake, gateway, **changes).payment_id
    assert payment_id is not None
    return payment_id


def give_monthly(fake: FakeStripe, gateway: StripeGateway, **changes: Any) -> str:
    """Begin a monthly gift and return the arrangement's id."""
    subscription_id = give(fake, gateway, frequency=Frequency.MONTHLY, **changes).subscription_id
    assert subscription_id is not None
    return subscription_id
