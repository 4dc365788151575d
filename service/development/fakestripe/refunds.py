"""Refunds: money given back, wholly or in part, at once, later or not at all. Owns their states and their money.

``pending -> succeeded | failed``, ``requires_action -> succeeded | failed``, and a success that fails days later: then
the money comes back as the ``failure_balance_transaction`` (https://docs.stripe.com/refunds#failed-refunds).
"""

from collections.abc import Iterable
from typing import Any

from stripe.params import RefundCreateParams, RefundListParams, RefundRetrieveParams, RefundUpdateParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.balance import record
from service.development.fakestripe.cards import CARDS
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.metadata import merge_metadata
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.route import Params, list_matching, page, read, write
from service.development.fakestripe.shapes import JsonObject

REFUND_SETTLES = "refund"
REFUND_FAILS = "refund fails"
_SETTLES_AFTER = DAY
_OPEN = frozenset({"pending", "requires_action"})


def refund_charge(account: Account, charge: JsonObject, amount: int, **fields: Any) -> JsonObject:
    """Give back a part of a charge, with all events of it; ``fields`` as in Stripe's object.

    Raises:
        StripeProblem: there is not as much left, or the donor's bank has taken it back already.
    """
    _check(account, charge, amount)
    status, fails_later = _foresee(account, charge)
    refund = account.add(
        "refund",
        "re" if charge["payment_method_details"]["type"] == "card" else "pyr",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        status=status,
        **{"metadata": {}, **fields},
    )
    if status == "pending":
        refund["pending_reason"] = "processing"
        account.agenda.set(REFUND_SETTLES, refund["id"], account.now() + _SETTLES_AFTER)
    if fails_later:
        account.agenda.set(REFUND_FAILS, refund["id"], account.now() + _SETTLES_AFTER)
    if status == "requires_action":
        refund["next_action"] = {"type": "display_details", "display_details": None}
    else:
        _take_money(account, refund, charge)
    emit(account, "refund.created", refund)
    _count_refunded(account, charge, amount)
    return refund


def settle_refund(account: Account, refund: JsonObject) -> JsonObject:
    """Let a refund that is still open succeed. Nothing happens to others."""
    account.agenda.drop(REFUND_SETTLES, refund["id"])
    if refund["status"] in _OPEN:
        if refund["balance_transaction"] is None:
            _take_money(account, refund, account.get("charge", refund["charge"]))
        _update(account, refund, status="succeeded", pending_reason=None, next_action=None)
    return refund


def fail_refund(account: Account, refund: JsonObject) -> JsonObject:
    """Let a refund fail: its money comes back, and the charge counts as not refunded. Nothing if it has failed."""
    account.agenda.drop_all(refund["id"])
    if refund["status"] in {"failed", "canceled"}:
        return refund
    charge = account.get("charge", refund["charge"])
    fields: JsonObject = {"status": "failed", "pending_reason": None, "next_action": None}
    fields["failure_reason"] = "lost_or_stolen_card"
    if refund["balance_transaction"] is not None:
        txn = record(
            account,
            "refund_failure",
            refund["amount"],
            refund["currency"],
            refund["id"],
            category="refund_failure",
            description="REFUND FAILURE",
        )
        fields["failure_balance_transaction"] = txn["id"]
    _update(account, refund, **fields)
    emit(account, "refund.failed", refund)
    change(
        account,
        charge,
        "charge.updated",
        amount_refunded=charge["amount_refunded"] - refund["amount"],
        refunded=False,
    )
    return refund


def _update(account: Account, refund: JsonObject, **fields: object) -> None:
    change(account, refund, "refund.updated", **fields)
    emit(account, "charge.refund.updated", refund)


def _check(account: Account, charge: JsonObject, amount: int) -> None:
    if not charge["paid"]:
        raise StripeProblem(f"Charge {charge['id']} has not been paid; it cannot be refunded.", param="charge")
    if charge["refunded"]:
        raise StripeProblem(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", param="charge"
        )
    if account.note(charge["id"]).get("withdrawn"):
        raise StripeProblem(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    left = charge["amount"] - charge["amount_refunded"]
    if amount < 1:
        raise StripeProblem("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise StripeProblem(
            f"Refund amount ({_say(amount)}) is greater than unrefunded amount on charge ({_say(left)})",
            param="amount",
        )


def _say(amount: int) -> str:
    units, cents = divmod(amount, 100)
    return f"${units}.{cents:02}"


def _foresee(account: Account, charge: JsonObject) -> tuple[str, bool]:
    """Return the status that a refund begins with, and whether it will fail later."""
    number = account.note(charge["payment_method"] or "").get("number", "")
    card = CARDS[number].refund if number else ""
    if account.manners.next_refund != "succeeded":
        return account.manners.next_refund, False
    return ("succeeded", True) if card == "fails" else (card or "succeeded", False)


def _take_money(account: Account, refund: JsonObject, charge: JsonObject) -> None:
    is_card = charge["payment_method_details"]["type"] == "card"
    txn = record(
        account,
        "refund" if is_card else "payment_refund",
        -refund["amount"],
        refund["currency"],
        refund["id"],
        category="refund",
        description="REFUND FOR CHARGE",
    )
    refund["balance_transaction"] = txn["id"]


def _count_refunded(account: Account, charge: JsonObject, amount: int) -> None:
    refunded = charge["amount_refunded"] + amount
    charge.update(amount_refunded=refunded, refunded=refunded == charge["amount"])
    emit(account, "charge.refunded", charge)


def _create(account: Account, params: Params) -> JsonObject:
    charge = _find_charge(account, params)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    return refund_charge(
        account,
        charge,
        amount,
        metadata=merge_metadata({}, params.get("metadata")),
        reason=params.get("reason"),
    )


def _find_charge(account: Account, params: Params) -> JsonObject:
    if "charge" in params:
        return account.get("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise StripeProblem(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = account.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise StripeProblem(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return account.get("charge", intent["latest_charge"])


def _retrieve(account: Account, _params: Params, refund_id: str) -> JsonObject:
    return account.get("refund", refund_id)


def _update_metadata(account: Account, params: Params, refund_id: str) -> JsonObject:
    refund = account.get("refund", refund_id)
    merged = merge_metadata(refund["metadata"], params.get("metadata"))
    return change(account, refund, "refund.updated", metadata=merged)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "refund", params, "charge", "payment_intent")


ROUTES = (
    write("/v1/refunds", RefundCreateParams, _create, plays="amount charge payment_intent metadata reason"),
    read("/v1/refunds/<refund_id>", RefundRetrieveParams, _retrieve),
    write("/v1/refunds/<refund_id>", RefundUpdateParams, _update_metadata, plays="metadata"),
    page("/v1/refunds", RefundListParams, _list, plays="charge created payment_intent"),
)
