"""Disputes: the donor's bank contests a charge. Owns their states and the money that each takes and gives back.

Card: ``needs_response -> under_review -> won | lost``. An inquiry moves no money: ``warning_needs_response ->
warning_closed``, or it becomes a dispute. A bank debit's is lost as it opens: https://docs.stripe.com/disputes
"""

from collections.abc import Iterable

from stripe import Dispute
from stripe.params import DisputeListParams, DisputeRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.balance import DISPUTE_FEE, record
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import change, emit
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject, fill

_EVIDENCE_DUE = 9 * DAY
# Visa's codes for the reasons that the control page offers.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6"}


def open_dispute(account: Account, charge: JsonObject, *, reason: str, kind: str) -> JsonObject:
    """Contest a charge, with all events of it.

    Args:
        account: where.
        charge: one that was paid and is not contested yet.
        reason: such as "fraudulent"; see https://docs.stripe.com/disputes/categories.
        kind: "card" (money leaves at once), "inquiry" (no money), "bank" (money leaves, nothing can be said against).

    Raises:
        StripeProblem: the charge was never paid, or is contested already.
    """
    if not charge["paid"]:
        raise StripeProblem(f"Charge {charge['id']} was never paid; nobody can dispute it.", param="charge")
    if charge["disputed"]:
        raise StripeProblem(f"Charge {charge['id']} is disputed already.", param="charge")
    dispute = _make(account, charge, reason, kind)
    change(account, charge, disputed=True)
    if kind == "bank":
        dispute["status"] = "lost"
    emit(account, "charge.dispute.created", dispute)
    if kind != "inquiry":
        _withdraw(account, dispute)
    if kind == "bank":
        emit(account, "charge.dispute.closed", dispute)
    return dispute


def escalate_inquiry(account: Account, dispute: JsonObject) -> JsonObject:
    """Turn an inquiry into a dispute: the money leaves now."""
    if not dispute["status"].startswith("warning_"):
        raise StripeProblem(f"Dispute {dispute['id']} is no inquiry.", param="dispute")
    change(account, dispute, "charge.dispute.updated", status="needs_response")
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    _withdraw(account, dispute)
    return dispute


def close_dispute(account: Account, dispute: JsonObject, *, won: bool) -> JsonObject:
    """Decide a dispute; an inquiry that is not won becomes a dispute first and is lost.

    Raises:
        StripeProblem: it is closed already.
    """
    if dispute["status"] in {"won", "lost", "warning_closed"}:
        raise StripeProblem(f"Dispute {dispute['id']} is already closed.", param="dispute")
    if dispute["status"].startswith("warning_"):
        if won:
            dispute["status"] = "warning_closed"
            emit(account, "charge.dispute.closed", dispute)
            return dispute
        escalate_inquiry(account, dispute)
    dispute["status"] = "won" if won else "lost"
    if won:
        _reinstate(account, dispute)
    emit(account, "charge.dispute.closed", dispute)
    return dispute


def warn_of_fraud(account: Account, charge: JsonObject) -> JsonObject:
    """Let the card's network warn that a charge looks like fraud; no money moves."""
    warning = account.add(
        "radar.early_fraud_warning",
        "issfr",
        actionable=True,
        charge=charge["id"],
        fraud_type="unauthorized_use_of_card",
        payment_intent=charge["payment_intent"],
    )
    emit(account, "radar.early_fraud_warning.created", warning)
    return warning


def _make(account: Account, charge: JsonObject, reason: str, kind: str) -> JsonObject:
    eligibility = {"mastercard_compliance": None, "visa_compelling_evidence_3": None, "visa_compliance": None}
    details = fill(
        Dispute.EvidenceDetails,
        due_by=account.now() + _EVIDENCE_DUE,
        enhanced_eligibility={},
        has_evidence=False,
        past_due=False,
        submission_count=0,
        submission_method="not_submitted",
    )
    return account.add(
        "dispute",
        "du",
        # A bank may take back what was already given back.
        amount=charge["amount"] - charge["amount_refunded"] or charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=fill(Dispute.Evidence, enhanced_evidence=eligibility),
        evidence_details=details,
        is_charge_refundable=kind == "inquiry",
        metadata={},
        network_reason_code=_NETWORK_CODES.get(reason),
        payment_intent=charge["payment_intent"],
        payment_method_details=_describe(charge, reason, kind),
        reason=reason,
        status="warning_needs_response" if kind == "inquiry" else "needs_response",
    )


def _describe(charge: JsonObject, reason: str, kind: str) -> JsonObject | None:
    method = charge["payment_method_details"]
    if method["type"] == "card":
        card = {
            "brand": method["card"]["brand"],
            "case_type": "inquiry" if kind == "inquiry" else "chargeback",
            "network": method["card"]["brand"],
            "network_reason_code": _NETWORK_CODES.get(reason),
        }
        return {"card": card, "type": "card"}
    if method["type"] == "paypal":
        return {"paypal": {"case_id": "PP-R-TEST", "reason_code": reason}, "type": "paypal"}
    return None


def _withdraw(account: Account, dispute: JsonObject) -> None:
    txn = _book(account, dispute, -dispute["amount"], DISPUTE_FEE, "dispute", "Dispute fee")
    dispute["balance_transactions"] = [txn]
    dispute["is_charge_refundable"] = False
    account.note(dispute["charge"])["withdrawn"] = True
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def _reinstate(account: Account, dispute: JsonObject) -> None:
    fee = -DISPUTE_FEE if account.manners.returns_dispute_fee else 0
    txn = _book(account, dispute, dispute["amount"], fee, "dispute_reversal", "Dispute fee refund")
    dispute["balance_transactions"] = [*dispute["balance_transactions"], txn]
    account.note(dispute["charge"])["withdrawn"] = False
    emit(account, "charge.dispute.funds_reinstated", dispute)


def _book(account: Account, dispute: JsonObject, amount: int, fee: int, category: str, fee_name: str) -> JsonObject:
    return record(
        account,
        "adjustment",
        amount,
        dispute["currency"],
        dispute["id"],
        category=category,
        fee=fee,
        fee_name=fee_name,
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
    )


def _retrieve(account: Account, _params: Params, dispute_id: str) -> JsonObject:
    return account.get("dispute", dispute_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "dispute", params, "charge", "payment_intent")


ROUTES = (
    read("/v1/disputes/<dispute_id>", DisputeRetrieveParams, _retrieve),
    page("/v1/disputes", DisputeListParams, _list, plays="charge created payment_intent"),
)
