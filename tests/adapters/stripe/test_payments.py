"""One payment as it is now: paid, on its way, declined, refunded in every way, contested in every way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.adapters.stripe.gateway import StripeGateway
from service.adapters.stripe.reading import Labels
from service.clock import now
from service.development.fakestripe.controls import Declined
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import RefundFacts
from service.donations.states import DisputeState, Frequency, PaymentStatus, RefundState
from service.errors import BadInput, NotFound
from tests.adapters.stripe.giving import give, give_monthly, give_payment, make_order

YESTERDAY = timedelta(days=1)


def test_a_paid_gift_is_read_with_all_that_a_receipt_needs(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    order = make_order()
    opened = gateway.open_checkout(order, "checkout:1")
    fake_stripe.pay(opened.session_id, name="Đặng Thị 雲")
    payment_id = gateway.fetch_checkout(opened.session_id).payment_id
    assert payment_id is not None
    facts = gateway.fetch_payment(payment_id)
    charge = fake_stripe.list_objects("charge")[-1]
    assert (facts.payment_id, facts.status, facts.amount_minor, facts.currency) == (payment_id, "paid", 5200, "usd")
    assert (facts.charge_id, facts.paid_at) == (charge["id"], datetime.fromtimestamp(charge["created"], UTC))
    assert (facts.attempt, facts.fund, facts.fee_cover_minor) == (order.attempt, "archive", 200)
    assert (facts.invoice_id, facts.subscription_id) == (None, None)
    assert (facts.address, facts.name, facts.method) == (order.address, "Đặng Thị 雲", "Visa •••• 4242")
    assert (facts.refunds, facts.disputes) == ((), ())
    assert facts.transaction is not None
    line = facts.transaction
    assert (line.amount_minor, line.fee_minor, line.net_minor, line.currency) == (5200, 181, 5019, "usd")
    assert (line.source_id, line.kind, line.payment_id) == (facts.charge_id, "charge", payment_id)


def test_a_balance_line_that_comes_late_is_no_line_at_first(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    fake_stripe.hold_balance_transactions()
    payment_id = give_payment(fake_stripe, gateway)
    early = gateway.fetch_payment(payment_id)
    assert (early.status, early.transaction) == (PaymentStatus.PAID, None)
    fake_stripe.release_balance_transactions()
    late = gateway.fetch_payment(payment_id)
    assert late.transaction is not None
    assert replace(late, transaction=None) == early


def test_a_declined_card_is_an_open_payment_of_which_nothing_was_paid(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    with pytest.raises(Declined):
        give(fake_stripe, gateway, card="4000000000000002")
    (payment_id,) = gateway.list_payments(now() - YESTERDAY)
    facts = gateway.fetch_payment(payment_id)
    assert (facts.status, facts.paid_at, facts.transaction) == (PaymentStatus.OPEN, None, None)


def test_a_card_whose_bank_asks_its_owner_is_open_until_then_and_paid_after(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    opened = gateway.open_checkout(make_order(), "checkout:1")
    with pytest.raises(Declined):
        fake_stripe.pay(opened.session_id, card="4000002760003184", completes_3ds=False)
    fake_stripe.pay(opened.session_id, card="4000002760003184")
    payment_id = gateway.fetch_checkout(opened.session_id).payment_id
    assert payment_id is not None
    assert gateway.fetch_payment(payment_id).status is PaymentStatus.PAID


@pytest.mark.parametrize(
    ("succeeds", "status", "fee"), [(True, PaymentStatus.PAID, 42), (False, PaymentStatus.FAILED, None)]
)
def test_a_bank_debit_is_on_its_way_for_days_and_then_paid_or_failed(
    fake_stripe: FakeStripe, gateway: StripeGateway, succeeds: bool, status: PaymentStatus, fee: int | None
) -> None:
    payment_id = give_payment(fake_stripe, gateway, method="us_bank_account")
    early = gateway.fetch_payment(payment_id)
    assert (early.status, early.paid_at, early.amount_minor) == (PaymentStatus.PROCESSING, None, 5200)
    assert early.method == "Bank account •••• 6789"
    fake_stripe.settle_debit(payment_id, succeeds=succeeds)
    facts = gateway.fetch_payment(payment_id)
    assert facts.status is status
    assert (facts.paid_at is not None) is succeeds
    assert (facts.transaction.fee_minor if facts.transaction else None) == fee


def test_paypal_is_named(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    assert gateway.fetch_payment(give_payment(fake_stripe, gateway, method="paypal")).method == "PayPal"


def test_every_renewal_carries_the_labels_of_its_own_time(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    order = make_order(frequency=Frequency.MONTHLY)
    opened = gateway.open_checkout(order, "checkout:1")
    fake_stripe.pay(opened.session_id, name="Grace Giver")
    first = gateway.fetch_checkout(opened.session_id)
    assert first.payment_id is not None
    assert first.subscription_id is not None
    plan = gateway.fetch_recurring(first.subscription_id)
    gateway.change_amount(
        plan.subscription_id, plan.item_id, plan.product_id, 7300, 300, "usd", Frequency.MONTHLY, "plan-amount:1"
    )
    fake_stripe.advance(days=32)
    payments = [gateway.fetch_payment(one) for one in gateway.list_payments(now() - YESTERDAY)]
    assert [(one.amount_minor, one.fee_cover_minor) for one in payments] == [(7300, 300), (5200, 200)]
    for payment in payments:
        assert (payment.attempt, payment.fund) == (order.attempt, "archive")
        assert payment.subscription_id == first.subscription_id
        assert payment.invoice_id is not None
        assert gateway.list_payments_of_invoice(payment.invoice_id) == [payment.payment_id]
        assert (payment.address, payment.name) == (order.address, "Grace Giver")


@pytest.mark.parametrize(
    ("written", "cover"),
    [
        ("200", 200), ("0", 0), (None, 0), ("", 0), ("-1", 0), ("+1", 0), ("5200", 0), ("9999", 0), ("5199", 5199),
        ("1.5", 0), ("1e3", 0), (" 1", 0), ("٣", 0), ("²", 0), ("0x10", 0), ("9" * 5000, 0), ("200\n", 0),
    ],
)  # fmt: skip
def test_a_cover_that_can_not_be_one_counts_as_none(written: str | None, cover: int) -> None:
    assert Labels(fee_cover=written).cover_of(5200) == cover


def test_metadata_that_somebody_emptied_by_hand_is_no_failure(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    with fake_stripe.account.lock:
        fake_stripe.account.get("payment_intent", payment_id)["metadata"] = {"fee_cover": "all", "colour": "blue"}
    facts = gateway.fetch_payment(payment_id)
    assert (facts.attempt, facts.fund, facts.fee_cover_minor, facts.amount_minor) == (None, None, 0, 5200)


def test_parts_of_a_gift_are_paid_back_once_each(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    first = gateway.refund(payment_id, 1000, "refund:1")
    assert gateway.refund(payment_id, 1000, "refund:1") == first
    second = gateway.refund(payment_id, 1000, "refund:2")
    refunds = gateway.fetch_payment(payment_id).refunds
    assert {one.refund_id for one in refunds} == {first, second}
    assert [(one.amount_minor, one.state) for one in refunds] == [(1000, RefundState.SUCCEEDED)] * 2
    with pytest.raises(BadInput, match="greater than"):
        gateway.refund(payment_id, 3201, "refund:3")
    gateway.refund(payment_id, 3200, "refund:4")
    assert sum(one.amount_minor for one in gateway.fetch_payment(payment_id).refunds) == 5200


def test_case_71_a_refund_is_made_once_even_after_stripe_has_forgotten_the_key(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    first = gateway.refund(payment_id, 1000, "refund:1")
    with fake_stripe.account.lock:
        fake_stripe.account.replays.clear()  # Stripe keeps keys for a day
    assert gateway.refund(payment_id, 1000, "refund:1") == first
    assert len(fake_stripe.list_objects("refund")) == 1


@pytest.mark.parametrize("begins", ["pending", "requires_action"])
def test_a_refund_may_be_pending_and_then_fail_and_the_money_is_ours_again(
    fake_stripe: FakeStripe, gateway: StripeGateway, begins: str
) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    fake_stripe.next_refunds(begins)
    refund_id = gateway.refund(payment_id, 5200, "refund:1")

    def read() -> RefundFacts:
        (only,) = gateway.fetch_payment(payment_id).refunds
        return only

    assert (read().refund_id, read().state) == (refund_id, RefundState.PENDING)
    fake_stripe.settle_refund(refund_id)
    assert read().state is RefundState.SUCCEEDED
    fake_stripe.refund_fails(refund_id)
    assert read().state is RefundState.FAILED
    lines = [one for one in gateway.list_transactions(now() - YESTERDAY) if one.source_id == refund_id]
    assert sum(line.net_minor for line in lines) == 0
    assert {(line.kind, line.payment_id) for line in lines} == {("refund", payment_id)}


def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    dispute_id = fake_stripe.open_dispute(payment_id, "product_not_received")
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.dispute_id, dispute.state, dispute.status) == (dispute_id, DisputeState.OPEN, "needs_response")
    assert (dispute.reason, dispute.amount_minor) == ("product_not_received", 5200)
    assert dispute.answer_by is not None
    assert [(one.amount_minor, one.fee_minor) for one in dispute.transactions] == [(-5200, 1500)]
    assert {(one.source_id, one.kind, one.payment_id) for one in dispute.transactions} == {
        (dispute_id, "dispute", payment_id)
    }
    fake_stripe.close_dispute(dispute_id, won=True)
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert dispute.state is DisputeState.WON
    assert sum(one.amount_minor for one in dispute.transactions) == 0


def test_a_lost_dispute_keeps_the_money(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    fake_stripe.close_dispute(fake_stripe.open_dispute(payment_id), won=False)
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.state, sum(one.net_minor for one in dispute.transactions)) == (DisputeState.LOST, -6700)


def test_an_inquiry_moves_no_money_until_it_becomes_a_dispute(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    dispute_id = fake_stripe.open_dispute(payment_id, kind="inquiry")
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.state, dispute.transactions) == (DisputeState.INQUIRY, ())
    fake_stripe.escalate_inquiry(dispute_id)
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.state, len(dispute.transactions)) == (DisputeState.OPEN, 1)


def test_a_closed_inquiry_leaves_no_trace_of_money(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway)
    fake_stripe.close_dispute(fake_stripe.open_dispute(payment_id, kind="inquiry"), won=True)
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.status, dispute.state, dispute.transactions) == ("warning_closed", DisputeState.INQUIRY, ())


def test_a_contested_bank_debit_is_lost_at_once(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    payment_id = give_payment(fake_stripe, gateway, method="us_bank_account")
    fake_stripe.settle_debit(payment_id)
    fake_stripe.open_dispute(payment_id, "debit_not_authorized", kind="bank")
    (dispute,) = gateway.fetch_payment(payment_id).disputes
    assert (dispute.state, len(dispute.transactions)) == (DisputeState.LOST, 1)


def test_payments_are_listed_page_by_page_and_those_nobody_tried_to_pay_are_none(
    fake_stripe: FakeStripe, gateway: StripeGateway
) -> None:
    made = [give_payment(fake_stripe, gateway) for _ in range(3)]
    with fake_stripe.account.lock:
        untouched = fake_stripe.account.get("payment_intent", made[1])
        untouched.update(status="requires_payment_method", latest_charge=None)
    assert list(gateway.list_payments(now() - YESTERDAY)) == [made[2], made[0]]
    assert list(gateway.list_payments(now() + YESTERDAY)) == []


def test_what_stripe_does_not_know_is_not_found(gateway: StripeGateway) -> None:
    with pytest.raises(NotFound, match="No such"):
        gateway.fetch_payment("pi_nobody")
    with pytest.raises(NotFound):
        gateway.refund("pi_nobody", 100, "refund:1")
    assert gateway.list_payments_of_invoice("in_nobody") == []


def test_an_arrangement_s_first_payment_is_found_from_its_page(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    subscription_id = give_monthly(fake_stripe, gateway)
    (payment_id,) = gateway.list_payments(now() - YESTERDAY)
    assert gateway.fetch_payment(payment_id).subscription_id == subscription_id
