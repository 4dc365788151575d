"""The account's balance: which lines belong to gifts, and what each says. Never payouts or Stripe's own bills."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import stripe

from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import id_of, moment, seconds
from service.donations.gateway import TransactionFacts

# https://docs.stripe.com/reports/balance-transaction-types
_CHARGES: Final = frozenset({"charge", "payment"})
_REVERSALS: Final = frozenset({"payment_failure_refund", "payment_reversal"})
_REFUNDS: Final = frozenset({"refund", "payment_refund", "refund_failure"})
_ADJUSTMENTS: Final = {"du": "dispute", "dp": "dispute", "re": "refund", "pyr": "refund"}  # by the source's prefix


def list_transactions(client: stripe.StripeClient, since: datetime) -> Iterator[TransactionFacts]:
    """Yield the lines since then that belong to gifts, newest first."""
    with translated():
        page = client.v1.balance_transactions.list(
            {"created": {"gte": seconds(since)}, "expand": ["data.source"], "limit": 100}
        )
        for line in page.auto_paging_iter():
            kind = name_kind(line)
            if kind is not None:
                yield read_transaction(line, kind, _find_payment(line))


def list_reversals(client: stripe.StripeClient, charge: stripe.Charge, payment_id: str) -> tuple[TransactionFacts, ...]:
    """Return the lines by which a failed charge's money went back; none for one whose money never arrived."""
    if charge.status != "failed" or charge.balance_transaction is None:
        return ()
    with translated():
        page = client.v1.balance_transactions.list({"source": charge.id, "limit": 100})
    lines = [line for line in page.data if name_kind(line) == "reversal"]
    return tuple(read_transaction(line, "reversal", payment_id) for line in lines)


def read_transaction(line: stripe.BalanceTransaction, kind: str, payment_id: str | None) -> TransactionFacts:
    """Return what a line says. ``kind`` is charge, refund or dispute; ``payment_id`` the payment that it is about."""
    return TransactionFacts(
        transaction_id=line.id,
        source_id=_source_of(line) or "",
        kind=kind,
        amount_minor=line.amount,
        fee_minor=line.fee,
        net_minor=line.net,
        currency=line.currency,
        created_at=moment(line.created),
        payment_id=payment_id,
    )


def name_kind(line: stripe.BalanceTransaction) -> str | None:
    """Return what a line's source is, or None for a line that is no gift's."""
    source = _source_of(line)
    if source is None:
        return None
    if line.type in _CHARGES:
        return "charge"
    if line.type in _REVERSALS:
        return "reversal"
    if line.type in _REFUNDS:
        return "refund"
    return _ADJUSTMENTS.get(source.partition("_")[0]) if line.type == "adjustment" else None


def _find_payment(line: stripe.BalanceTransaction) -> str | None:
    source = line.source
    if isinstance(source, stripe.Charge | stripe.Refund | stripe.Dispute):
        return id_of(source.payment_intent)
    return None


def _source_of(line: stripe.BalanceTransaction) -> str | None:
    source = line.source
    return source if source is None or isinstance(source, str) else id_of(source)
