"""What the donor does on the Checkout page: pays, is declined, is asked by the bank, comes back later.

Owns the way from a filled-in form to the session's end and its events. Never draws a page.
"""

from dataclasses import dataclass

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import find_card
from service.development.fakestripe.checkout import EXPIRES, fill_details
from service.development.fakestripe.customers import attach_method, create_customer
from service.development.fakestripe.disputes import open_dispute, warn_of_fraud
from service.development.fakestripe.events import emit
from service.development.fakestripe.intents import (
    Outcome,
    attempt,
    fail_authentication,
    find_card_effect,
    open_intent,
    succeed,
)
from service.development.fakestripe.invoices import draft_invoice, finalize_invoice, note_attempt
from service.development.fakestripe.methods import make_method
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.renewals import bill_nothing
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.subscriptions import create_subscription, set_status


@dataclass(frozen=True)
class Form:
    """What the donor filled in: ``method`` is "card", "us_bank_account" or "paypal"; ``expires`` is month and year."""

    email: str
    name: str = ""
    method: str = "card"
    card: str = ""
    expires: tuple[int, int] = (12, 2034)


@dataclass(frozen=True)
class Result:
    """What the page does next: go to ``url``, ask the bank's question, or show ``message`` and stay."""

    url: str = ""
    message: str = ""
    asks_bank: bool = False


def submit(account: Account, session: JsonObject, form: Form) -> Result:
    """Pay a session with what the donor filled in.

    Raises:
        StripeProblem: the session is not open any more.
    """
    _check_open(session)
    problem = _find_problem(session, form)
    if problem:
        return Result(message=problem)
    method = make_method(
        account,
        form.method,
        email=form.email,
        name=form.name or None,
        card=find_card(form.card) if form.method == "card" else None,
        expires=form.expires,
    )
    customer = _find_customer(account, session, form)
    account.note(session["id"])["form"] = {"email": form.email, "name": form.name, "method": method["id"]}
    if _find_trial_end(account, session):
        return _finish(account, session, customer, method, Outcome.SUCCEEDED)
    intent = _find_intent(account, session, customer)
    outcome = attempt(account, intent, method, donor_is_present=True)
    if outcome is Outcome.NEEDS_AUTHENTICATION:
        return Result(asks_bank=True)
    if outcome is Outcome.DECLINED:
        return Result(message=intent["last_payment_error"]["message"])
    return _finish(account, session, customer, method, outcome)


def answer_bank(account: Account, session: JsonObject, *, completes: bool) -> Result:
    """Answer the bank's question (3-D Secure), well or badly.

    Raises:
        StripeProblem: the session is not open, or no bank asked.
    """
    _check_open(session)
    note = account.note(session["id"])
    intent = account.find("payment_intent", note.get("intent"))
    if intent is None or intent["status"] != "requires_action":
        raise StripeProblem("No bank is asking anything about this session.", param="session")
    if not completes:
        fail_authentication(account, intent)
        return Result(message=intent["last_payment_error"]["message"])
    method = account.get("payment_method", note["form"]["method"])
    succeed(account, intent, method)
    return _finish(account, session, account.find("customer", intent["customer"]), method, Outcome.SUCCEEDED)


def end_async_payment(account: Account, intent: JsonObject, *, succeeded: bool) -> None:
    """Tell the session of a bank debit that it came through, or did not."""
    session = account.find("checkout.session", account.note(intent["id"]).get("session"))
    if session is None or session["status"] != "complete":
        return
    if succeeded:
        session["payment_status"] = "paid"
    emit(account, f"checkout.session.async_payment_{'succeeded' if succeeded else 'failed'}", session)


def follow_card(account: Account, intent: JsonObject) -> None:
    """Let happen what a test card brings after its payment: a dispute, an inquiry, a warning."""
    effect = find_card_effect(account, intent)
    if not effect or intent["status"] != "succeeded":
        return
    charge = account.get("charge", intent["latest_charge"])
    if effect == "warning":
        warn_of_fraud(account, charge)
    else:
        open_dispute(account, charge, reason="fraudulent", kind="card" if effect == "dispute" else "inquiry")


def _check_open(session: JsonObject) -> None:
    if session["status"] != "open":
        raise StripeProblem(f"This session is {session['status']}; nothing can be paid here any more.", param="session")


def _find_problem(session: JsonObject, form: Form) -> str:
    if "@" not in form.email:
        return "Your email is incomplete."
    if form.method not in session["payment_method_types"]:
        return "Please choose one of the ways to pay."
    if form.method == "card" and find_card(form.card) is None:
        return "Your card number is not one of the test cards. No real card works here."
    return ""


def _find_customer(account: Account, session: JsonObject, form: Form) -> JsonObject | None:
    """Return whom the payment is for; made at the first attempt and kept for the next."""
    note = account.note(session["id"])
    customer_id = session["customer"] or note.get("customer")
    if customer_id:
        return account.get("customer", customer_id)
    asks_for_later = note["intent_data"].get("setup_future_usage")
    if session["customer_creation"] == "if_required" and not asks_for_later:
        return None
    customer = create_customer(account, {"email": form.email, "name": form.name or None})
    note["customer"] = customer["id"]
    return customer


def _find_intent(account: Account, session: JsonObject, customer: JsonObject | None) -> JsonObject:
    """Return the session's payment intent; made at the first attempt and kept for the next."""
    note = account.note(session["id"])
    intent = account.find("payment_intent", note.get("intent"))
    if intent:
        return intent
    data = note["intent_data"]
    recurs = session["mode"] == "subscription"
    fields: JsonObject = {
        "customer": customer["id"] if customer else None,
        "description": "Subscription creation" if recurs else data.get("description"),
        # A subscription's payment carries none of its metadata: that stands on the invoice.
        "metadata": dict(data.get("metadata", {})),
        "receipt_email": data.get("receipt_email"),
        "setup_future_usage": "off_session" if recurs else data.get("setup_future_usage"),
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
    }
    intent = open_intent(
        account,
        amount=session["amount_total"],
        currency=session["currency"],
        types=list(session["payment_method_types"]),
        **fields,
    )
    note["intent"] = intent["id"]
    account.note(intent["id"])["session"] = session["id"]
    if not recurs:
        session["payment_intent"] = intent["id"]
    return intent


def _find_trial_end(account: Account, session: JsonObject) -> int | None:
    data = account.note(session["id"])["subscription_data"]
    if "trial_period_days" in data:
        return account.now() + int(data["trial_period_days"]) * 86400
    moment: int | None = data.get("trial_end")
    return moment


def _finish(
    account: Account, session: JsonObject, customer: JsonObject | None, method: JsonObject, outcome: Outcome
) -> Result:
    """Complete the session, with the subscription if it makes one, and say so."""
    account.agenda.drop(EXPIRES, session["id"])
    note = account.note(session["id"])
    keeps_method = session["mode"] == "subscription" or note["intent_data"].get("setup_future_usage")
    if customer and keeps_method:
        attach_method(account, method, customer)
    status = "paid" if outcome is Outcome.SUCCEEDED else "unpaid"
    if session["mode"] == "subscription" and customer:
        status = _subscribe(account, session, customer, method, outcome)
    session.update(
        status="complete",
        payment_status=status,
        customer=customer["id"] if customer else None,
        customer_details=fill_details(customer, note["form"]["email"], note["form"]["name"] or None),
        url=None,
    )
    emit(account, "checkout.session.completed", session)
    intent = account.find("payment_intent", note.get("intent"))
    if intent:
        follow_card(account, intent)
    return Result(url=session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))


def _subscribe(
    account: Account, session: JsonObject, customer: JsonObject, method: JsonObject, outcome: Outcome
) -> str:
    """Make the session's subscription and its first invoice; return the session's ``payment_status``."""
    note = account.note(session["id"])
    data = note["subscription_data"]
    trial_end = _find_trial_end(account, session)
    subscription = create_subscription(
        account,
        customer,
        note["items"][0]["price"],
        method=method,
        metadata=dict(data.get("metadata", {})),
        description=data.get("description"),
        trial_end=trial_end,
    )
    session["subscription"] = subscription["id"]
    if trial_end:
        session["invoice"] = bill_nothing(account, subscription, "subscription_create")["id"]
        return "no_payment_required"
    invoice = draft_invoice(account, subscription, "subscription_create", session["amount_total"])
    subscription["latest_invoice"] = session["invoice"] = invoice["id"]
    finalize_invoice(account, invoice, account.get("payment_intent", note["intent"]))
    note_attempt(account, invoice, outcome, is_automatic=True)
    set_status(account, subscription, "active")
    return "paid" if outcome is Outcome.SUCCEEDED else "unpaid"
