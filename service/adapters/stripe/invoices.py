"""What an invoice and a payment have to do with each other. Since the basil versions neither names the other itself.

https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
"""

from dataclasses import dataclass
from datetime import datetime

import stripe

from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import Labels, find_moment, id_of, read_labels
from service.donations.gateway import FailingInvoice

PAGE = 100


@dataclass(frozen=True)
class InvoiceFacts:
    """The invoice that a payment pays. ``labels`` are those of the arrangement as they were when it was made."""

    invoice_id: str
    subscription_id: str | None
    labels: Labels
    address: str | None
    name: str | None


def find_invoice_of(client: stripe.StripeClient, payment_id: str) -> InvoiceFacts | None:
    """Return the invoice that a payment pays, or None for a gift that is given once."""
    with translated():
        links = client.v1.invoice_payments.list(
            {
                "payment": {"type": "payment_intent", "payment_intent": payment_id},
                "expand": ["data.invoice"],
                "limit": 1,
            }
        )
    for link in links.data:
        if isinstance(link.invoice, stripe.Invoice):
            return _read(link.invoice)
    return None


def list_payments_of_invoice(client: stripe.StripeClient, invoice_id: str) -> list[str]:
    """Return the ids of the payments made for an invoice; none where nothing was due."""
    with translated():
        links = list(client.v1.invoice_payments.list({"invoice": invoice_id, "limit": PAGE}).auto_paging_iter())
    return [payment_id for link in links if (payment_id := id_of(link.payment.payment_intent)) is not None]


def find_failing(client: stripe.StripeClient, invoice: stripe.Invoice | None) -> FailingInvoice | None:
    """Return what is to be told of an invoice that was tried and is not paid; None while its payment is on its way."""
    if invoice is None or invoice.status not in {"open", "uncollectible"} or not invoice.attempt_count:
        return None
    with translated():
        links = client.v1.invoice_payments.list({"invoice": invoice.id, "expand": ["data.payment.payment_intent"]})
    linked = [link.payment.payment_intent for link in links.data]
    payments = [payment for payment in linked if isinstance(payment, stripe.PaymentIntent)]
    if any(one.status == "processing" for one in payments):  # a bank debit takes days before it has failed
        return None
    return FailingInvoice(
        invoice_id=invoice.id,
        tries=invoice.attempt_count,
        next_try_at=_next_try(invoice),
        pay_url=invoice.hosted_invoice_url if invoice.status == "open" else None,
    )


def _next_try(invoice: stripe.Invoice) -> datetime | None:
    return find_moment(invoice.next_payment_attempt) if invoice.status == "open" else None


def _read(invoice: stripe.Invoice) -> InvoiceFacts:
    details = invoice.parent.subscription_details if invoice.parent is not None else None
    return InvoiceFacts(
        invoice_id=invoice.id,
        subscription_id=id_of(details.subscription) if details is not None else None,
        labels=read_labels(details.metadata) if details is not None else Labels(),
        address=invoice.customer_email,
        name=invoice.customer_name,
    )
