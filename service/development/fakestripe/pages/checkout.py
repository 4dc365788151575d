"""The hosted Checkout page: what the donor fills in becomes a payment. Owns reading the form; the rest is ``paying``.

Whatever went wrong is said on the page, which answers 200: Stripe's own page does not reload either.
"""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import CARDS, DEFAULT
from service.development.fakestripe.controls import Controls
from service.development.fakestripe.paying import Form, Result, answer_bank, submit
from service.development.fakestripe.shapes import JsonObject

_METHODS = {"card": "Card", "us_bank_account": "US bank account", "paypal": "PayPal"}
# What the page is filled in with, so that a newcomer only has to press Pay.
_SAMPLE = {"card": CARDS[DEFAULT].grouped, "expires": "12 / 34", "cvc": "123", "name": "Test Donor"}


def make_checkout_pages(controls: Controls) -> Blueprint:
    """Return the pages over an account."""
    pages = Blueprint("checkout", __name__)
    account = controls.account

    @pages.get("/c/pay/<session_id>")
    def show(session_id: str) -> ResponseReturnValue:
        """The page, as a donor first sees it."""
        with account.lock:
            return _draw(account, account.get("checkout.session", session_id))

    @pages.post("/c/pay/<session_id>")
    def pay(session_id: str) -> ResponseReturnValue:
        """Pay pressed."""
        with controls.acting():
            session = account.get("checkout.session", session_id)
            if session["status"] != "open":
                return _draw(account, session)
            result = _read_and_submit(controls, session)
            return _go_on(account, session, result)

    @pages.post("/c/pay/<session_id>/bank")
    def answer(session_id: str) -> ResponseReturnValue:
        """The bank's question answered."""
        with controls.acting():
            session = account.get("checkout.session", session_id)
            result = answer_bank(account, session, completes=request.form.get("answer") == "complete")
            return _go_on(account, session, result)

    return pages


def _read_and_submit(controls: Controls, session: JsonObject) -> Result:
    sent = request.form
    method = sent.get("method", session["payment_method_types"][0])
    expires = _read_expiry(sent.get("expires", ""))
    if method == "card" and isinstance(expires, str):
        return Result(message=expires)
    cvc = sent.get("cvc", "").strip()
    if method == "card" and not (cvc.isascii() and cvc.isdigit() and len(cvc) in {3, 4}):
        return Result(message="Your card's security code is incomplete.")
    form = Form(
        email=_known_email(session) or sent.get("email", "").strip(),
        name=sent.get("name", "").strip(),
        method=method,
        card=sent.get("card", ""),
        expires=(12, 2034) if isinstance(expires, str) else expires,
    )
    return submit(controls.account, session, form)


def _read_expiry(sent: str) -> tuple[int, int] | str:
    """Return month and year, or the sentence that says what is wrong."""
    month, _, year = (part.strip() for part in sent.partition("/"))
    if not (month.isascii() and month.isdigit() and year.isascii() and year.isdigit() and 1 <= int(month) <= 12):
        return "Your card's expiration date is incomplete."
    full_year = int(year) + (2000 if len(year) <= 2 else 0)
    today = datetime.now(UTC)
    if (full_year, int(month)) < (today.year, today.month):
        return "Your card's expiration year is in the past."
    return int(month), full_year


def _go_on(account: Account, session: JsonObject, result: Result) -> ResponseReturnValue:
    if result.url:
        return redirect(result.url, 303)
    if result.asks_bank:
        return render_template("bank.html", session=session)
    return _draw(account, session, message=result.message)


def _draw(account: Account, session: JsonObject, message: str = "") -> ResponseReturnValue:
    if session["status"] != "open":
        return render_template("closed.html", session=session)
    return render_template(
        "checkout.html",
        session=session,
        items=account.note(session["id"])["items"],
        email=_known_email(session),
        methods={kind: _METHODS[kind] for kind in session["payment_method_types"]},
        sent={**_SAMPLE, **request.form},
        cards=CARDS.values(),
        message=message,
    )


def _known_email(session: JsonObject) -> str:
    details = session["customer_details"] or {}
    return session["customer_email"] or details.get("email") or ""
