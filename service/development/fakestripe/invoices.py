"""Invoices: what a subscription asks for each period. Owns draft, open, paid, void, and the payments against each.

Never decides when to try again or what becomes of the subscription: that is ``renewals``.
"""

from collections.abc import Iterable

from stripe import InvoicePayment
from stripe.params import (
    InvoiceListParams,
    InvoicePaymentListParams,
    InvoicePaymentRetrieveParams,
    InvoiceRetrieveParams,
)

from service.development.fakestripe.account import Account
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.intents import Outcome, open_intent
from service.development.fakestripe.invoicing import compose_invoice
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject, fill


def draft_invoice(account: Account, subscription: JsonObject, reason: str, amount: int) -> JsonObject:
    """Make an invoice for a subscription's present period and say so.

    Args:
        account: where it is kept.
        subscription: whose.
        reason: its ``billing_reason``, such as "subscription_cycle".
        amount: minor units; 0 for a trial.
    """
    invoice = compose_invoice(account, subscription, reason, amount)
    account.keep(invoice)
    emit(account, "invoice.created", invoice)
    return invoice


def finalize_invoice(account: Account, invoice: JsonObject, intent: JsonObject | None = None) -> JsonObject | None:
    """Close the draft and open it for payment; return its payment intent, None if nothing is due.

    Args:
        account: where it is kept.
        invoice: a draft.
        intent: one that has been opened for it already.
    """
    customer = account.get("customer", invoice["customer"])
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    now = account.now()
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{number:04}",
        effective_at=now,
        ending_balance=0,
        hosted_invoice_url=f"{account.base_url}/invoice/{invoice['id']}",
        invoice_pdf=f"{account.base_url}/invoice/{invoice['id']}/pdf",
        status_transitions=invoice["status_transitions"] | {"finalized_at": now},
    )
    emit(account, "invoice.finalized", invoice)
    if not invoice["amount_due"]:
        return None
    if intent is None:
        intent = open_intent(
            account,
            amount=invoice["amount_due"],
            currency=invoice["currency"],
            types=["card"],
            customer=invoice["customer"],
            description="Subscription update",
        )
    _open_payment(account, invoice, intent)
    return intent


def note_attempt(account: Account, invoice: JsonObject, outcome: Outcome, *, is_automatic: bool) -> None:
    """Write on the invoice what an attempt to pay it came to, and say so.

    Only the first attempt and automatic ones count (Stripe's ``attempt_count``).
    """
    counts = is_automatic or invoice["attempt_count"] == 0
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + int(counts))
    if outcome is Outcome.SUCCEEDED:
        mark_paid(account, invoice)
    elif outcome is Outcome.NEEDS_AUTHENTICATION:
        emit(account, "invoice.payment_action_required", invoice)
        emit(account, "invoice.payment_failed", invoice)
    elif outcome is Outcome.DECLINED:
        emit(account, "invoice.payment_failed", invoice)


def mark_paid(account: Account, invoice: JsonObject) -> None:
    """Mark an open invoice as paid, with its payment, and say so."""
    now = account.now()
    for payment in list_payments(account, invoice["id"]):
        payment.update(status="paid", amount_paid=payment["amount_requested"])
        payment["status_transitions"] = {"canceled_at": None, "paid_at": now}
        emit(account, "invoice_payment.paid", payment)
    change(
        account,
        invoice,
        "invoice.updated",
        status="paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"paid_at": now},
    )
    emit(account, "invoice.paid", invoice)
    emit(account, "invoice.payment_succeeded", invoice)


def void_invoice(account: Account, invoice: JsonObject) -> None:
    """Take back an open invoice."""
    transitions = invoice["status_transitions"] | {"voided_at": account.now()}
    invoice.update(status="void", auto_advance=False, next_payment_attempt=None, status_transitions=transitions)
    emit(account, "invoice.voided", invoice)


def give_up_invoice(account: Account, invoice: JsonObject) -> None:
    """Mark an open invoice as one that will not be paid."""
    transitions = invoice["status_transitions"] | {"marked_uncollectible_at": account.now()}
    invoice.update(
        status="uncollectible", auto_advance=False, next_payment_attempt=None, status_transitions=transitions
    )
    emit(account, "invoice.marked_uncollectible", invoice)


def find_invoice_of(account: Account, intent_id: str) -> JsonObject | None:
    """Return the invoice that a payment intent pays, None if it pays none."""
    for payment in account.newest_first("invoice_payment"):
        if payment["payment"]["payment_intent"] == intent_id:
            return account.get("invoice", payment["invoice"])
    return None


def find_intent_of(account: Account, invoice: JsonObject) -> JsonObject | None:
    """Return the payment intent of an invoice, None if nothing was due."""
    payments = list_payments(account, invoice["id"])
    return account.get("payment_intent", payments[0]["payment"]["payment_intent"]) if payments else None


def list_payments(account: Account, invoice_id: str) -> list[JsonObject]:
    """Return the payments against an invoice."""
    return [one for one in account.newest_first("invoice_payment") if one["invoice"] == invoice_id]


def subscription_of(invoice: JsonObject) -> str:
    """Return the id of the subscription that an invoice is for."""
    subscription_id: str = invoice["parent"]["subscription_details"]["subscription"]
    return subscription_id


def _open_payment(account: Account, invoice: JsonObject, intent: JsonObject) -> None:
    account.add(
        "invoice_payment",
        "inpay",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment=fill(
            InvoicePayment.Payment, ("charge", "payment_record"), payment_intent=intent["id"], type="payment_intent"
        ),
        status="open",
        status_transitions=fill(InvoicePayment.StatusTransitions),
    )


def _retrieve(account: Account, _params: Params, invoice_id: str) -> JsonObject:
    return account.get("invoice", invoice_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    for invoice in list_matching(account, "invoice", params, "customer", "status"):
        if params.get("subscription") in {None, subscription_of(invoice)}:
            yield invoice


def _retrieve_payment(account: Account, _params: Params, payment_id: str) -> JsonObject:
    return account.get("invoice_payment", payment_id)


def _list_payments(account: Account, params: Params) -> Iterable[JsonObject]:
    wanted = params.get("payment", {}).get("payment_intent")
    for payment in list_matching(account, "invoice_payment", params, "invoice", "status"):
        if wanted in {None, payment["payment"]["payment_intent"]}:
            yield payment


ROUTES = (
    read("/v1/invoices/<invoice_id>", InvoiceRetrieveParams, _retrieve),
    page("/v1/invoices", InvoiceListParams, _list, plays="created customer status subscription"),
    read("/v1/invoice_payments/<payment_id>", InvoicePaymentRetrieveParams, _retrieve_payment),
    page("/v1/invoice_payments", InvoicePaymentListParams, _list_payments, plays="created invoice payment status"),
)
