"""Payouts: what is available leaves for the organisation's bank. Owns the payout and what it is made of."""

from collections.abc import Iterable

from stripe.params import PayoutListParams, PayoutRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.balance import record, settle_available
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.events import emit
from service.development.fakestripe.problems import StripeProblem
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject


def pay_out(account: Account, currency: str) -> JsonObject:
    """Pay out all that is available in a currency and was not paid out before, with all events of it.

    Raises:
        StripeProblem: nothing above zero is available.
    """
    settle_available(account)
    gone = {
        txn_id for payout in account.newest_first("payout") for txn_id in account.note(payout["id"])["transactions"]
    }
    txns = [
        txn
        for txn in account.tables.get("balance_transaction", {}).values()
        if txn["status"] == "available" and txn["currency"] == currency and txn["id"] not in gone
    ]
    amount = sum(txn["net"] for txn in txns)
    if amount <= 0:
        raise StripeProblem("There is nothing to pay out yet: move the clock two days.", code="balance_insufficient")
    payout = account.add(
        "payout",
        "po",
        amount=amount,
        arrival_date=account.now() + DAY,
        automatic=True,
        currency=currency,
        description="STRIPE PAYOUT",
        metadata={},
        method="standard",
        reconciliation_status="in_progress",
        source_type="card",
        status="in_transit",
        type="bank_account",
    )
    txn = record(account, "payout", -amount, currency, payout["id"], category="payout", description="STRIPE PAYOUT")
    payout["balance_transaction"] = txn["id"]
    account.note(payout["id"])["transactions"] = [*(one["id"] for one in txns), txn["id"]]
    emit(account, "payout.created", payout)
    payout["status"] = "paid"
    emit(account, "payout.paid", payout)
    payout["reconciliation_status"] = "completed"
    emit(account, "payout.reconciliation_completed", payout)
    return payout


def _retrieve(account: Account, _params: Params, payout_id: str) -> JsonObject:
    return account.get("payout", payout_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    return list_matching(account, "payout", params, "status")


ROUTES = (
    read("/v1/payouts/<payout_id>", PayoutRetrieveParams, _retrieve),
    page("/v1/payouts", PayoutListParams, _list, plays="created status"),
)
