"""What becomes of a gift, told by events: rows, ledger, receipts and letters follow the facts, whatever the order."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import permutations
from typing import cast

import pytest
from sqlalchemy import select, text, update

from service.db import transaction
from service.donations.donor_editing import change_donor
from service.donations.events import Root, RootKind
from service.donations.gateway import Gateway, PaymentFacts
from service.donations.giftfacts import update_receipt
from service.donations.models import Attempt, Donation, Donor, Fund, RenewalFailure
from service.donations.settlement import Settlement
from service.donations.states import AttemptState, DonationState, RecurringState
from service.inbox.models import EventState, OutsideEvent
from service.mail.models import LetterKind
from service.receipts.models import Receipt
from tests.donations.till import RENEWALS_FAIL, Till


def test_a_card_gift_is_mirrored_booked_receipted_and_told(till: Till) -> None:
    payment_id = till.give(5000, cover=181)
    till.tell()
    gift = till.gift(payment_id)
    assert (gift.state, gift.amount_minor, gift.fee_cover_minor) == (DonationState.SUCCEEDED, 5181, 181)
    assert (gift.method, gift.review) == ("Visa •••• 4242", "")
    assert till.lines(payment_id) == {"gift": 5000, "fee_cover": 181, "fee": -180}
    assert till.receipts(payment_id) == [("issued", 5181)]
    assert till.letters() == [LetterKind.RECEIPT]
    with transaction(till.services.factory) as session:
        assert session.scalars(select(Attempt.state)).one() is AttemptState.COMPLETE
        donor = session.scalars(select(Donor)).one()
        assert (donor.name, donor.mailed_address) == ("Grace Giver", "grace.giver@example.org")
        assert donor.customer_id


def test_case_66_the_same_event_fifty_times_at_once_is_one_gift_and_one_receipt(till: Till) -> None:
    payment_id = till.give()
    event_id = till.find_event("payment_intent.succeeded")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: till.tell([event_id]), range(50)))
    assert till.gift(payment_id).state is DonationState.SUCCEEDED
    assert till.receipts(payment_id) == [("issued", 5000)]
    assert till.letters() == [LetterKind.RECEIPT]
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}
    with transaction(till.services.factory) as session:
        assert len(session.scalars(select(OutsideEvent)).all()) == 1


def test_case_66_all_events_of_a_gift_at_once_are_one_gift_and_one_receipt(till: Till) -> None:
    payment_id = till.give()
    events = till.new_events()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda event_id: till.tell([event_id]), events * 5))
    assert till.receipts(payment_id) == [("issued", 5000)]
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}


ORDERS = list(
    permutations(["checkout.session.completed", "payment_intent.succeeded", "refund.created", "charge.refunded"])
)


@pytest.mark.parametrize("refunded", [1, 2000, 5000])
def test_case_67_every_order_of_events_ends_the_same(till: Till, refunded: int) -> None:
    ends = set()
    for order in ORDERS[:: 3 if refunded != 2000 else 1]:
        payment_id = till.give()
        till.gateway.refund(payment_id, refunded, f"refund:{payment_id}")
        for kind in order:
            about = payment_id if kind != "checkout.session.completed" else ""
            till.tell([till.find_event(kind, about)])
        gift = till.gift(payment_id)
        valid = tuple(receipt for receipt in till.receipts(payment_id) if receipt[0] == "issued")
        ends.add((gift.state, gift.refunded_minor, tuple(sorted(till.lines(payment_id).items())), valid))
    state = DonationState.REFUNDED if refunded == 5000 else DonationState.PARTIALLY_REFUNDED
    valid = () if refunded == 5000 else (("issued", 5000 - refunded),)
    assert ends == {(state, refunded, (("fee", -175), ("gift", 5000), ("refund", -refunded)), valid)}


def test_case_67_a_refund_that_is_told_before_its_charge_waits_for_nothing(till: Till) -> None:
    payment_id = till.give()
    till.gateway.refund(payment_id, 2000, "refund:1")
    till.tell([till.find_event("refund.created")])
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175, "refund": -2000}
    assert till.receipts(payment_id) == [("issued", 3000)]


def test_case_68_a_bank_debit_is_no_gift_until_it_arrives(till: Till) -> None:
    payment_id = till.give(method="us_bank_account")
    till.tell()
    assert till.gift(payment_id).state is DonationState.PROCESSING
    assert till.lines(payment_id) == {}
    assert till.receipts(payment_id) == []
    assert till.letters() == [LetterKind.GIFT_PENDING]
    till.fake.settle_debit(payment_id)
    till.tell()
    assert till.gift(payment_id).state is DonationState.SUCCEEDED
    assert till.receipts(payment_id) == [("issued", 5000)]
    assert till.letters() == [LetterKind.GIFT_PENDING, LetterKind.RECEIPT]


def test_case_68_a_bank_debit_that_fails_is_said_and_leaves_the_books_empty(till: Till) -> None:
    payment_id = till.give(method="us_bank_account")
    till.tell()
    till.fake.settle_debit(payment_id, succeeds=False)
    till.tell()
    assert till.gift(payment_id).state is DonationState.FAILED
    assert (till.lines(payment_id), till.receipts(payment_id)) == ({}, [])
    assert till.letters() == [LetterKind.GIFT_PENDING, LetterKind.GIFT_FAILED]


def test_case_73_several_refunds_and_one_that_fails_leave_exact_cents(till: Till) -> None:
    payment_id = till.give(9999)
    failing = till.gateway.refund(payment_id, 3333, "refund:1")
    till.gateway.refund(payment_id, 1, "refund:2")
    till.tell()
    assert till.receipts(payment_id)[-1] == ("issued", 6665)
    till.fake.refund_fails(failing)
    till.tell()
    gift = till.gift(payment_id)
    assert (gift.state, gift.refunded_minor) == (DonationState.PARTIALLY_REFUNDED, 1)
    lines = till.lines(payment_id)
    assert (lines["gift"], lines["refund"], lines["refund_failed"]) == (9999, -3334, 3333)
    assert till.receipts(payment_id)[-1] == ("issued", 9998)
    assert [state for state, _ in till.receipts(payment_id)].count("issued") == 1


@pytest.mark.parametrize(
    ("won", "state", "net", "issued"),
    [(True, DonationState.SUCCEEDED, 5000, [5000]), (False, DonationState.CHARGED_BACK, 0, [])],
)
def test_the_end_of_a_dispute_decides(till: Till, won: bool, state: DonationState, net: int, issued: list[int]) -> None:
    payment_id = till.give()
    dispute_id = till.fake.open_dispute(payment_id)
    till.tell()
    assert till.gift(payment_id).state is DonationState.DISPUTED
    assert "issued" not in dict(till.receipts(payment_id))
    till.fake.close_dispute(dispute_id, won=won)
    till.tell()
    assert till.gift(payment_id).state is state
    lines = till.lines(payment_id)
    assert lines["gift"] + lines["dispute"] + lines.get("dispute_reinstated", 0) == net
    assert [amount for word, amount in till.receipts(payment_id) if word == "issued"] == issued


def test_a_dispute_after_the_receipt_holds_it_and_a_lost_one_voids_it(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    dispute_id = till.fake.open_dispute(payment_id)
    till.tell()
    assert till.receipts(payment_id) == [("held", 5000)]
    till.fake.close_dispute(dispute_id, won=False)
    till.tell()
    assert till.receipts(payment_id) == [("voided", 5000)]
    assert till.letters() == [LetterKind.RECEIPT, LetterKind.RECEIPT_VOIDED]


def test_an_inquiry_moves_no_money_and_changes_nothing(till: Till) -> None:
    payment_id = till.give()
    till.fake.open_dispute(payment_id, kind="inquiry")
    till.tell()
    assert till.gift(payment_id).state is DonationState.SUCCEEDED
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}
    assert till.receipts(payment_id) == [("issued", 5000)]


def test_a_fee_that_comes_late_is_booked_when_it_comes_and_delays_nothing(till: Till) -> None:
    till.fake.hold_balance_transactions()
    payment_id = till.give()
    till.tell()
    assert till.lines(payment_id) == {"gift": 5000}
    assert till.receipts(payment_id) == [("issued", 5000)]
    till.fake.release_balance_transactions()
    till.tell()
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}
    assert till.letters() == [LetterKind.RECEIPT]


def test_every_renewal_is_a_gift_with_a_receipt_of_its_own(till: Till) -> None:
    subscription_id = till.give_monthly()
    for _ in range(2):
        till.fake.advance(days=31)
    till.tell()
    recurring = till.recurring(subscription_id)
    assert (recurring.state, recurring.amount_minor) == (RecurringState.ACTIVE, 2500)
    with transaction(till.services.factory) as session:
        gifts = session.scalars(select(Donation).order_by(Donation.paid_at)).all()
        assert [gift.recurring_id for gift in gifts] == [recurring.id] * 3
        assert len({gift.invoice_id for gift in gifts}) == 3
        assert {gift.donor_id for gift in gifts} == {recurring.donor_id}
    assert till.letters() == [LetterKind.RECEIPT] * 3


def test_a_renewal_that_fails_is_told_once_for_each_try_and_recovers(till: Till) -> None:
    subscription_id = till.give_monthly(card=RENEWALS_FAIL)
    till.tell()
    till.fake.advance(days=31)
    events = till.new_events()
    till.tell(events)
    till.tell(reversed(events))
    recurring = till.recurring(subscription_id)
    assert recurring.state is RecurringState.PAST_DUE
    assert recurring.failing_tries
    assert recurring.failing_next_try_at is not None
    assert till.letters().count(LetterKind.RENEWAL_FAILED) == 1
    till.fake.change_card(subscription_id)
    till.fake.advance(days=8)
    till.tell()
    recurring = till.recurring(subscription_id)
    assert (recurring.state, recurring.failing_invoice_id) == (RecurringState.ACTIVE, None)
    assert till.letters().count(LetterKind.RECEIPT) == 2


def test_a_renewal_that_never_succeeds_ends_the_arrangement_with_one_letter(till: Till) -> None:
    subscription_id = till.give_monthly(card=RENEWALS_FAIL)
    till.tell()
    for _ in range(20):
        till.fake.advance(days=3)
        till.tell()
    recurring = till.recurring(subscription_id)
    assert recurring.state is RecurringState.ENDED
    assert recurring.ended_at is not None
    letters = till.letters()
    assert letters.count(LetterKind.RECURRING_ENDED) == 1
    with transaction(till.services.factory) as session:
        tries = list(session.scalars(select(RenewalFailure.tries).order_by(RenewalFailure.id)))
    assert tries == sorted(set(tries))
    assert letters.count(LetterKind.RENEWAL_FAILED) >= len(tries) - 1


def test_money_without_a_form_of_ours_is_recorded_and_shown_to_staff(till: Till) -> None:
    payment_id = till.give()
    with transaction(till.services.factory) as session:
        session.execute(update(Attempt).values(public_id="another", session_id=None))
    till.tell()
    gift = till.gift(payment_id)
    assert gift.state is DonationState.SUCCEEDED
    assert "No form of ours" in gift.review
    assert till.receipts(payment_id) == [("issued", 5000)]


def test_another_amount_than_the_form_asked_for_is_recorded_as_it_is_and_flagged(till: Till) -> None:
    payment_id = till.give()
    with transaction(till.services.factory) as session:
        session.execute(update(Attempt).values(amount_minor=4000))
    till.tell()
    gift = till.gift(payment_id)
    assert gift.amount_minor == 5000
    assert "$40.00" in gift.review


def test_an_event_about_something_unknown_waits_and_is_then_let_go(till: Till) -> None:
    payment_id = till.give()
    event_id = till.find_event("payment_intent.succeeded", payment_id)
    row_id = till.take_in(event_id)
    with transaction(till.services.factory) as session:
        event = session.get_one(OutsideEvent, row_id)
        event.payload = {"data": {"object": {"object": "payment_intent", "id": "pi_of_another_account"}}}
    till.settlement.handle_event(row_id)
    with transaction(till.services.factory) as session:
        event = session.get_one(OutsideEvent, row_id)
        assert (event.state, event.attempts) == (EventState.RECEIVED, 1)
        event.occurred_at = event.occurred_at.replace(year=2025)
    till.settlement.handle_event(row_id)
    with transaction(till.services.factory) as session:
        assert session.get_one(OutsideEvent, row_id).state is EventState.IGNORED


def test_a_processor_that_is_away_costs_an_event_nothing_but_time(till: Till) -> None:
    payment_id = till.give()
    row_id = till.take_in(till.find_event("payment_intent.succeeded"))
    till.fake.fail_next(20, "error")
    till.settlement.handle_event(row_id)
    with transaction(till.services.factory) as session:
        event = session.get_one(OutsideEvent, row_id)
        assert (event.state, event.attempts) == (EventState.RECEIVED, 1)
        assert event.problem
    till.fake.faults.clear()
    till.settlement.handle_event(row_id)
    assert till.gift(payment_id).state is DonationState.SUCCEEDED


def test_what_was_read_after_an_event_came_in_is_not_read_again_for_it(till: Till) -> None:
    till.give()
    rows = [till.take_in(event_id) for event_id in till.new_events()]
    till.settlement.handle_event(rows[0])
    asked: list[Root] = []
    settlement = till.settlement
    read = type(settlement.gateway).fetch_payment

    def fetch(self: object, payment_id: str) -> object:
        asked.append(Root(RootKind.PAYMENT, payment_id))
        return read(self, payment_id)  # type: ignore[arg-type] # the adapter's own method

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(settlement.gateway), "fetch_payment", fetch)
        for row_id in rows[1:]:
            settlement.handle_event(row_id)
    assert len(asked) <= 1


def test_money_that_is_no_gift_of_ours_is_booked_but_gets_no_receipt_until_staff_name_a_fund(till: Till) -> None:
    payment_id = till.give()
    with transaction(till.services.factory) as session:
        session.execute(update(Attempt).values(public_id="another", session_id=None, fund_id=till.fund.id))
        session.execute(update(Fund).values(slug="renamed"))
    till.tell()
    gift = till.gift(payment_id)
    assert "names no fund" in gift.review
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}
    assert till.receipts(payment_id) == []
    with transaction(till.services.factory) as session:
        stored = session.get_one(Donation, gift.id)
        stored.fund_id = till.fund.id
        session.flush()
        update_receipt(session, stored)
    assert till.receipts(payment_id) == [("issued", 5000)]


@dataclass
class Dawdler:
    """A gateway whose first answer about a payment is old by the time it is written down."""

    gateway: Gateway
    has_read: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def fetch_payment(self, payment_id: str) -> PaymentFacts:
        """Read, and then wait to be told to go on."""
        facts = self.gateway.fetch_payment(payment_id)
        self.has_read.set()
        self.may_go_on.wait(20)
        return facts


def test_an_answer_that_grew_old_on_its_way_never_overwrites_a_newer_one(till: Till) -> None:
    payment_id = till.give()
    dawdler = Dawdler(till.gateway)
    slow = Settlement(till.services.factory, cast("Gateway", dawdler))
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(slow.sync_payment, payment_id)
        assert dawdler.has_read.wait(20)
        till.gateway.refund(payment_id, 2000, "refund:1")
        new = pool.submit(till.settlement.sync_payment, payment_id)
        wait([new], timeout=1)  # it waits for the lock; without one it would be done, and overwritten below
        dawdler.may_go_on.set()
        old.result(20)
        new.result(20)
    assert till.gift(payment_id).refunded_minor == 2000
    assert till.receipts(payment_id)[-1] == ("issued", 3000)


def test_an_event_whose_gift_could_not_be_read_is_not_done_though_its_page_was(till: Till) -> None:
    payment_id = till.give()
    row_id = till.take_in(till.find_event("checkout.session.completed"))
    till.fake.fail_next(50, "error", at="GET /v1/payment_intents")
    till.settlement.handle_event(row_id)
    till.fake.faults.clear()
    till.settlement.handle_event(row_id)
    assert till.gift(payment_id).state is DonationState.SUCCEEDED


def test_an_event_whose_arrangement_could_not_be_read_is_not_done_though_its_payment_was(till: Till) -> None:
    subscription_id = till.give_monthly()
    row_id = till.take_in(till.find_event("payment_intent.succeeded"))
    till.fake.fail_next(50, "error", at="GET /v1/subscriptions")
    till.settlement.handle_event(row_id)
    till.fake.faults.clear()
    till.settlement.handle_event(row_id)
    assert till.recurring(subscription_id).state is RecurringState.ACTIVE


def test_an_inquiry_that_becomes_a_dispute_calls_staff_again(till: Till) -> None:
    payment_id = till.give()
    dispute_id = till.fake.open_dispute(payment_id, kind="inquiry")
    till.tell()
    till.fake.escalate_inquiry(dispute_id)
    till.tell()
    till.fake.close_dispute(dispute_id, won=False)
    till.tell()
    assert till.alarms() == [f"dispute:{dispute_id}:{word}" for word in ("inquiry", "open", "lost")]


def test_a_refund_that_comes_back_is_told_to_staff_once(till: Till) -> None:
    payment_id = till.give()
    refund_id = till.gateway.refund(payment_id, 2000, "refund:1")
    till.tell()
    till.fake.refund_fails(refund_id)
    till.tell()
    till.settlement.sync_payment(payment_id)
    assert till.alarms() == [f"refund:{refund_id}"]


def test_a_warning_of_fraud_calls_staff(till: Till) -> None:
    payment_id = till.give()
    till.fake.warn_of_fraud(payment_id)
    till.tell()
    assert till.alarms() == [f"fraud:{payment_id}"]


def test_two_people_with_one_address_each_get_a_receipt_in_their_own_name(till: Till) -> None:
    for name in ("Rude Stranger", "Grace Giver"):
        payment_id = till.give()
        with transaction(till.services.factory) as session:
            newest = select(Attempt.id).order_by(Attempt.id.desc()).limit(1)
            session.execute(update(Attempt).where(Attempt.id.in_(newest)).values(donor_name=name))
        till.tell()
        with transaction(till.services.factory) as session:
            receipt = session.scalars(select(Receipt).join(Donation).where(Donation.payment_id == payment_id)).one()
            assert receipt.donor_name == name


def test_a_database_error_names_no_giver_in_the_log(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    till.give()
    with transaction(till.services.factory) as session:
        session.execute(text("alter table donors add constraint nobody check (name = 'Nobody')"))
    till.tell()
    assert "could not be settled" in caplog.text
    assert "grace.giver" not in caplog.text
    assert "Grace" not in caplog.text


def test_a_name_that_staff_put_right_stays_right_at_the_next_renewal(till: Till) -> None:
    till.give_monthly()
    till.tell()
    with transaction(till.services.factory) as session:
        change_donor(session, session.scalars(select(Donor.id)).one(), "Grace A. Giver", "en")
    till.fake.advance(days=31)
    till.tell()
    with transaction(till.services.factory) as session:
        newest = session.scalars(select(Receipt).order_by(Receipt.id.desc()).limit(1)).one()
        assert (newest.donor_name, newest.version) == ("Grace A. Giver", 1)
