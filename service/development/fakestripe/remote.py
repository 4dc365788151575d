"""The hands on the test Stripe for other programs: ``POST /_test/advance`` with ``{"days": 31}``, and the like.

Owns which of the workbench's names may be called; what they do is there.
"""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from service.development.fakestripe.controls import Declined
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.workbench import Workbench

_CALLS = (
    *("pay", "change_card", "expire", "advance", "advance_to", "pay_out", "fail_next", "point_webhooks_at"),
    *("hold_balance_transactions", "release_balance_transactions", "settle_debit", "settle_debits"),
    *("next_refunds", "settle_refund", "refund_fails"),
    *("open_dispute", "close_dispute", "escalate_inquiry", "warn_of_fraud"),
)


def make_remote(bench: Workbench) -> Blueprint:
    """Return the entrances below ``/_test``."""
    remote = Blueprint("remote", __name__)

    @remote.post("/_test/<name>")
    def call(name: str) -> ResponseReturnValue:
        """Call one of the workbench's methods with the body's names; answer with ``result``."""
        if name not in _CALLS:
            raise StripeProblem(f"There is no /_test/{name}; there are: {', '.join(sorted(_CALLS))}.", status=404)
        sent: Any = request.get_json(silent=True) or {}
        if not isinstance(sent, dict):
            raise StripeProblem("The body must be a JSON object of names and values.")
        try:
            return jsonify({"result": getattr(bench, name)(**sent)})
        except Declined as declined:
            return jsonify({"declined": str(declined)}), 402
        except (TypeError, ValueError) as problem:
            raise StripeProblem(f"/_test/{name}: {problem}") from None

    @remote.post("/_test/deliver")
    def deliver() -> ResponseReturnValue:
        """Send events now: ``event_ids`` (all that are pending if absent), ``order``, ``times``, ``drop``."""
        sent: Any = request.get_json(silent=True) or {}
        attempts = bench.deliver(
            sent.get("event_ids"),
            order=sent.get("order", "given"),
            times=sent.get("times", 1),
            drop=sent.get("drop", ()),
        )
        return jsonify({"result": [[attempt.event_id, attempt.type, attempt.status] for attempt in attempts]})

    @remote.get("/_test/now")
    def tell_time() -> ResponseReturnValue:
        """The test Stripe's present moment."""
        return jsonify({"result": bench.now()})

    @remote.get("/_test/objects/<name>")
    def list_objects(name: str) -> ResponseReturnValue:
        """All objects of one name, the oldest first; ``event`` is one."""
        return jsonify({"result": bench.list_objects(name)})

    return remote
