"""Renewals: a period ends, an invoice is made and paid, or tried again until the subscription ends.

Owns the retry calendar and what each outcome does to the subscription. Stripe's own retries are "smart"; these come on
days 1, 3, 5 and 7 after the first failure, then the subscription is canceled.
"""

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import emit
from service.development.fakestripe.intents import DECLINED_WITHOUT_METHOD, Outcome, attempt, refuse
from service.development.fakestripe.invoices import (
    draft_invoice,
    finalize_invoice,
    find_intent_of,
    give_up_invoice,
    note_attempt,
    subscription_of,
    void_invoice,
)
from service.development.fakestripe.invoicing import compose_invoice
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.subscriptions import (
    ENDED,
    end_subscription,
    get_item,
    set_status,
    start_next_period,
)

RETRIES = "retry"
_RETRY_DAYS = (1, 3, 5, 7)


def announce_renewal(account: Account, subscription_id: str) -> None:
    """Say which invoice is about to come; it has no id yet. A subscription that ends or is paused makes none."""
    subscription = account.get("subscription", subscription_id)
    if subscription["cancel_at_period_end"] or subscription["pause_collection"] or subscription["status"] in ENDED:
        return
    item = get_item(subscription)
    invoice = compose_invoice(account, subscription, "upcoming", item["price"]["unit_amount"])
    invoice["next_payment_attempt"] = item["current_period_end"]
    del invoice["id"]
    emit(account, "invoice.upcoming", invoice)


def renew(account: Account, subscription_id: str) -> None:
    """End a period: the subscription ends with it, or rolls on and asks for its money."""
    subscription = account.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        return
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= account.now():
        end_subscription(account, subscription, "cancellation_requested")
        return
    start_next_period(account, subscription)
    bill(account, subscription, "subscription_cycle")


def bill(account: Account, subscription: JsonObject, reason: str) -> None:
    """Make the invoice of the present period and collect it, unless collection is paused."""
    amount = get_item(subscription)["price"]["unit_amount"]
    invoice = draft_invoice(account, subscription, reason, amount)
    subscription["latest_invoice"] = invoice["id"]
    pause = subscription["pause_collection"]
    if pause and pause["behavior"] == "keep_as_draft":
        invoice["auto_advance"] = False
        return
    finalize_invoice(account, invoice)
    if pause and pause["behavior"] == "void":
        void_invoice(account, invoice)
    elif pause:
        give_up_invoice(account, invoice)
    else:
        collect(account, invoice)


def bill_nothing(account: Account, subscription: JsonObject, reason: str) -> JsonObject:
    """Make the invoice over nothing that a trial begins with; it counts as paid."""
    invoice = draft_invoice(account, subscription, reason, 0)
    subscription["latest_invoice"] = invoice["id"]
    finalize_invoice(account, invoice)
    note_attempt(account, invoice, Outcome.SUCCEEDED, is_automatic=True)
    return invoice


def collect(account: Account, invoice: JsonObject) -> None:
    """Try to take an open invoice's money without the donor, and follow up on what comes of it."""
    subscription = account.get("subscription", subscription_of(invoice))
    intent = find_intent_of(account, invoice)
    if intent is None:
        note_attempt(account, invoice, Outcome.SUCCEEDED, is_automatic=True)
        return
    method = find_method(account, subscription)
    if method is None:
        refuse(account, intent, DECLINED_WITHOUT_METHOD)
        outcome = Outcome.DECLINED
    else:
        intent["payment_method_types"] = [method["type"]]
        outcome = attempt(account, intent, method, donor_is_present=False)
    follow_up(account, invoice, outcome, is_automatic=True)


def retry(account: Account, invoice_id: str) -> None:
    """Try an invoice again that is still open."""
    invoice = account.get("invoice", invoice_id)
    if invoice["status"] == "open":
        collect(account, invoice)


def follow_up(account: Account, invoice: JsonObject, outcome: Outcome, *, is_automatic: bool) -> None:
    """Write down what an attempt came to, plan the next, and let the subscription become what follows."""
    subscription = account.get("subscription", subscription_of(invoice))
    if outcome in {Outcome.SUCCEEDED, Outcome.PROCESSING}:
        account.agenda.drop(RETRIES, invoice["id"])
        note_attempt(account, invoice, outcome, is_automatic=is_automatic)
        set_status(account, subscription, "active")
        return
    if is_automatic:
        _plan_retry(account, invoice)
    note_attempt(account, invoice, outcome, is_automatic=is_automatic)
    if invoice["next_payment_attempt"] is None:
        end_subscription(account, subscription, "payment_failed")
    else:
        set_status(account, subscription, "past_due")


def find_method(account: Account, subscription: JsonObject) -> JsonObject | None:
    """Return what a subscription is paid with: its own method, else its customer's."""
    customer = account.get("customer", subscription["customer"])
    settings = customer.get("invoice_settings") or {}
    return account.find("payment_method", subscription["default_payment_method"]) or account.find(
        "payment_method", settings.get("default_payment_method")
    )


def stop_collecting(account: Account, subscription: JsonObject) -> None:
    """Let open invoices of a subscription that ended rest: no further attempts."""
    for invoice in account.newest_first("invoice"):
        if invoice["status"] == "open" and subscription_of(invoice) == subscription["id"]:
            account.agenda.drop(RETRIES, invoice["id"])
            invoice.update(next_payment_attempt=None, auto_advance=False)


def _plan_retry(account: Account, invoice: JsonObject) -> None:
    """Put the next attempt on the agenda, counted from the first failure; None when there is none left."""
    note = account.note(invoice["id"])
    first = note.setdefault("first_failed_at", account.now())
    done = note.setdefault("retries", 0)
    note["retries"] = done + 1
    if done == len(_RETRY_DAYS):
        invoice.update(next_payment_attempt=None, auto_advance=False)
        return
    invoice["next_payment_attempt"] = first + _RETRY_DAYS[done] * DAY
    account.agenda.set(RETRIES, invoice["id"], invoice["next_payment_attempt"])
