"""Stripe as ``service.donations.gateway.Gateway``. Owns nothing but the client and what tells ours from another's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import stripe

from service.adapters.stripe import balance, checkout, events, invoices, payments, portal, products, recurring, refunds
from service.adapters.stripe.client import PATIENCE, is_live_key, make_client
from service.donations.gateway import (
    CheckoutFacts,
    CheckoutOrder,
    GatewayEvent,
    OpenedCheckout,
    PaymentFacts,
    RecurringFacts,
    TransactionFacts,
)
from service.donations.states import Frequency
from service.settings import Settings

CHECKOUT_PAGE = "https://checkout.stripe.com"
CARD_PAGE = "https://billing.stripe.com"


@dataclass(frozen=True)
class StripeGateway:
    """One account of Stripe. ``hosts``: see the Protocol. May be shared by threads."""

    client: stripe.StripeClient = field(repr=False)
    hosts: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)
    is_live: bool

    def open_checkout(self, order: CheckoutOrder, key: str) -> OpenedCheckout:
        """See the Protocol, as for every method here."""
        return checkout.open_checkout(self.client, order, key)

    def expire_checkout(self, session_id: str) -> None:
        checkout.expire_checkout(self.client, session_id)

    def ensure_product(self, slug: str, name: str, key: str) -> str:
        return products.ensure_product(self.client, slug, name, key)

    def fetch_checkout(self, session_id: str) -> CheckoutFacts:
        return checkout.fetch_checkout(self.client, session_id)

    def fetch_payment(self, payment_id: str) -> PaymentFacts:
        return payments.fetch_payment(self.client, payment_id)

    def fetch_recurring(self, subscription_id: str) -> RecurringFacts:
        return recurring.fetch_recurring(self.client, subscription_id)

    def list_payments_of_invoice(self, invoice_id: str) -> list[str]:
        return invoices.list_payments_of_invoice(self.client, invoice_id)

    def list_payments(self, since: datetime) -> Iterator[str]:
        return payments.list_payments(self.client, since)

    def list_recurring(self) -> Iterator[str]:
        return recurring.list_recurring(self.client)

    def list_transactions(self, since: datetime) -> Iterator[TransactionFacts]:
        return balance.list_transactions(self.client, since)

    def list_undelivered_events(self, since: datetime) -> Iterator[GatewayEvent]:
        return events.list_undelivered(self.client, since, is_live=self.is_live)

    def read_event(self, body: bytes, signature: str) -> GatewayEvent:
        return events.read_event(body, signature, self.secrets, is_live=self.is_live)

    def refund(self, payment_id: str, amount_minor: int, key: str) -> str:
        return refunds.refund(self.client, payment_id, amount_minor, key)

    def change_amount(
        self, subscription_id: str, item_id: str, product_id: str, amount_minor: int, fee_cover_minor: int,
        currency: str, frequency: Frequency, key: str,
    ) -> None:  # fmt: skip
        recurring.change_amount(
            self.client, subscription_id, item_id, product_id, amount_minor, fee_cover_minor, currency, frequency, key
        )

    def change_next_charge(self, subscription_id: str, at: datetime, key: str) -> None:
        recurring.change_next_charge(self.client, subscription_id, at, key)

    def pause(self, subscription_id: str, resumes_at: datetime | None, key: str) -> None:
        recurring.pause(self.client, subscription_id, resumes_at, key)

    def resume(self, subscription_id: str, key: str) -> None:
        recurring.resume(self.client, subscription_id, key)

    def cancel(self, subscription_id: str, key: str) -> None:
        recurring.cancel(self.client, subscription_id, key)

    def open_card_page(self, customer_id: str, return_url: str, key: str) -> str:
        return portal.open_card_page(self.client, customer_id, return_url, key)


def make_gateway(settings: Settings, *, patience: float = PATIENCE) -> StripeGateway:
    """Return the gateway for ``settings``. Opens no connection yet.

    Raises:
        BadSettings: when a live key or production would speak to another server than Stripe.
    """
    return StripeGateway(
        client=make_client(settings, patience=patience),
        hosts=(settings.stripe_url,) if settings.stripe_url else (CHECKOUT_PAGE, CARD_PAGE),
        secrets=settings.stripe_webhook_secrets,
        is_live=is_live_key(settings.stripe_key),
    )
