"""What most tests of the test Stripe do first: open a session, let a donor pay it, look at what came of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import stripe
from stripe import Invoice, PaymentIntent, Subscription
from stripe.checkout import Session
from stripe.params.checkout import SessionCreateParams

from service.development.fakestripe.fake import FakeStripe

SUCCESS = "http://letters.test/thanks?session={CHECKOUT_SESSION_ID}"
CARD = "4242424242424242"


@dataclass(frozen=True)
class Shop:
    """A test Stripe and its client."""

    fake: FakeStripe
    client: stripe.StripeClient

    def describe(self, amount: int = 5000, interval: str = "", **more: Any) -> SessionCreateParams:
        """Return the parameters of a session: one line of this amount, in US cents, once or each ``interval``."""
        price: dict[str, Any] = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "A gift"}}
        if interval:
            price["recurring"] = {"interval": interval}
        labels = {"attempt": "7"}
        data = "subscription_data" if interval else "payment_intent_data"
        params: dict[str, Any] = {
            "mode": "subscription" if interval else "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": SUCCESS,
            "cancel_url": "http://letters.test/give",
            "metadata": labels,
            data: {"metadata": labels},
        }
        return cast("SessionCreateParams", params | more)

    def open(self, amount: int = 5000, interval: str = "", **more: Any) -> Session:
        """Open a session."""
        return self.client.v1.checkout.sessions.create(self.describe(amount, interval, **more))

    def give(self, amount: int = 5000, card: str = CARD, *, method: str = "card", **more: Any) -> PaymentIntent:
        """Let a donor give once; return the payment, its charge and balance transaction expanded."""
        session = self.open(amount, **more)
        self.fake.pay(session.id, card, email="ada@example.org", method=method)
        payment_id = self.client.v1.checkout.sessions.retrieve(session.id).payment_intent
        assert isinstance(payment_id, str)
        return self.look(payment_id)

    def look(self, payment_id: str) -> PaymentIntent:
        """Read a payment again, its charge and balance transaction expanded."""
        return self.client.v1.payment_intents.retrieve(
            payment_id, {"expand": ["latest_charge.balance_transaction", "payment_method"]}
        )

    def subscribe(
        self, amount: int = 2500, card: str = CARD, interval: str = "month", *, method: str = "card", **more: Any
    ) -> Subscription:
        """Let a donor give each month; return the subscription."""
        session = self.open(amount, interval, **more)
        self.fake.pay(session.id, card, email="ada@example.org", method=method)
        made = self.client.v1.checkout.sessions.retrieve(session.id).subscription
        assert isinstance(made, str)
        return self.client.v1.subscriptions.retrieve(made)

    def kinds(self, since: int = 0) -> list[str]:
        """Return the kinds of all events in their order, but for the first ``since``."""
        return [event["type"] for event in self.fake.events[since:]]


def end_of_period(subscription: Subscription) -> str:
    """Return when the present period ends, in UTC."""
    return f"{datetime.fromtimestamp(subscription['items'].data[0].current_period_end, UTC):%Y-%m-%d %H:%M}"


def list_invoices(shop: Shop, subscription: Subscription) -> list[Invoice]:
    """Return the invoices of a subscription, the newest first."""
    return shop.client.v1.invoices.list({"subscription": subscription.id}).data


def read_again(shop: Shop, subscription: Subscription) -> Subscription:
    """Return a subscription as it is now."""
    return shop.client.v1.subscriptions.retrieve(subscription.id)
