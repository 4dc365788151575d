"""The control page for people: time, banks and trouble as buttons, and what has happened so far.

Owns the buttons and their sentences; what each does is the workbench's.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.development.fakestripe.history import has_arrived
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.workbench import Workbench

_FAILING_CARD = "4000000000000341"
_SHOWN = 12


def make_control_pages(bench: Workbench) -> Blueprint:
    """Return the page at the root of the test Stripe."""
    pages = Blueprint("control", __name__)

    @pages.get("/")
    def show() -> ResponseReturnValue:
        """What has happened, and the buttons."""
        with bench.account.lock:
            return render_template("control.html", said=request.args.get("said", "")[:300], **_look(bench))

    @pages.post("/_control")
    def act() -> ResponseReturnValue:
        """A button pressed; the page says what came of it."""
        what = request.form.get("do", "")
        if what not in _DOES:
            raise StripeProblem("There is no such button.", status=404)
        try:
            said = _DOES[what](bench)
        except StripeProblem as problem:
            said = str(problem)
        return redirect(url_for("control.show", said=said), 303)

    return pages


def _look(bench: Workbench) -> JsonObject:
    account = bench.account
    charges = {charge["id"]: charge for charge in account.newest_first("charge")}
    intents = list(account.newest_first("payment_intent"))[:_SHOWN]
    return {
        "now": account.now(),
        "moved_by": account.clock.moved_by,
        "payments": [(intent, charges.get(intent["latest_charge"])) for intent in intents],
        "subscriptions": list(account.newest_first("subscription"))[:_SHOWN],
        "events": [(event, has_arrived(account, event["id"])) for event in account.newest_first("event")][:30],
        "waiting": len(account.outbox),
        "is_late": account.manners.late_balance,
        "next_refund": account.manners.next_refund,
    }


def _advance(days: int) -> Callable[[Workbench], str]:
    def move(bench: Workbench) -> str:
        happened = bench.advance(days=days)
        return f"The clock moved {days} {'day' if days == 1 else 'days'}; {happened} things fell due."

    return move


def _settle(*, succeed: bool) -> Callable[[Workbench], str]:
    def settle(bench: Workbench) -> str:
        count = bench.settle_debits(succeed=succeed)
        return f"{count} bank debits {'came through' if succeed else 'were returned'}."

    return settle


def _dispute(kind: str) -> Callable[[Workbench], str]:
    def dispute(bench: Workbench) -> str:
        intent = _newest(bench, "payment_intent", "a payment", "succeeded")
        return f"The newest payment is contested: {bench.open_dispute(intent['id'], kind=kind)}."

    return dispute


def _decide(*, won: bool) -> Callable[[Workbench], str]:
    def decide(bench: Workbench) -> str:
        open_states = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
        dispute = _newest(bench, "dispute", "an open dispute", *open_states)
        bench.close_dispute(dispute["id"], won=won)
        return f"The dispute was {'won' if won else 'lost'}."

    return decide


def _fail_refund(bench: Workbench) -> str:
    bench.refund_fails(_newest(bench, "refund", "a refund", "succeeded", "pending", "requires_action")["id"])
    return "The newest refund failed; its money is back."


def _settle_refund(bench: Workbench) -> str:
    bench.settle_refund(_newest(bench, "refund", "an open refund", "pending", "requires_action")["id"])
    return "The newest open refund came through."


def _begin_refunds(status: str) -> Callable[[Workbench], str]:
    def begin(bench: Workbench) -> str:
        bench.next_refunds(status)
        return f"Refunds begin as {status} from now on."

    return begin


def _hold(*, late: bool) -> Callable[[Workbench], str]:
    def hold(bench: Workbench) -> str:
        bench.hold_balance_transactions(late)
        count = 0 if late else bench.release_balance_transactions()
        return "Fees come an hour late from now on." if late else f"Fees come at once again; {count} came now."

    return hold


def _spoil_card(bench: Workbench) -> str:
    subscription = _newest(bench, "subscription", "a gift that goes on", "active", "trialing", "past_due")
    bench.change_card(subscription["id"], _FAILING_CARD)
    return "The newest gift that goes on now has a card that fails at its next payment."


def _trouble(kind: str) -> Callable[[Workbench], str]:
    def trouble(bench: Workbench) -> str:
        bench.fail_next(1, kind)
        return "The next request to the API goes wrong."

    return trouble


def _pay_out(bench: Workbench) -> str:
    return f"Paid out: {bench.pay_out()}."


def _send_again(bench: Workbench) -> str:
    attempts = bench.deliver()
    return f"{len(attempts)} webhooks sent, {sum(attempt.is_taken for attempt in attempts)} taken."


def _newest(bench: Workbench, name: str, what: str, *states: str) -> JsonObject:
    found = [one for one in bench.list_objects(name) if one["status"] in states]
    if not found:
        raise StripeProblem(f"There is not yet {what}.", status=404)
    return found[-1]


_DOES: Mapping[str, Callable[[Workbench], str]] = MappingProxyType(
    {
        "day": _advance(1),
        "week": _advance(7),
        "month": _advance(31),
        "year": _advance(366),
        "debits-succeed": _settle(succeed=True),
        "debits-fail": _settle(succeed=False),
        "dispute-card": _dispute("card"),
        "dispute-inquiry": _dispute("inquiry"),
        "dispute-bank": _dispute("bank"),
        "dispute-won": _decide(won=True),
        "dispute-lost": _decide(won=False),
        "refund-fails": _fail_refund,
        "refund-settles": _settle_refund,
        "refunds-pending": _begin_refunds("pending"),
        "refunds-at-once": _begin_refunds("succeeded"),
        "fees-late": _hold(late=True),
        "fees-at-once": _hold(late=False),
        "card-fails": _spoil_card,
        "pay-out": _pay_out,
        "error": _trouble("error"),
        "cut": _trouble("cut"),
        "busy": _trouble("busy"),
        "send": _send_again,
    }
)
