"""The nightly comparison: it finds what no event told, and calls staff when one cent is missing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from service.alarms.models import Alarm
from service.clock import now
from service.db import transaction
from service.donations.comparing import compare_balance, compare_mirror
from service.donations.models import Attempt, Donation, LedgerEntry
from service.donations.reconcile import (
    Reconciliation,
    reconcile,
    was_reconciled_since,
    watch_for_missed_nights,
    watch_for_silence,
)
from service.donations.recording import record_payment
from service.donations.states import DonationState, LedgerKind, PaymentStatus, RecurringState
from service.donations.upkeep import tend_gifts
from service.errors import Unavailable
from service.jobs import Job
from service.turns import Turn
from tests.donations.till import Till
from tests.fixtures.services import PublishedJobs

DAY = timedelta(days=1)


def run(till: Till, days: int = 3) -> Reconciliation:
    """Compare the last days."""
    return reconcile(till.services.factory, till.gateway, now() - days * DAY)


def list_alarms(till: Till) -> list[str]:
    """Return the keys of all alarms."""
    with transaction(till.services.factory) as session:
        return list(session.scalars(select(Alarm.key).order_by(Alarm.id)))


def test_case_72_three_days_without_webhooks_are_made_up_for(till: Till) -> None:
    once, refunded = till.give(5000), till.give(7000)
    till.gateway.refund(refunded, 2000, "refund:1")
    monthly = till.give_monthly(2500)
    debit = till.give(method="us_bank_account")
    disputed = till.give(9000)
    till.fake.open_dispute(disputed)
    done = run(till)
    assert done.mismatches == []
    assert (done.payments, done.recurring, done.repaired) == (5, 1, 11)
    assert (
        done.ledger_minor
        == done.processor_minor
        == sum(moved["net"] for moved in till.fake.list_objects("balance_transaction"))
    )
    assert till.gift(once).state is DonationState.SUCCEEDED
    assert till.gift(refunded).refunded_minor == 2000
    assert till.recurring(monthly).state is RecurringState.ACTIVE
    assert till.gift(debit).state is DonationState.PROCESSING
    assert till.gift(disputed).state is DonationState.DISPUTED
    assert [key for key in list_alarms(till) if not key.startswith("dispute:")] == []


def test_a_second_run_finds_nothing_to_do(till: Till) -> None:
    till.give()
    run(till)
    again = run(till)
    assert (again.mismatches, again.repaired) == ([], 0)


def test_events_that_could_not_be_delivered_are_taken_in(till: Till) -> None:
    till.give()
    for event_id in till.new_events():
        till.fake.courier.lose(event_id)
    assert run(till).events_found > 3
    assert run(till).events_found == 0


def test_a_refund_of_an_old_gift_that_nobody_told_is_found_by_its_balance_line(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    till.gateway.refund(payment_id, 1500, "refund:1")
    with transaction(till.services.factory) as session:
        session.execute(update(Donation).values(paid_at=now() - 300 * DAY))
    done = run(till)
    assert done.mismatches == []
    assert till.gift(payment_id).refunded_minor == 1500


def test_one_cent_too_many_in_the_books_is_found_and_staff_are_called(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    gift = till.gift(payment_id)
    with transaction(till.services.factory) as session:
        session.add(
            LedgerEntry(
                key="charge:forged",
                donation_id=gift.id,
                kind=LedgerKind.GIFT,
                amount_minor=1,
                currency="usd",
                source_id=gift.charge_id,
                occurred_at=now(),
            )
        )
    done = run(till)
    about = {mismatch["about"]: (mismatch["ledger_minor"], mismatch["expected_minor"]) for mismatch in done.mismatches}
    assert about == {gift.charge_id: (4826, 4825), f"gift {gift.id}": (5001, 5000)}
    assert list_alarms(till) == ["reconciliation"]


def test_money_in_the_books_that_the_processor_never_had_is_found(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    with transaction(till.services.factory) as session:
        session.add(
            LedgerEntry(
                key="refund:re_forged",
                donation_id=till.gift(payment_id).id,
                kind=LedgerKind.REFUND,
                amount_minor=-700,
                currency="usd",
                source_id="re_forged",
                occurred_at=now() - timedelta(hours=3),
            )
        )
    assert "re_forged" in {mismatch["about"] for mismatch in run(till).mismatches}


def test_a_line_that_is_missing_is_found_though_the_mirror_is_right(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    with transaction(till.services.factory) as session:  # what only a person with the database's own keys can do
        session.execute(text("alter table ledger_entries disable trigger only_added"))
        session.execute(text("delete from ledger_entries where kind = 'fee'"))
        session.execute(text("alter table ledger_entries enable trigger only_added"))
    done = run(till)
    assert done.repaired == 1
    assert done.mismatches == []
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175}


def test_silence_after_pages_were_opened_calls_staff(till: Till) -> None:
    till.open()
    with transaction(till.services.factory) as session:
        watch_for_silence(session)
    assert list_alarms(till) == []
    with transaction(till.services.factory) as session:
        session.execute(update(Attempt).values(created_at=now() - timedelta(hours=13)))
        watch_for_silence(session)
    assert list_alarms(till) == ["webhooks:silent"]


def test_one_event_breaks_the_silence(till: Till) -> None:
    till.give()
    till.take_in(till.new_events()[0])
    with transaction(till.services.factory) as session:
        session.execute(update(Attempt).values(created_at=now() - timedelta(hours=13)))
        watch_for_silence(session)
    assert list_alarms(till) == []


def test_the_night_comes_once_a_day_and_a_lost_nudge_is_made_up_for(till: Till, published_jobs: PublishedJobs) -> None:
    def tick() -> None:
        with transaction(till.services.factory) as session:
            tend_gifts(session)

    tick()
    tick()
    assert published_jobs.of(Job.RECONCILE) == [(3,)]
    with transaction(till.services.factory) as session:
        session.execute(update(Turn).values(taken_at=now() - timedelta(minutes=16)))
    tick()
    assert len(published_jobs.of(Job.RECONCILE)) == 2
    run(till)
    with transaction(till.services.factory) as session:
        session.execute(update(Turn).values(taken_at=now() - timedelta(minutes=16)))
        assert was_reconciled_since(session, now() - DAY)
    tick()
    assert len(published_jobs.of(Job.RECONCILE)) == 2


@pytest.mark.parametrize("days", [0, 3])
def test_an_empty_account_is_in_order(till: Till, days: int) -> None:
    done = run(till, days)
    assert (done.payments, done.recurring, done.mismatches) == (0, 0, [])
    assert done.finished_at is not None


def test_one_payment_that_can_not_be_written_down_neither_ends_the_run_nor_hides(till: Till) -> None:
    strange, good = till.give(3000), till.give(5000)
    with transaction(till.services.factory) as session:
        session.execute(text("alter table donations add constraint odd check (amount_minor <> 3000)"))
    done = run(till)
    assert done.finished_at is not None
    assert strange in {mismatch["about"] for mismatch in done.mismatches}
    assert till.gift(good).state is DonationState.SUCCEEDED
    assert list_alarms(till) == ["reconciliation"]


def test_an_outage_gives_the_run_up_and_staff_hear_of_a_missed_night(till: Till) -> None:
    for _ in range(22):
        till.give()
    till.fake.fail_next(500, "error", at="GET /v1/payment_intents/")
    with pytest.raises(Unavailable):
        run(till)
    with transaction(till.services.factory) as session:
        watch_for_missed_nights(session)
    assert list_alarms(till) == []
    with transaction(till.services.factory) as session:
        session.execute(update(Reconciliation).values(started_at=now() - timedelta(hours=27)))
        watch_for_missed_nights(session)
    assert list_alarms(till) == ["reconciliation:late"]


def test_a_bank_payment_that_fails_after_it_arrived_stands_in_the_books_both_ways(till: Till) -> None:
    payment_id = till.give()
    till.tell()
    facts = till.gateway.fetch_payment(payment_id)
    assert facts.transaction is not None
    back = replace(
        facts.transaction, transaction_id="txn_back", kind="reversal", amount_minor=-5000, fee_minor=0, net_minor=-5000
    )
    failed = replace(facts, status=PaymentStatus.FAILED, paid_at=None, reversals=(back,))
    with transaction(till.services.factory) as session:
        record_payment(session, failed)
    assert till.lines(payment_id) == {"gift": 5000, "fee": -175, "reversed": -5000}
    assert till.receipts(payment_id) == [("voided", 5000)]
    with transaction(till.services.factory) as session:
        assert compare_mirror(session) == []
        comparison = compare_balance(session, [facts.transaction, back], now() - DAY, now())
        assert (comparison.mismatches, comparison.ledger_minor) == ([], -175)
