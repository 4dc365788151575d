"""A held issue starts once when its time has come, asks staff when it is far too late, and can be taken back before."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.deliveries.control import cancel_issue, resume_issue
from service.deliveries.models import AudiencePlan, Batch, BatchSignatures, Delivery
from service.deliveries.planning import add_missing, release_issue
from service.deliveries.reasons import MISSED
from service.deliveries.sending import Sender
from service.deliveries.starting import NOT_BACK, start_each_due_issue, withdraw_issue
from service.deliveries.states import DeliveryState
from service.errors import Conflict
from service.issues.models import Edition, Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.staff.audit import list_entries
from service.tracking.models import Link
from service.wiring import Services
from tests.deliveries.fakes import FakeRelay
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

HOLD = timedelta(hours=1)
READERS = 5


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A held issue with five readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL, hold=HOLD)
        return issue.id


def let_pass(open_transaction: OpenTransaction, late: timedelta) -> None:
    """Let the time of every held issue have come so long ago, by the database's clock."""
    with open_transaction() as session:
        session.execute(update(Issue).values(starts_at=func.now() - late))


def tick(open_transaction: OpenTransaction) -> None:
    """Do what the tick of beat does."""
    start_each_due_issue(open_transaction.services.factory)


def read_issue(open_transaction: OpenTransaction, issue_id: int) -> Issue:
    """Return the issue as it stands."""
    with open_transaction() as session:
        return session.get_one(Issue, issue_id)


def test_an_issue_whose_time_has_not_come_stays_where_it_is(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    tick(open_transaction)
    assert read_issue(open_transaction, issue_id).state is IssueState.HELD
    assert published_jobs.jobs == []


def test_an_issue_starts_when_its_time_has_come(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    let_pass(open_transaction, timedelta())
    tick(open_transaction)
    assert read_issue(open_transaction, issue_id).state is IssueState.SENDING
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}


def test_who_became_a_reader_while_it_waited_gets_a_copy_and_the_trail_says_so(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        make_reader(session, session.get_one(Issue, issue_id).newsletter_id, "late@example.org", "Lou Late")
    let_pass(open_transaction, timedelta())
    tick(open_transaction)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).audience == READERS + 1
        copy = session.scalars(select(Delivery).where(Delivery.recipient == "late@example.org")).one()
        assert copy.name == "Lou Late"
        assert session.scalar(select(func.sum(Batch.size))) == READERS + 1
        entry, who = list_entries(session, f"issue:{issue_id}")[0]
        assert (who, entry.details) == (None, {"readers": READERS + 1, "joined": 1})


def test_case_12_a_start_that_beat_slept_over_is_made_up_for_once_although_two_beats_wake(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    let_pass(open_transaction, timedelta(minutes=59))
    ready = threading.Barrier(2)

    def wake() -> None:
        ready.wait()
        for _ in range(5):
            start_each_due_issue(services.factory)

    beats = [threading.Thread(target=wake) for _ in range(2)]
    for beat in beats:
        beat.start()
    for beat in beats:
        beat.join()
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
        assert len(list_entries(session, f"issue:{issue_id}")) == 1
        assert session.scalar(select(func.count()).select_from(Delivery)) == READERS
    assert len(published_jobs.of(Job.SEND_ISSUE)) == 4  # one start's nudges


def test_case_12_a_start_that_is_six_hours_late_asks_staff_once(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    let_pass(open_transaction, timedelta(hours=6))
    for _ in range(3):
        tick(open_transaction)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.pause_reason) == (IssueState.PAUSED, MISSED)
        alarm = list_standing_alarms(session)
        assert [(one.key, one.times) for one in alarm] == [(f"missed:{issue_id}", 1)]
        assert "“Patience Station” of Crossings" in alarm[0].sentence
        assert len(list_entries(session, f"issue:{issue_id}")) == 1
    assert published_jobs.of(Job.SEND_ISSUE) == []


@pytest.mark.parametrize(
    ("late", "state"), [(timedelta(minutes=5), IssueState.HELD), (timedelta(hours=2), IssueState.PAUSED)]
)
def test_an_issue_whose_list_is_not_written_in_time_waits_and_after_an_hour_asks_staff(
    open_transaction: OpenTransaction, issue_id: int, late: timedelta, state: IssueState
) -> None:
    with open_transaction() as session:
        session.add(AudiencePlan(issue_id=issue_id, expected=READERS))
    let_pass(open_transaction, late)
    tick(open_transaction)
    assert read_issue(open_transaction, issue_id).state is state


def test_a_missed_issue_that_staff_want_even_so_goes_to_the_readers_of_that_day(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    let_pass(open_transaction, timedelta(hours=6))
    tick(open_transaction)
    with open_transaction() as session:
        make_reader(session, session.get_one(Issue, issue_id).newsletter_id, "late@example.org")
        resume_issue(session, issue_id)
    issue = read_issue(open_transaction, issue_id)
    assert (issue.state, issue.audience, issue.pause_reason) == (IssueState.SENDING, READERS + 1, None)
    with open_transaction() as session:
        assert list_standing_alarms(session) == []


def test_two_held_issues_start_each_at_their_own_time(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        other = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        release_issue(session, other.id, PUBLIC_URL, hold=HOLD)
    let_pass(open_transaction, timedelta())
    with open_transaction() as session:
        session.get_one(Issue, other.id).starts_at = func.now() + HOLD
    tick(open_transaction)
    assert read_issue(open_transaction, issue_id).state is IssueState.SENDING
    assert read_issue(open_transaction, other.id).state is IssueState.HELD


def test_one_that_can_not_be_started_holds_up_no_other_and_is_tried_again(
    open_transaction: OpenTransaction,
    issue_id: int,
    published_jobs: PublishedJobs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_transaction() as session:
        other = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        release_issue(session, other.id, PUBLIC_URL, hold=HOLD)
        make_reader(session, other.newsletter_id, "late@example.org")
    let_pass(open_transaction, timedelta())

    def fail_after_writing(session: Session, issue: Issue) -> int:
        if issue.id == issue_id:
            session.execute(update(Issue).where(Issue.id == issue_id).values(title="half done"))
            raise ZeroDivisionError
        return add_missing(session, issue)

    with monkeypatch.context() as broken:
        broken.setattr("service.deliveries.starting.add_missing", fail_after_writing)
        tick(open_transaction)
    first, second = read_issue(open_transaction, issue_id), read_issue(open_transaction, other.id)
    assert (first.state, first.title) == (IssueState.HELD, "Patience Station")
    assert (second.state, second.audience) == (IssueState.SENDING, READERS + 1)
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(other.id,)}
    assert caplog.messages == [f"issue {issue_id} did not start at its time; it will be tried again"]
    tick(open_transaction)
    assert read_issue(open_transaction, issue_id).state is IssueState.SENDING


def test_each_start_is_committed_before_the_next_begins(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large audience takes minutes: an issue that has begun waits for no other's."""
    with open_transaction() as session:
        other = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        release_issue(session, other.id, PUBLIC_URL, hold=HOLD)
    let_pass(open_transaction, timedelta())
    seen: list[IssueState] = []

    def look_from_outside(session: Session, issue: Issue) -> int:
        seen.append(read_issue(open_transaction, issue_id).state)
        return add_missing(session, issue)

    monkeypatch.setattr("service.deliveries.starting.add_missing", look_from_outside)
    tick(open_transaction)
    assert seen == [IssueState.HELD, IssueState.SENDING]


@pytest.mark.parametrize("missed", [False, True])
def test_taking_back_leaves_a_draft_as_if_it_had_never_been_released(
    open_transaction: OpenTransaction, issue_id: int, missed: bool
) -> None:
    if missed:
        let_pass(open_transaction, timedelta(hours=6))
        tick(open_transaction)
    with open_transaction() as session:
        batch = session.scalars(select(Batch)).one()
        session.add(BatchSignatures(batch_id=batch.id, made_under="x", signatures=b"x"))
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.DRAFT
        assert (issue.audience, issue.released_at, issue.starts_at, issue.pause_reason) == (None, None, None, None)
        for model in (Delivery, Batch, BatchSignatures, Link, Edition):
            assert session.scalar(select(func.count()).select_from(model)) == 0, model
    with open_transaction() as session:
        assert release_issue(session, issue_id, PUBLIC_URL) == READERS


def test_an_issue_that_has_begun_is_not_taken_back(open_transaction: OpenTransaction, issue_id: int) -> None:
    let_pass(open_transaction, timedelta())
    tick(open_transaction)
    with pytest.raises(Conflict, match="taken back now"), open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert read_issue(open_transaction, issue_id).audience == READERS


@pytest.mark.parametrize(
    ("known", "is_back"),
    [
        ({"fence": 1}, True),  # claimed, and given back before the intent
        ({"fence": 9}, True),
        ({"fence": 1, "message_id": "m"}, False),  # intended
        ({"fence": 1, "message_id": "m", "attempts": 1}, False),
        ({"fence": 1, "message_id": "m", "crashes": 1}, False),
        ({"fence": 1, "message_id": "m", "state": DeliveryState.SENDING}, False),
        ({"fence": 1, "message_id": "m", "state": DeliveryState.SENT}, False),
    ],
)
def test_an_issue_is_taken_back_only_while_no_copy_may_have_left(
    open_transaction: OpenTransaction, issue_id: int, known: dict[str, object], is_back: bool
) -> None:
    let_pass(open_transaction, timedelta(hours=6))
    tick(open_transaction)
    with open_transaction() as session:
        first = select(func.min(Delivery.id)).scalar_subquery()
        session.execute(update(Delivery).where(Delivery.id == first).values(known))
    if is_back:
        with open_transaction() as session:
            withdraw_issue(session, issue_id)
        with open_transaction() as session:
            assert list_standing_alarms(session) == []
        return
    with pytest.raises(Conflict) as refusal, open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert refusal.value.message == NOT_BACK
    assert read_issue(open_transaction, issue_id).state is IssueState.PAUSED


def test_an_issue_with_a_part_in_a_senders_hands_is_not_taken_back_until_the_lease_is_over(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    let_pass(open_transaction, timedelta(hours=6))
    tick(open_transaction)
    with open_transaction() as session:
        session.execute(update(Batch).values(lease_until=func.now() + timedelta(minutes=1)))
    with pytest.raises(Conflict), open_transaction() as session:
        withdraw_issue(session, issue_id)
    with open_transaction() as session:
        session.execute(update(Batch).values(lease_until=func.now() - timedelta(seconds=1)))
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert read_issue(open_transaction, issue_id).state is IssueState.DRAFT


def test_case_33_an_issue_that_paused_over_its_size_before_one_mail_left_can_be_taken_back(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    let_pass(open_transaction, timedelta())
    tick(open_transaction)
    relay.largest = 2_000
    sender.send_waiting(issue_id)
    assert relay.received == []
    assert read_issue(open_transaction, issue_id).state is IssueState.PAUSED
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT
        assert list_standing_alarms(session) == []


def test_a_held_issue_is_taken_back_rather_than_cancelled(open_transaction: OpenTransaction, issue_id: int) -> None:
    with pytest.raises(Conflict, match="waiting to start"), open_transaction() as session:
        cancel_issue(session, issue_id)
