"""What gifts need of a payment processor, in our own words. Owned here, kept by ``adapters/stripe``.

Everything read from the processor is a fact of this moment, fetched by id; nothing is taken from an event's payload but
ids. Amounts are minor units, times aware UTC. A processor that is away raises ``Unavailable`` (try again); something it
does not know raises ``NotFound``; what it refuses for good raises ``BadInput`` with its own sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from service.donations.states import DisputeState, Frequency, PaymentStatus, RefundState


@dataclass(frozen=True)
class CheckoutOrder:
    """What the giver is to be asked for. Charged is ``amount_minor + fee_cover_minor``, each as its own line.

    ``attempt`` is the form's public id; it, the fund's slug and the fee cover go into the metadata of all that follows.
    """

    attempt: str
    amount_minor: int
    fee_cover_minor: int
    currency: str
    frequency: Frequency
    fund: str
    fund_name: str
    product_id: str | None
    address: str
    customer_id: str | None
    language: str
    success_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenedCheckout:
    """The processor's own page for one gift."""

    session_id: str
    url: str


@dataclass(frozen=True)
class CheckoutFacts:
    """How far a giver came on the processor's page. ``state`` is open, complete or expired."""

    session_id: str
    attempt: str | None
    state: str
    payment_id: str | None
    subscription_id: str | None


@dataclass(frozen=True)
class TransactionFacts:
    """One line of the processor's balance: ``net = amount - fee``.

    ``kind`` says what ``source_id`` is: "charge", "refund" or "dispute"; a "reversal" is a charge's money going back
    because its bank failed it after all. ``payment_id``: whose payment that was.
    """

    transaction_id: str
    source_id: str
    kind: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    created_at: datetime
    payment_id: str | None = None


@dataclass(frozen=True)
class RefundFacts:
    """One refund."""

    refund_id: str
    amount_minor: int
    state: RefundState
    created_at: datetime


@dataclass(frozen=True)
class DisputeFacts:
    """One dispute with the money that it has moved so far."""

    dispute_id: str
    amount_minor: int
    reason: str
    status: str
    state: DisputeState
    answer_by: datetime | None
    created_at: datetime
    transactions: tuple[TransactionFacts, ...]


@dataclass(frozen=True)
class PaymentFacts:
    """One payment with all that happened to it. ``transaction`` (its fee) may come up to an hour after ``paid_at``.

    ``attempt`` and ``fee_cover_minor`` are from the metadata that we set ourselves; for a renewal, from the invoice's
    snapshot of it. ``address`` and ``name`` are what the giver typed at the processor.
    """

    payment_id: str
    status: PaymentStatus
    amount_minor: int
    currency: str
    created_at: datetime
    charge_id: str | None
    paid_at: datetime | None
    transaction: TransactionFacts | None
    method: str
    attempt: str | None
    fund: str | None
    fee_cover_minor: int
    invoice_id: str | None
    subscription_id: str | None
    customer_id: str | None
    address: str | None
    name: str | None
    refunds: tuple[RefundFacts, ...]
    disputes: tuple[DisputeFacts, ...]
    reversals: tuple[TransactionFacts, ...] = ()


@dataclass(frozen=True)
class FailingInvoice:
    """A renewal that was tried and is not paid. ``next_try_at`` is None after the last try.

    At ``pay_url`` the owner can pay it, or give the consent that the bank may ask for (3-D Secure).
    """

    invoice_id: str
    tries: int
    next_try_at: datetime | None
    pay_url: str | None


@dataclass(frozen=True)
class RecurringFacts:
    """One standing arrangement. ``status`` is the processor's word; ``pays_until`` the end of the paid period."""

    subscription_id: str
    item_id: str
    product_id: str
    status: str
    amount_minor: int
    fee_cover_minor: int
    currency: str
    frequency: Frequency
    attempt: str | None
    fund: str | None
    customer_id: str | None
    address: str | None
    name: str | None
    method: str
    started_at: datetime
    pays_until: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    is_paused: bool
    resumes_at: datetime | None
    failing: FailingInvoice | None


@dataclass(frozen=True)
class GatewayEvent:
    """One verified event. ``payload`` is the whole as JSON; only its ids are ever used."""

    event_id: str
    type: str
    api_version: str
    object_id: str
    occurred_at: datetime
    payload: dict[str, Any]


class Gateway(Protocol):
    """The processor. Every call that changes something takes a ``key``: the same key again has one effect."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Origins that our forms may lead to (``https://checkout.stripe.com``), for the Content-Security-Policy."""

    def open_checkout(self, order: CheckoutOrder, key: str) -> OpenedCheckout:
        """Make the processor's page for one gift."""

    def expire_checkout(self, session_id: str) -> None:
        """Close a page that was not used. Safe to repeat."""

    def ensure_product(self, slug: str, name: str, key: str) -> str:
        """Return the id of the fund's product, made if need be (a changed amount needs one)."""

    def fetch_checkout(self, session_id: str) -> CheckoutFacts:
        """Return how far a giver came."""

    def fetch_payment(self, payment_id: str) -> PaymentFacts:
        """Return one payment with its charge, balance line, refunds, disputes and invoice."""

    def fetch_recurring(self, subscription_id: str) -> RecurringFacts:
        """Return one standing arrangement."""

    def list_payments_of_invoice(self, invoice_id: str) -> list[str]:
        """Return the ids of the payments made for an invoice."""

    def list_payments(self, since: datetime) -> Iterator[str]:
        """Yield the ids of payments made since then."""

    def list_recurring(self) -> Iterator[str]:
        """Yield the ids of every standing arrangement that has not ended, and of those that ended lately."""

    def list_transactions(self, since: datetime) -> Iterator[TransactionFacts]:
        """Yield the balance lines since then that belong to gifts: no payouts, no charges for the account itself."""

    def list_undelivered_events(self, since: datetime) -> Iterator[GatewayEvent]:
        """Yield events that could not be delivered to us."""

    def read_event(self, body: bytes, signature: str) -> GatewayEvent:
        """Verify and read one webhook. Raises BadInput for anything that is not a good, fresh event for us."""

    def refund(self, payment_id: str, amount_minor: int, key: str) -> str:
        """Pay back a part or all; return the refund's id."""

    def change_amount(
        self, subscription_id: str, item_id: str, product_id: str, amount_minor: int, fee_cover_minor: int,
        currency: str, frequency: Frequency, key: str,
    ) -> None:  # fmt: skip
        """Charge another amount (``amount_minor`` includes the cover) from the next time on; nothing now."""

    def change_next_charge(self, subscription_id: str, at: datetime, key: str) -> None:
        """Move the next charge to ``at``; later ones follow from it."""

    def pause(self, subscription_id: str, resumes_at: datetime | None, key: str) -> None:
        """Charge nothing until then, or until resumed."""

    def resume(self, subscription_id: str, key: str) -> None:
        """Charge again, from the next time on."""

    def cancel(self, subscription_id: str, key: str) -> None:
        """End at once: nothing more is ever charged. Safe to repeat."""

    def open_card_page(self, customer_id: str, return_url: str, key: str) -> str:
        """Return the address of the processor's page where a donor changes the card."""
