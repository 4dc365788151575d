"""The portal's page: another card, an end at the period's end, or going on after all. Owns what its buttons do."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.development.fakestripe.account import Account
from service.development.fakestripe.amending import cancel_now, set_cancel_at_period_end
from service.development.fakestripe.cards import CARDS, DEFAULT
from service.development.fakestripe.controls import Controls
from service.development.fakestripe.keeping_cards import change_card, keep_card
from service.development.fakestripe.portal import get_configuration
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.renewals import find_method
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.subscriptions import ENDED


def make_portal_pages(controls: Controls) -> Blueprint:
    """Return the pages over an account."""
    pages = Blueprint("portal", __name__)
    account = controls.account

    @pages.get("/p/session/<session_id>")
    def show(session_id: str) -> ResponseReturnValue:
        """What the donor has, and the buttons."""
        with account.lock:
            return _draw(account, account.get("billing_portal.session", session_id))

    @pages.post("/p/session/<session_id>")
    def act(session_id: str) -> ResponseReturnValue:
        """A button pressed."""
        with controls.acting():
            session = account.get("billing_portal.session", session_id)
            try:
                _act(account, session, request.form.get("do", ""))
            except StripeProblem as problem:
                return _draw(account, session, str(problem))
            back = ((session["flow"] or {}).get("after_completion") or {}).get("redirect")
            return redirect(back["return_url"] if back else request.path, 303)

    return pages


def _act(account: Account, session: JsonObject, what: str) -> None:
    allowed = get_configuration(account, session)["features"]
    if what == "card" and allowed["payment_method_update"]["enabled"]:
        _change_card(account, session)
        return
    subscription = _find_own(account, session, request.form.get("subscription", ""))
    if what == "cancel" and allowed["subscription_cancel"]["enabled"]:
        if allowed["subscription_cancel"]["mode"] == "immediately":
            cancel_now(account, subscription)
        else:
            set_cancel_at_period_end(account, subscription, cancels=True)
    elif what == "renew" and allowed["subscription_cancel"]["enabled"]:
        set_cancel_at_period_end(account, subscription, cancels=False)
    else:
        raise StripeProblem("This portal does not allow that.")


def _change_card(account: Account, session: JsonObject) -> None:
    """Change one arrangement's card where one is named, else the one that the donor's arrangements fall back on."""
    number = request.form.get("card", "")
    named = request.form.get("subscription", "")
    if named:
        change_card(account, _find_own(account, session, named), number)
    else:
        keep_card(account, account.get("customer", session["customer"]), number)


def _find_own(account: Account, session: JsonObject, subscription_id: str) -> JsonObject:
    subscription = account.get("subscription", subscription_id, "subscription")
    if subscription["customer"] != session["customer"] or subscription["status"] in ENDED:
        raise StripeProblem("There is nothing to change here.", status=404, param="subscription")
    return subscription


def _draw(account: Account, session: JsonObject, message: str = "") -> ResponseReturnValue:
    customer = account.get("customer", session["customer"])
    own = [one for one in account.newest_first("subscription") if one["customer"] == customer["id"]]
    flow = (session["flow"] or {}).get("type", "")
    if flow == "subscription_cancel":
        own = [one for one in own if one["id"] == session["flow"]["subscription_cancel"]["subscription"]]
    invoices = [one for one in account.newest_first("invoice") if one["customer"] == customer["id"]]
    return render_template(
        "portal.html",
        session=session,
        customer=customer,
        subscriptions=[(one, find_method(account, one)) for one in own if one["status"] not in ENDED],
        invoices=invoices[:12],
        allowed=get_configuration(account, session)["features"],
        flow=flow,
        cards=CARDS.values(),
        sample=CARDS[DEFAULT].grouped,
        message=message,
    )
