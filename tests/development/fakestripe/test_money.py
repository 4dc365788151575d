"""Every cent: fees, refunds of each kind, disputes of each kind, payouts. The balance always adds up."""

from typing import cast

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe.params import RefundCreateParams

from service.development.fakestripe.balance import charge_fee
from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.problems import StripeProblem
from tests.development.fakestripe.shop import Shop


@pytest.mark.parametrize(
    ("method", "amount", "fee"),
    [
        ("card", 50, 31),
        ("card", 500, 45),
        ("card", 5000, 175),
        ("card", 1017, 59),  # 29.493 rounds down
        ("card", 1018, 60),  # 29.522 rounds up
        ("card", 10_000_000, 290_030),
        ("paypal", 5000, 175),
        ("us_bank_account", 1000, 8),
        ("us_bank_account", 62_500, 500),
        ("us_bank_account", 10_000_000, 500),
    ],
)
def test_fees_are_stripes_standard_ones(method: str, amount: int, fee: int) -> None:
    assert charge_fee(method, amount) == fee


@pytest.mark.parametrize(("method", "kind", "prefix"), [("card", "charge", "ch_"), ("paypal", "payment", "py_")])
def test_a_payment_reaches_the_balance_with_its_fee(shop: Shop, method: str, kind: str, prefix: str) -> None:
    charge = shop.give(5000, method=method).latest_charge
    assert isinstance(charge, stripe.Charge)
    txn = charge.balance_transaction
    assert isinstance(txn, stripe.BalanceTransaction)

    assert charge.id.startswith(prefix)
    assert (txn.type, txn.amount, txn.fee, txn.net, txn.source) == (kind, 5000, 175, 4825, charge.id)
    assert [(detail.type, detail.amount) for detail in txn.fee_details] == [("stripe_fee", 175)]


def test_a_late_balance_transaction_comes_within_the_hour_and_says_so(fake: FakeStripe, shop: Shop) -> None:
    fake.hold_balance_transactions()
    payment = shop.give(5000)
    charge = payment.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.balance_transaction) == (True, None)
    assert shop.client.v1.balance_transactions.list().data == []

    fake.advance(hours=1)

    [txn] = shop.client.v1.balance_transactions.list().data
    told = fake.events[-1]
    assert (txn.source, txn.fee) == (charge.id, 175)
    assert told["type"] == "charge.updated"
    assert told["data"]["object"]["balance_transaction"] == txn.id
    assert told["data"]["previous_attributes"] == {"balance_transaction": None}


def test_late_balance_transactions_come_when_they_are_let_go(fake: FakeStripe, shop: Shop) -> None:
    fake.hold_balance_transactions()
    shop.give(5000)
    shop.give(6000)

    assert fake.release_balance_transactions() == 2
    assert fake.release_balance_transactions() == 0
    assert [txn.amount for txn in shop.client.v1.balance_transactions.list().data] == [6000, 5000]


def test_a_refund_gives_back_the_amount_and_keeps_the_fee(shop: Shop) -> None:
    payment = shop.give(5000)
    part = shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 1000, "metadata": {"why": "asked"}})
    rest = shop.client.v1.refunds.create({"charge": str(part.charge)})

    charge = shop.client.v1.charges.retrieve(str(part.charge), {"expand": ["refunds"]})
    assert (part.status, part.amount, rest.amount) == ("succeeded", 1000, 4000)
    assert (charge.amount_refunded, charge.refunded) == (5000, True)
    assert charge.refunds is not None
    assert [refund.id for refund in charge.refunds.data] == [rest.id, part.id]
    sums = [(txn.type, txn.amount, txn.fee) for txn in shop.client.v1.balance_transactions.list().data]
    assert sums == [("refund", -4000, 0), ("refund", -1000, 0), ("charge", 5000, 175)]
    assert shop.kinds().count("charge.refunded") == 2


@pytest.mark.parametrize(
    ("amount", "message", "code"),
    [
        (4001, r"Refund amount \(\$40.01\) is greater than unrefunded amount on charge \(\$40.00\)", None),
        (0, "Invalid positive integer", "parameter_invalid_integer"),
        (-5, "Invalid positive integer", "parameter_invalid_integer"),
    ],
)
def test_no_more_than_what_is_left_is_given_back(shop: Shop, amount: int, message: str, code: str | None) -> None:
    payment = shop.give(5000)
    shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 1000})

    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": amount})

    assert refused.value.code == code


def test_what_was_given_back_or_never_came_cannot_be_given_back(fake: FakeStripe, shop: Shop) -> None:
    refunds = shop.client.v1.refunds
    payment, debit, disputed = shop.give(), shop.give(method="us_bank_account"), shop.give()
    refunds.create({"payment_intent": payment.id})
    fake.open_dispute(disputed.id)

    for params, code in [
        ({"payment_intent": payment.id}, "charge_already_refunded"),
        ({"payment_intent": debit.id}, "payment_intent_unexpected_state"),
        ({"payment_intent": disputed.id}, "charge_disputed"),
        ({"charge": "ch_nothing"}, "resource_missing"),
        ({}, "parameter_missing"),
    ]:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            refunds.create(cast("RefundCreateParams", params))
        assert refused.value.code == code


@pytest.mark.parametrize("begins", ["pending", "requires_action"])
def test_a_refund_may_take_its_time(fake: FakeStripe, shop: Shop, begins: str) -> None:
    payment = shop.give(5000)
    fake.next_refunds(begins)
    refund = shop.client.v1.refunds.create({"payment_intent": payment.id})
    assert refund.status == begins

    fake.settle_refund(refund.id)

    settled = shop.client.v1.refunds.retrieve(refund.id)
    assert (settled.status, settled.balance_transaction is not None) == ("succeeded", True)
    assert shop.kinds()[-2:] == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_fails_brings_its_money_back(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give(5000, card="4000000000005126")
    refund = shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 2000})
    assert refund.status == "succeeded"

    fake.advance(days=1)

    failed = shop.client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction", "charge"]})
    txn, charge = failed.failure_balance_transaction, failed.charge
    assert isinstance(txn, stripe.BalanceTransaction)
    assert isinstance(charge, stripe.Charge)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert (txn.type, txn.amount, txn.source) == ("refund_failure", 2000, refund.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert "refund.failed" in shop.kinds()
    before = len(fake.events)
    fake.refund_fails(refund.id)
    assert len(fake.events) == before


def test_a_dispute_that_is_lost_takes_amount_and_fee(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give(5000)
    dispute_id = fake.open_dispute(payment.id, "product_not_received")
    fake.close_dispute(dispute_id, won=False)

    [dispute] = shop.client.v1.disputes.list({"payment_intent": payment.id}).data
    assert (dispute.status, dispute.reason) == ("lost", "product_not_received")
    assert [(txn.type, txn.amount, txn.fee, txn.net) for txn in dispute.balance_transactions] == [
        ("adjustment", -5000, 1500, -6500)
    ]
    charge = shop.look(payment.id).latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.disputed
    assert shop.kinds()[-3:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]


@pytest.mark.parametrize(("fee_comes_back", "fee"), [(False, 0), (True, -1500)])
def test_a_dispute_that_is_won_brings_the_amount_back(
    fake: FakeStripe, shop: Shop, fee_comes_back: bool, fee: int
) -> None:
    fake.account.manners.returns_dispute_fee = fee_comes_back
    payment = shop.give(5000)
    dispute_id = fake.open_dispute(payment.id)
    fake.close_dispute(dispute_id, won=True)

    dispute = shop.client.v1.disputes.retrieve(dispute_id)
    back = dispute.balance_transactions[1]
    assert (dispute.status, back.amount, back.fee, back.reporting_category) == ("won", 5000, fee, "dispute_reversal")
    assert shop.client.v1.refunds.create({"payment_intent": payment.id, "amount": 1}).status == "succeeded"


def test_an_inquiry_moves_no_money_until_it_becomes_a_dispute(fake: FakeStripe, shop: Shop) -> None:
    answered, escalated = (fake.open_dispute(shop.give().id, kind="inquiry") for _ in range(2))
    fake.close_dispute(answered, won=True)
    fake.close_dispute(escalated, won=False)

    first, second = (shop.client.v1.disputes.retrieve(dispute_id) for dispute_id in (answered, escalated))
    assert (first.status, first.balance_transactions) == ("warning_closed", [])
    assert (second.status, len(second.balance_transactions)) == ("lost", 1)


def test_a_bank_debits_dispute_is_lost_as_it_opens(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give(method="us_bank_account")
    fake.settle_debit(payment.id)
    dispute_id = fake.open_dispute(payment.id, "debit_not_authorized", "bank")

    assert shop.client.v1.disputes.retrieve(dispute_id).status == "lost"
    with pytest.raises(Exception, match="already closed"):
        fake.close_dispute(dispute_id, won=True)


def test_a_payment_is_disputed_once_and_only_if_it_came(fake: FakeStripe, shop: Shop) -> None:
    payment = shop.give()
    fake.open_dispute(payment.id)

    with pytest.raises(Exception, match="disputed already"):
        fake.open_dispute(payment.id)
    with pytest.raises(Exception, match="has not succeeded"):
        fake.open_dispute(shop.give(method="us_bank_account").id)


def test_a_payout_is_made_of_what_is_available(fake: FakeStripe, shop: Shop) -> None:
    shop.give(5000)
    fake.advance(days=2)
    shop.give(7000)
    payout_id = fake.pay_out()

    listed = shop.client.v1.balance_transactions.list({"payout": payout_id}).data
    payout = shop.client.v1.payouts.retrieve(payout_id)
    assert (payout.amount, payout.status, payout.reconciliation_status) == (4825, "paid", "completed")
    assert [(txn.type, txn.net) for txn in listed] == [("payout", -4825), ("charge", 4825)]
    with pytest.raises(Exception, match="nothing to pay out"):
        fake.pay_out()


STEPS = st.lists(
    st.tuples(st.sampled_from(["give", "refund", "fail", "dispute", "win", "lose"]), st.integers(50, 9000)), max_size=12
)


@settings(max_examples=8)
@given(STEPS)
def test_whatever_happens_the_balance_is_the_sum_of_its_objects(steps: list[tuple[str, int]]) -> None:
    with FakeStripe(seed="sums") as fake:
        shop = Shop(fake, stripe.StripeClient(fake.key, base_addresses={"api": fake.url}, max_network_retries=0))
        for what, amount in steps:
            _do(shop, what, amount)

        given_back = sum(one["amount"] for one in fake.list_objects("refund") if one["status"] != "failed")
        taken = sum(-txn["net"] for one in fake.list_objects("dispute") for txn in one["balance_transactions"])
        charges = fake.list_objects("charge")
        expected = sum(one["amount"] - charge_fee("card", one["amount"]) for one in charges) - given_back - taken
        assert sum(txn["net"] for txn in fake.list_objects("balance_transaction")) == expected
        assert sum(one["amount_refunded"] for one in charges) == given_back


def _do(shop: Shop, what: str, amount: int) -> None:
    fake = shop.fake
    payments, refunds, disputes = (fake.list_objects(name) for name in ("payment_intent", "refund", "dispute"))
    try:
        if what == "give":
            shop.give(amount)
        elif what == "refund" and payments:
            params = {"payment_intent": payments[amount % len(payments)]["id"], "amount": amount}
            shop.client.v1.refunds.create(cast("RefundCreateParams", params))
        elif what == "fail" and refunds:
            fake.refund_fails(refunds[amount % len(refunds)]["id"])
        elif what == "dispute" and payments:
            fake.open_dispute(payments[amount % len(payments)]["id"])
        elif disputes:
            fake.close_dispute(disputes[amount % len(disputes)]["id"], won=what == "win")
    except (stripe.InvalidRequestError, StripeProblem):
        return
