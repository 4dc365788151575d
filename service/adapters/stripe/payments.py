"""One payment as it is now: what was taken, by what, for which form, and what happened to it since."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import stripe

from service.adapters.stripe.balance import list_reversals, read_transaction
from service.adapters.stripe.disputes import list_disputes
from service.adapters.stripe.invoices import InvoiceFacts, find_invoice_of
from service.adapters.stripe.methods import describe_method, is_slow
from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import Labels, id_of, moment, read_labels, seconds
from service.adapters.stripe.refunds import list_refunds
from service.donations.gateway import PaymentFacts, TransactionFacts
from service.donations.states import PaymentStatus

_EXPAND: Final = ["latest_charge.balance_transaction", "customer"]


def fetch_payment(client: stripe.StripeClient, payment_id: str) -> PaymentFacts:
    """Return one payment. Four questions at most, so what they say may differ by a moment; asking again mends it."""
    with translated():
        intent = client.v1.payment_intents.retrieve(payment_id, {"expand": _EXPAND})
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    status = _derive_status(intent, charge)
    paid = charge if status is PaymentStatus.PAID else None
    invoice = find_invoice_of(client, intent.id)
    labels = _choose_labels(intent, invoice)
    amount = intent.amount_received if paid is not None else intent.amount
    address, name = _find_giver(intent, charge, invoice)
    return PaymentFacts(
        payment_id=intent.id,
        status=status,
        amount_minor=amount,
        currency=intent.currency,
        created_at=moment(intent.created),
        charge_id=charge.id if charge is not None else None,
        paid_at=moment(paid.created) if paid is not None else None,
        transaction=_find_transaction(intent, charge),
        method=describe_method(charge.payment_method_details) if charge is not None else "",
        attempt=labels.attempt,
        fund=labels.fund,
        fee_cover_minor=labels.cover_of(amount),
        invoice_id=invoice.invoice_id if invoice is not None else None,
        subscription_id=invoice.subscription_id if invoice is not None else None,
        customer_id=id_of(intent.customer),
        address=address,
        name=name,
        refunds=list_refunds(client, intent.id) if charge is not None else (),
        disputes=list_disputes(client, intent.id) if charge is not None else (),
        reversals=list_reversals(client, charge, intent.id) if charge is not None else (),
    )


def list_payments(client: stripe.StripeClient, since: datetime) -> Iterator[str]:
    """Yield the ids of payments made since then, newest first; those that nobody tried to pay are none."""
    with translated():
        page = client.v1.payment_intents.list({"created": {"gte": seconds(since)}, "limit": 100})
        for intent in page.auto_paging_iter():
            if intent.latest_charge is not None:
                yield intent.id


def _derive_status(intent: stripe.PaymentIntent, charge: stripe.Charge | None) -> PaymentStatus:
    if intent.status == "succeeded":
        return PaymentStatus.PAID
    if intent.status == "processing":
        return PaymentStatus.PROCESSING
    if intent.status == "canceled":
        return PaymentStatus.FAILED
    # A declined card may be tried again on the same page; a bank debit that failed was long believed to be on its way.
    failed_late = charge is not None and charge.status == "failed" and is_slow(charge.payment_method_details)
    return PaymentStatus.FAILED if failed_late else PaymentStatus.OPEN


def _find_transaction(intent: stripe.PaymentIntent, charge: stripe.Charge | None) -> TransactionFacts | None:
    line = charge.balance_transaction if charge is not None else None
    return read_transaction(line, "charge", intent.id) if isinstance(line, stripe.BalanceTransaction) else None


def _choose_labels(intent: stripe.PaymentIntent, invoice: InvoiceFacts | None) -> Labels:
    """Labels are on the payment of a single gift, and in the invoice's snapshot for a standing arrangement."""
    own = read_labels(intent.metadata)
    return own if own.attempt or invoice is None else invoice.labels


def _find_giver(
    intent: stripe.PaymentIntent, charge: stripe.Charge | None, invoice: InvoiceFacts | None
) -> tuple[str | None, str | None]:
    """Return address and name as the giver typed them, else as the customer has them."""
    typed = charge.billing_details if charge is not None else None
    customer = intent.customer if isinstance(intent.customer, stripe.Customer) else None
    known = customer if customer is not None and "email" in customer else None
    address = (typed and typed.email) or (invoice and invoice.address) or (known and known.email)
    name = (typed and typed.name) or (invoice and invoice.name) or (known and known.name)
    return address or None, name or None
