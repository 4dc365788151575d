"""Pause, resume and cancel at any moment: the exact rest goes out, nobody gets two copies, and the trail says who."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms, raise_alarm
from service.deliveries.batches import SIZE
from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import find_copies
from service.deliveries.reasons import CANCELLED, LEFT
from service.deliveries.sending import Sender
from service.deliveries.starting import start_each_due_issue
from service.deliveries.states import DeliveryState
from service.deliveries.sweep import skip_cancelled
from service.deliveries.window import LARGEST
from service.errors import Conflict, NotFound
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.transport import OutgoingMail
from service.staff.audit import list_entries
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from tests.deliveries.fakes import FakeRelay
from tests.deliveries.steps import count_copies, run_sweep
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

READERS = 2_500
MOMENTS = 100


@pytest.fixture
def large_issue_id(open_transaction: OpenTransaction) -> int:
    """A released issue with many readers, in five batches."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


def state_of(open_transaction: OpenTransaction, issue_id: int) -> IssueState:
    """Return where the issue stands."""
    with open_transaction() as session:
        return session.get_one(Issue, issue_id).state


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_case_37_pauses_and_resumes_at_a_hundred_moments_and_then_a_cancel_leave_the_exact_complement(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, large_issue_id: int, seed: int
) -> None:
    moments = sorted(random.Random(seed).sample(range(1, READERS - LARGEST), MOMENTS))  # noqa: S311 - a repeatable test
    steer = {IssueState.SENDING: pause_issue, IssueState.PAUSED: resume_issue}

    def interfere(_: OutgoingMail) -> None:
        if not moments or len(relay.received) < moments[0]:
            return
        moments.pop(0)
        with open_transaction() as session:
            act = steer[session.get_one(Issue, large_issue_id).state]
        with open_transaction() as session:
            (act if moments else cancel_issue)(session, large_issue_id)

    relay.on_leaving = interfere
    while moments:
        sender.send_waiting(large_issue_id)
        if state_of(open_transaction, large_issue_id) is IssueState.PAUSED:
            with open_transaction() as session:
                resume_issue(session, large_issue_id)
    run_sweep(open_transaction)
    progress = count_copies(open_transaction, large_issue_id)
    assert progress.sent + progress.skipped == READERS
    assert len(relay.received) == len(set(relay.received)) == progress.sent
    assert 0 < progress.skipped < READERS
    with open_transaction() as session:
        by_state = {
            state: set(session.scalars(select(Delivery.recipient).where(Delivery.state == state)))
            for state in (DeliveryState.SENT, DeliveryState.SKIPPED)
        }
        assert by_state[DeliveryState.SENT] == set(relay.received)
        assert set(session.scalars(select(Delivery.reason).where(Delivery.state == DeliveryState.SKIPPED))) == {
            CANCELLED
        }
        assert session.scalar(select(func.count()).where(Batch.due_at.is_not(None))) == 0


@pytest.mark.parametrize(("act", "after"), [(pause_issue, IssueState.PAUSED), (cancel_issue, IssueState.CANCELLED)])
def test_a_stop_that_commits_holds_for_every_copy_that_was_not_about_to_leave(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    large_issue_id: int,
    act: Callable[[Session, int], None],
    after: IssueState,
) -> None:
    def stop(_: OutgoingMail) -> None:
        if len(relay.received) == 700:
            with open_transaction() as session:
                act(session, large_issue_id)

    relay.on_leaving = stop
    sender.send_waiting(large_issue_id)
    assert state_of(open_transaction, large_issue_id) is after
    assert 700 <= len(relay.received) <= 700 + LARGEST  # a window's intents were committed before the pause
    left = len(relay.received)
    sender.send_waiting(large_issue_id)
    assert len(relay.received) == left


def test_a_large_issue_is_cancelled_at_once_and_its_rest_skipped_by_the_sweep(
    open_transaction: OpenTransaction, large_issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.deliveries.control.AT_ONCE", READERS - 1)
    with open_transaction() as session:
        cancel_issue(session, large_issue_id)
    assert state_of(open_transaction, large_issue_id) is IssueState.CANCELLED
    assert count_copies(open_transaction, large_issue_id).skipped == 0
    with open_transaction() as session:
        skip_cancelled(session, most=2)
    assert count_copies(open_transaction, large_issue_id).skipped == 2 * SIZE
    run_sweep(open_transaction)
    assert count_copies(open_transaction, large_issue_id).skipped == READERS


def test_a_small_issue_is_cancelled_whole_at_once(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        cancel_issue(session, issue_id)
    assert count_copies(open_transaction, issue_id).skipped == 12


def test_a_cancel_empties_its_own_issue_and_leaves_another_that_was_cancelled_to_the_sweep(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.deliveries.control.AT_ONCE", SIZE)  # one batch
    with open_transaction() as session:
        other = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        release_issue(session, other.id, PUBLIC_URL)
        session.get_one(Issue, issue_id).state = IssueState.CANCELLED
    with open_transaction() as session:
        cancel_issue(session, other.id)
    assert count_copies(open_transaction, other.id).skipped == 12
    assert count_copies(open_transaction, issue_id).skipped == 0
    run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).skipped == 12


@pytest.mark.parametrize("act", [cancel_issue, resume_issue])
def test_a_decision_ends_the_issues_own_alarms_and_no_other(
    open_transaction: OpenTransaction, issue_id: int, act: Callable[[Session, int], None]
) -> None:
    others = ["relay:refuses", f"issue:{issue_id + 1}:paused"]
    with open_transaction() as session:
        pause_issue(session, issue_id)
        for key in (f"issue:{issue_id}:paused", f"missed:{issue_id}", *others):
            raise_alarm(session, key, "It rests.")
        act(session, issue_id)
    with open_transaction() as session:
        assert [alarm.key for alarm in list_standing_alarms(session)] == others


def test_what_a_sender_has_in_hand_at_a_cancel_comes_to_its_own_end(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Batch).values(lease_until=func.now() + timedelta(minutes=1)))
        session.execute(update(Delivery).values(state=DeliveryState.SENDING))
        cancel_issue(session, issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sending, progress.skipped) == (12, 0)


@pytest.mark.parametrize("when", ["while it is held", "while it is paused", "between two batches"])
def test_case_36_who_leaves_between_freeze_and_send_is_skipped_with_the_reason(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, when: str
) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 3)
        issue_id = make_issue(session, newsletter).id
        hold = timedelta(hours=1) if when == "while it is held" else timedelta()
        release_issue(session, issue_id, PUBLIC_URL, hold=hold)
    with open_transaction() as session:
        if when == "while it is paused":
            pause_issue(session, issue_id)
        gone = session.scalars(select(Delivery).where(Delivery.recipient == "reader-1@example.org")).one()
        unsubscribe(session, gone.subscription_id, source=ConsentSource.ONE_CLICK, wording="Unsubscribe")
    with open_transaction() as session:
        if when == "while it is paused":
            resume_issue(session, issue_id)
        session.execute(update(Issue).where(Issue.state == IssueState.HELD).values(starts_at=func.now()))
    start_each_due_issue(open_transaction.services.factory)
    sender.send_waiting(issue_id)
    assert sorted(relay.received) == ["reader-0@example.org", "reader-2@example.org"]
    with open_transaction() as session:
        [copy] = find_copies(session, "reader-1@example.org")
        assert (copy.delivery.state, copy.delivery.reason) == (DeliveryState.SKIPPED, LEFT)
    assert count_copies(open_transaction, issue_id).audience == 3


def test_resuming_wakes_senders_and_gives_the_copies_their_whole_window_again(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        pause_issue(session, issue_id)
        issue = session.get_one(Issue, issue_id)
        issue.starts_at, issue.pause_reason = func.now() - timedelta(days=7), "the relay refuses this mail"
    with open_transaction() as session:
        resume_issue(session, issue_id)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        present = session.scalars(select(func.now())).one()
        assert issue.starts_at is not None
        assert present - issue.starts_at < timedelta(hours=1)
        assert issue.pause_reason is None
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}


def test_the_trail_says_who_did_each_step_or_that_it_was_the_command_line(
    open_transaction: OpenTransaction, issue_id: int, publisher_account: int
) -> None:
    steps: list[tuple[Callable[..., None], int | None]] = [
        (pause_issue, publisher_account),
        (resume_issue, None),
        (cancel_issue, publisher_account),
    ]
    for act, who in steps:
        with open_transaction() as session:
            act(session, issue_id, who)
    with open_transaction() as session:
        told = [(entry.action, name) for entry, name in list_entries(session, f"issue:{issue_id}")]
    assert told == [
        ("Cancelled", "Pat Publisher"),
        ("Resumed (at the command line)", None),
        ("Paused", "Pat Publisher"),
    ]


@pytest.mark.parametrize("act", [pause_issue, resume_issue, cancel_issue])
def test_an_issue_that_is_over_or_not_there_is_not_steered(
    open_transaction: OpenTransaction, issue_id: int, act: Callable[[Session, int], None]
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, issue_id).state = IssueState.SENT
    with pytest.raises(Conflict, match="This issue is sent"), open_transaction() as session:
        act(session, issue_id)
    with pytest.raises(NotFound), open_transaction() as session:
        act(session, issue_id + 1)
