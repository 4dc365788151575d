"""Which lines a payment deserves, and that the books only grow."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from service.donations.gateway import DisputeFacts, PaymentFacts, RefundFacts, TransactionFacts
from service.donations.ledger import list_lines, write_lines
from service.donations.models import LedgerEntry
from service.donations.states import DisputeState, PaymentStatus, RefundState
from tests.factories.giving import make_donation, make_donor, make_fund
from tests.fixtures.services import OpenTransaction

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def moved(name: str, source: str, amount: int, fee: int) -> TransactionFacts:
    """Return a balance line."""
    return TransactionFacts(name, source, "charge", amount, fee, amount - fee, "usd", AT)


PAID = PaymentFacts(
    payment_id="pi_1",
    status=PaymentStatus.PAID,
    amount_minor=5181,
    currency="usd",
    created_at=AT,
    charge_id="ch_1",
    paid_at=AT,
    transaction=moved("txn_1", "ch_1", 5181, 180),
    method="Visa •••• 4242",
    attempt="a1",
    fund="general",
    fee_cover_minor=181,
    invoice_id=None,
    subscription_id=None,
    customer_id="cus_1",
    address="grace@example.org",
    name="Grace",
    refunds=(),
    disputes=(),
)


def refund(state: RefundState, amount: int = 1000) -> RefundFacts:
    """Return a refund."""
    return RefundFacts("re_1", amount, state, AT)


def dispute(state: DisputeState, *transactions: TransactionFacts) -> DisputeFacts:
    """Return a dispute over the whole gift."""
    return DisputeFacts("dp_1", 5181, "fraudulent", str(state), state, None, AT, transactions)


WITHDRAWN, REINSTATED = moved("txn_d", "dp_1", -5181, 1500), moved("txn_w", "dp_1", 5181, 0)
GIFT = {"charge:ch_1": 5000, "cover:ch_1": 181, "fee:txn_1": -180}


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (PAID, GIFT),
        (replace(PAID, fee_cover_minor=0), {"charge:ch_1": 5181, "fee:txn_1": -180}),
        (replace(PAID, transaction=None), {"charge:ch_1": 5000, "cover:ch_1": 181}),
        (replace(PAID, status=PaymentStatus.PROCESSING), {}),
        (replace(PAID, status=PaymentStatus.FAILED), {}),
        (replace(PAID, status=PaymentStatus.OPEN, charge_id=None), {}),
        (replace(PAID, refunds=(refund(RefundState.PENDING),)), {**GIFT, "refund:re_1": -1000}),
        (replace(PAID, refunds=(refund(RefundState.SUCCEEDED),)), {**GIFT, "refund:re_1": -1000}),
        (
            replace(PAID, refunds=(refund(RefundState.FAILED),)),
            {**GIFT, "refund:re_1": -1000, "refund_failed:re_1": 1000},
        ),
        (replace(PAID, disputes=(dispute(DisputeState.INQUIRY),)), GIFT),
        (
            replace(PAID, disputes=(dispute(DisputeState.OPEN, WITHDRAWN),)),
            {**GIFT, "dispute:txn_d": -5181, "dispute_fee:txn_d": -1500},
        ),
        (
            replace(PAID, disputes=(dispute(DisputeState.WON, WITHDRAWN, REINSTATED),)),
            {**GIFT, "dispute:txn_d": -5181, "dispute_fee:txn_d": -1500, "dispute:txn_w": 5181},
        ),
    ],
)
def test_a_payment_deserves_exactly_these_lines(facts: PaymentFacts, lines: dict[str, int]) -> None:
    assert {line.key: line.amount_minor for line in list_lines(facts)} == lines


def test_writing_lines_again_adds_only_what_is_new(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        gift = make_donation(session, make_donor(session), make_fund(session))
        assert write_lines(session, gift.id, "usd", list_lines(replace(PAID, transaction=None))) == 2
        assert write_lines(session, gift.id, "usd", list_lines(PAID)) == 1
        assert write_lines(session, gift.id, "usd", list_lines(PAID)) == 0
        assert write_lines(session, gift.id, "usd", []) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_entries set amount_minor = amount_minor + 1",
        "delete from ledger_entries",
        "truncate ledger_entries",
    ],
)
def test_the_books_can_only_grow(open_transaction: OpenTransaction, statement: str) -> None:
    with open_transaction() as session:
        make_donation(session, make_donor(session), make_fund(session))
    with pytest.raises(IntegrityError, match="only ever added to"), open_transaction() as session:
        session.execute(text(statement))
    with open_transaction() as session:
        assert len(session.scalars(select(LedgerEntry)).all()) == 2
