"""The account's balance: every line of a gift, none of anything else."""

from datetime import timedelta

import pytest
import stripe

from service.adapters.stripe.balance import name_kind
from service.adapters.stripe.gateway import StripeGateway
from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from tests.adapters.stripe.giving import give_payment

YESTERDAY = timedelta(days=1)


def test_every_line_names_its_kind_and_its_payment(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    refunded, disputed = (give_payment(fake_stripe, gateway) for _ in range(2))
    by_bank = give_payment(fake_stripe, gateway, method="us_bank_account")
    fake_stripe.settle_debit(by_bank)
    gateway.refund(refunded, 1000, "refund:1")
    gateway.refund(by_bank, 5200, "refund:2")
    fake_stripe.close_dispute(fake_stripe.open_dispute(disputed), won=True)
    lines = list(gateway.list_transactions(now() - YESTERDAY))
    assert sorted((line.payment_id or "", line.kind, line.amount_minor) for line in lines) == sorted(
        [
            (refunded, "charge", 5200),
            (refunded, "refund", -1000),
            (disputed, "charge", 5200),
            (disputed, "dispute", -5200),
            (disputed, "dispute", 5200),
            (by_bank, "charge", 5200),
            (by_bank, "refund", -5200),
        ]
    )
    assert all(line.net_minor == line.amount_minor - line.fee_minor for line in lines)
    assert list(gateway.list_transactions(now() + YESTERDAY)) == []


def test_more_lines_than_a_page_holds_are_all_listed(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    (line,) = fake_stripe.list_objects("balance_transaction")
    with fake_stripe.account.lock:
        for number in range(250):
            fake_stripe.account.keep({**line, "id": f"txn_{number}"})
    lines = list(gateway.list_transactions(now() - YESTERDAY))
    assert len({one.transaction_id for one in lines}) == 251
    assert {one.payment_id for one in lines} == {payment_id}


@pytest.mark.parametrize(
    ("type_", "source", "kind"),
    [
        ("charge", "ch_1", "charge"),
        ("payment", "py_1", "charge"),
        ("payment_failure_refund", "py_1", "reversal"),
        ("refund", "re_1", "refund"),
        ("payment_refund", "pyr_1", "refund"),
        ("refund_failure", "re_1", "refund"),
        ("adjustment", "du_1", "dispute"),
        ("adjustment", "dp_1", "dispute"),
        ("adjustment", "re_1", "refund"),
        ("adjustment", "tr_1", None),
        ("adjustment", None, None),
        ("payout", "po_1", None),
        ("payout_failure", "po_1", None),
        ("stripe_fee", None, None),
        ("stripe_fee", "fee_1", None),
        ("topup", "tu_1", None),
        ("transfer", "tr_1", None),
        ("reserve_transaction", None, None),
        ("something_new", "ch_1", None),
    ],
)
def test_which_lines_belong_to_gifts(type_: str, source: str | None, kind: str | None) -> None:
    line = stripe.BalanceTransaction.construct_from({"id": "txn_1", "type": type_, "source": source}, key=None)
    assert name_kind(line) == kind
