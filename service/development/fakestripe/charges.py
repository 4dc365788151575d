"""Charges: one attempt to take money, and what came of it. Owns the charge and its money, early or late."""

from collections.abc import Iterable

from stripe import Charge
from stripe.params import ChargeListParams, ChargeRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.balance import charge_fee, record
from service.development.fakestripe.cards import Decline
from service.development.fakestripe.clock import HOUR
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.methods import describe_payment
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject, fill

BALANCE_APPEARS = "balance"
# "Within an hour": https://docs.stripe.com/payments/payment-intents/asynchronous-capture
_LATE_BY = HOUR


def make_charge(account: Account, intent: JsonObject, method: JsonObject, *, status: str) -> JsonObject:
    """Make a charge of a payment intent; no event and no money yet.

    Args:
        account: where it is kept.
        intent: whose attempt this is.
        method: what is charged.
        status: "succeeded", "pending" or "failed".
    """
    failed = status == "failed"
    billing = fill(
        Charge.BillingDetails, **{key: method["billing_details"][key] for key in ("address", "email", "name", "phone")}
    )
    return account.add(
        "charge",
        "ch" if method["type"] == "card" else "py",
        amount=intent["amount"],
        amount_captured=0 if failed else intent["amount"],
        amount_refunded=0,
        billing_details=billing,
        calculated_statement_descriptor="TEST ACCOUNT",
        captured=not failed,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome=_describe_outcome(failed=failed),
        paid=status == "succeeded",
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=describe_payment(method),
        radar_options={},
        receipt_email=intent["receipt_email"],
        refunded=False,
        status=status,
    )


def fail_charge(account: Account, charge: JsonObject, decline: Decline) -> None:
    """Write a refusal on the charge and say so."""
    outcome = charge["outcome"] | {
        "network_status": "declined_by_network",
        "reason": decline.decline_code or decline.code,
        "type": "issuer_declined",
        "seller_message": "The bank did not return any further details with this decline.",
    }
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        amount_captured=0,
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=outcome,
    )
    emit(account, "charge.failed", charge)


def book_charge(account: Account, charge: JsonObject) -> None:
    """Let the money of a charge that succeeded reach the balance: now, or an hour later if the account is slow."""
    charge.update(status="succeeded", paid=True)
    if account.manners.late_balance:
        account.agenda.set(BALANCE_APPEARS, charge["id"], account.now() + _LATE_BY)
    else:
        charge["balance_transaction"] = _record(account, charge)
    emit(account, "charge.succeeded", charge)


def book_late(account: Account, charge_id: str) -> None:
    """Let a late balance transaction appear, and say so. Safe to repeat."""
    charge = account.get("charge", charge_id)
    account.agenda.drop(BALANCE_APPEARS, charge_id)
    if charge["balance_transaction"] is None:
        change(account, charge, "charge.updated", balance_transaction=_record(account, charge))


def _record(account: Account, charge: JsonObject) -> str:
    method = charge["payment_method_details"]["type"]
    txn = record(
        account,
        "charge" if method == "card" else "payment",
        charge["amount"],
        charge["currency"],
        charge["id"],
        category="charge",
        fee=charge_fee(method, charge["amount"]),
        description=charge["description"],
    )
    txn_id: str = txn["id"]
    return txn_id


def _describe_outcome(*, failed: bool) -> JsonObject:
    return fill(
        Charge.Outcome,
        ("rule",),
        network_status="declined_by_network" if failed else "approved_by_network",
        risk_level="normal",
        risk_score=12,
        seller_message="Payment complete.",
        type="issuer_declined" if failed else "authorized",
    )


def _retrieve(account: Account, _params: Params, charge_id: str) -> JsonObject:
    return account.get("charge", charge_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "charge", params, "customer", "payment_intent")


ROUTES = (
    read("/v1/charges/<charge_id>", ChargeRetrieveParams, _retrieve),
    page("/v1/charges", ChargeListParams, _list, plays="created customer payment_intent"),
)
