"""The account's balance: one transaction for every cent that comes or goes, and the fee on it. Never changes one.

Fees follow Stripe's standard prices in the United States (https://stripe.com/pricing): integers only, half a cent up.
"""

from collections.abc import Iterable

from stripe.params import BalanceRetrieveParams, BalanceTransactionListParams, BalanceTransactionRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.route import Params, list_matching, page, read
from service.development.fakestripe.shapes import JsonObject

DISPUTE_FEE = 1500
_AVAILABLE_AFTER = 2 * DAY


def charge_fee(method: str, amount: int) -> int:
    """Return what Stripe keeps of a payment, in minor units: 2.9 % + 30, or 0.8 % up to 500 for a bank debit."""
    if method == "us_bank_account":
        return min((amount * 8 + 500) // 1000, 500)
    return (amount * 29 + 500) // 1000 + 30


def record(
    account: Account,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    *,
    category: str,
    fee: int = 0,
    fee_name: str = "Stripe processing fees",
    description: str | None = None,
) -> JsonObject:
    """Add a transaction and return it.

    Args:
        account: whose balance.
        kind: its ``type``, such as "charge".
        amount: minor units; below zero if it leaves the balance.
        currency: in small letters.
        source: the id of the charge, refund or dispute that it belongs to.
        category: its ``reporting_category``.
        fee: minor units, kept by Stripe; below zero if it comes back.
        fee_name: what the fee is for.
        description: a text for people.
    """
    detail = {"amount": fee, "application": None, "currency": currency, "description": fee_name, "type": "stripe_fee"}
    return account.add(
        "balance_transaction",
        "txn",
        amount=amount,
        available_on=account.now() + _AVAILABLE_AFTER,
        balance_type="payments",
        currency=currency,
        description=description,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category=category,
        source=source,
        status="pending",
        type=kind,
    )


def settle_available(account: Account) -> None:
    """Mark what has become available by now. Safe to repeat."""
    for txn in account.tables.get("balance_transaction", {}).values():
        if txn["status"] == "pending" and txn["available_on"] <= account.now():
            txn["status"] = "available"


def _retrieve(account: Account, _params: Params, txn_id: str) -> JsonObject:
    settle_available(account)
    return account.get("balance_transaction", txn_id)


def _list(account: Account, params: Params) -> Iterable[JsonObject]:
    settle_available(account)
    if "payout" in params:
        account.get("payout", params["payout"], "payout")
        paid_out = account.note(params["payout"])["transactions"]
        return (txn for txn in list_matching(account, "balance_transaction", params, "type") if txn["id"] in paid_out)
    return list_matching(account, "balance_transaction", params, "type", "source", "currency")


def _retrieve_balance(account: Account, _params: Params) -> JsonObject:
    settle_available(account)
    sums: dict[tuple[str, str], int] = {}
    for txn in account.newest_first("balance_transaction"):
        key = txn["status"], txn["currency"]
        sums[key] = sums.get(key, 0) + txn["net"]
    sides = {
        side: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for (status, currency), amount in sorted(sums.items())
            if status == side
        ]
        for side in ("available", "pending")
    }
    return {"object": "balance", "livemode": False, **sides}


ROUTES = (
    read("/v1/balance", BalanceRetrieveParams, _retrieve_balance),
    read("/v1/balance_transactions/<txn_id>", BalanceTransactionRetrieveParams, _retrieve),
    page("/v1/balance_transactions", BalanceTransactionListParams, _list, plays="created currency payout source type"),
)
