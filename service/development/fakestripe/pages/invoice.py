"""The hosted invoice page: a donor whose renewal failed pays here, or answers the bank. Owns what its buttons do."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import CARDS, DEFAULT
from service.development.fakestripe.controls import Controls
from service.development.fakestripe.intents import Outcome, attempt, fail_authentication, succeed
from service.development.fakestripe.invoices import find_intent_of, subscription_of
from service.development.fakestripe.keeping_cards import change_card
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.renewals import find_method, follow_up
from service.development.fakestripe.shapes import JsonObject


def make_invoice_pages(controls: Controls) -> Blueprint:
    """Return the pages over an account."""
    pages = Blueprint("invoice", __name__)
    account = controls.account

    @pages.get("/invoice/<invoice_id>")
    @pages.get("/invoice/<invoice_id>/pdf", endpoint="pdf")
    def show(invoice_id: str) -> ResponseReturnValue:
        """The invoice, with a way to pay it while it is open."""
        with account.lock:
            return _draw(account, account.get("invoice", invoice_id))

    @pages.post("/invoice/<invoice_id>")
    def pay(invoice_id: str) -> ResponseReturnValue:
        """Pay pressed, or the bank's question answered."""
        with controls.acting():
            invoice = account.get("invoice", invoice_id)
            try:
                message = _pay(account, invoice, request.form.get("do", ""))
            except StripeProblem as problem:
                message = str(problem)
            return _draw(account, invoice, message) if message else redirect(request.path, 303)

    return pages


def _pay(account: Account, invoice: JsonObject, what: str) -> str:
    """Do what the button says; return the sentence to show, empty if all went well."""
    intent = find_intent_of(account, invoice)
    if invoice["status"] != "open" or intent is None:
        return "This invoice is not open any more."
    subscription = account.get("subscription", subscription_of(invoice))
    if what in {"complete", "fail"}:
        return _answer_bank(account, invoice, intent, completes=what == "complete")
    if request.form.get("card"):
        change_card(account, subscription, request.form["card"])
    method = find_method(account, subscription)
    if method is None:
        return "Please put in a card."
    outcome = attempt(account, intent, method, donor_is_present=True)
    if outcome is Outcome.NEEDS_AUTHENTICATION:
        return ""
    follow_up(account, invoice, outcome, is_automatic=False)
    return intent["last_payment_error"]["message"] if outcome is Outcome.DECLINED else ""


def _answer_bank(account: Account, invoice: JsonObject, intent: JsonObject, *, completes: bool) -> str:
    if intent["status"] != "requires_action":
        return "No bank is asking anything."
    if not completes:
        fail_authentication(account, intent)
        message: str = intent["last_payment_error"]["message"]
        return message
    succeed(account, intent, account.get("payment_method", intent["payment_method"]))
    follow_up(account, invoice, Outcome.SUCCEEDED, is_automatic=False)
    return ""


def _draw(account: Account, invoice: JsonObject, message: str = "") -> ResponseReturnValue:
    intent = find_intent_of(account, invoice)
    return render_template(
        "invoice.html",
        invoice=invoice,
        asks_bank=bool(intent and intent["status"] == "requires_action"),
        method=find_method(account, account.get("subscription", subscription_of(invoice))),
        sample=CARDS[DEFAULT].grouped,
        message=message,
    )
