"""The sweep: what dead senders held, what is done, what was cancelled, what lies in no batch, and what to nudge."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session

from service.deliveries import sweep as sweeping
from service.deliveries.batches import make_batches, put_down
from service.deliveries.control import cancel_issue, pause_issue
from service.deliveries.models import Batch, Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.planning import release_issue
from service.deliveries.reasons import CANCELLED
from service.deliveries.resending import send_again
from service.deliveries.states import DeliveryState as S
from service.deliveries.sweep import sweep
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.models import LetterKind
from service.mail.outbox import post_letter
from service.wiring import Services
from tests.deliveries.fakes import ACCEPTED
from tests.deliveries.steps import claim, count_copies, expire_leases, intend_all, run_sweep
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs


def _finish(session: Session, issue_id: int) -> None:
    held, claims = claim(session, issue_id)
    intend_all(session, claims)
    record_outcomes(session, [(one, ACCEPTED) for one in claims])
    put_down(session, held)


def _state(open_transaction: OpenTransaction, issue_id: int) -> IssueState:
    with open_transaction() as session:
        return session.get_one(Issue, issue_id).state


@pytest.mark.parametrize("rest", [None, pause_issue], ids=["running", "paused"])
def test_what_an_expired_sender_held_is_free_whatever_its_issue_does(
    open_transaction: OpenTransaction, issue_id: int, rest: Callable[..., None] | None
) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        intend_all(session, claims[:2])
    if rest is not None:
        with open_transaction() as session:
            rest(session, issue_id)
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.uncertain, progress.queued) == (2, 10)
    with open_transaction() as session:
        batch = session.get_one(Batch, held.id)
        assert batch.lease_until is None
        assert batch.fence > held.fence


def test_a_living_sender_is_left_alone(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        claim(session, issue_id)
    run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).claimed == 12


def test_an_issue_is_sent_once_no_copy_is_open_and_not_before(open_transaction: OpenTransaction, issue_id: int) -> None:
    run_sweep(open_transaction)
    assert _state(open_transaction, issue_id) is IssueState.SENDING
    with open_transaction() as session:
        _finish(session, issue_id)
    run_sweep(open_transaction)
    with open_transaction() as session:
        issue, present = session.get_one(Issue, issue_id), session.scalars(select(func.now())).one()
        assert issue.state is IssueState.SENT
        assert issue.finished_at is not None
        assert present - issue.finished_at < timedelta(minutes=1)


@pytest.mark.parametrize("state", [IssueState.HELD, IssueState.PAUSED, IssueState.CANCELLED])
def test_an_issue_that_does_not_run_is_never_called_sent(
    open_transaction: OpenTransaction, issue_id: int, state: IssueState
) -> None:
    with open_transaction() as session:
        _finish(session, issue_id)
        session.get_one(Issue, issue_id).state = state
    run_sweep(open_transaction)
    assert _state(open_transaction, issue_id) is state


def test_an_issue_to_which_copies_are_added_in_that_moment_goes_on(services: Services, issue_id: int) -> None:
    """Staff hold the issue and queue a copy again while the sweep is about to call it sent."""
    with services.factory.begin() as session:
        _finish(session, issue_id)
        first = session.scalars(select(func.min(Delivery.id))).one()
    with services.factory() as staff, services.factory() as other:
        send_again(staff, issue_id, [first])
        staff.flush()
        sweeping.finish_issues(other)
        staff.commit()
        other.commit()
    with services.factory() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING


def test_an_issue_to_which_copies_were_added_just_before_it_was_locked_goes_on(
    services: Services, issue_id: int
) -> None:
    with services.factory.begin() as session:
        _finish(session, issue_id)

    def add_copies(*arguments: object) -> None:
        if str(arguments[2]).startswith("UPDATE issues"):
            with services.factory.begin() as staff:
                staff.execute(update(Batch).values(due_at=func.now()))

    event.listen(services.factory.kw["bind"], "before_cursor_execute", add_copies)
    with services.factory.begin() as session:
        sweeping.finish_issues(session)
    with services.factory() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
        assert session.scalars(select(Batch.due_at)).one() is not None


def test_a_cancelled_issue_is_emptied_a_part_at_a_time(
    open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.deliveries.batches.SIZE", 3)
    monkeypatch.setattr(sweeping, "CANCELLED_AT_ONCE", 2)
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 12)
        issue_id = make_issue(session, newsletter).id
        release_issue(session, issue_id, PUBLIC_URL)
        _, claims = claim(session, issue_id)
        intend_all(session, claims[:1])
        session.execute(update(Issue).values(state=IssueState.CANCELLED))
    skipped = []
    for _ in range(3):
        run_sweep(open_transaction)
        skipped.append(count_copies(open_transaction, issue_id).skipped)
    assert skipped == [6, 9, 9]  # the fourth batch is in the hands of its sender
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    run_sweep(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.skipped, progress.uncertain, progress.open) == (11, 1, 0)
    with open_transaction() as session:
        assert set(session.scalars(select(Delivery.reason).where(Delivery.state == S.SKIPPED))) == {CANCELLED}
        assert set(session.scalars(select(Batch.due_at))) == {None}


def test_what_a_dead_sender_had_on_its_way_is_uncertain_as_soon_as_its_issue_is_cancelled(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        intend_all(session, claim(session, issue_id)[1][:5])
    expire_leases(open_transaction)
    with open_transaction() as session:
        cancel_issue(session, issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.uncertain, progress.skipped, progress.open) == (5, 7, 0)


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.PAUSED])
def test_case_22_copies_that_code_without_batches_planned_get_theirs(
    open_transaction: OpenTransaction, issue_id: int, state: IssueState
) -> None:
    with open_transaction() as session:
        session.execute(text("delete from batches"))
        session.get_one(Issue, issue_id).state = state
    run_sweep(open_transaction)
    run_sweep(open_transaction)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is state
        assert session.scalars(select(Batch.size)).one() == 12
        issue.state = IssueState.SENDING
        session.flush()
        assert len(claim(session, issue_id)[1]) == 12


def test_what_waits_is_nudged_and_what_does_not_is_not(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        session.execute(update(Batch).values(due_at=func.now() + timedelta(seconds=30)))
    run_sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == []
    with open_transaction() as session:
        session.execute(update(Batch).values(due_at=func.now()))
        claim(session, issue_id)
    run_sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == []
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]
    with open_transaction() as session:
        pause_issue(session, issue_id)
    run_sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]


def test_case_07_a_letter_whose_nudge_the_broker_lost_is_nudged_again(
    open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        letter_id = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": 1}).id
    published_jobs.jobs.clear()
    run_sweep(open_transaction)
    assert published_jobs.jobs == [(Job.DELIVER_LETTER, (letter_id,))]


def test_an_issue_that_was_called_sent_before_its_last_sender_woke_goes_on_and_has_not_finished(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issue.state, issue.finished_at = IssueState.SENT, func.now()
    run_sweep(open_transaction)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.finished_at) == (IssueState.SENDING, None)
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]


def test_two_sweeps_at_once_do_no_harm(services: Services, issue_id: int) -> None:
    with services.factory.begin() as session:
        claim(session, issue_id)
        session.execute(update(Batch).values(lease_until=func.now() - timedelta(seconds=1)))
    with services.factory() as one, services.factory() as other:
        sweep(one)
        sweep(other)
        one.commit()
        other.commit()
    with services.factory() as session:
        assert set(session.scalars(select(Delivery.state))) == {S.QUEUED}
        assert set(session.scalars(select(Delivery.crashes))) == {1}


def test_a_sweep_asks_as_much_of_the_database_for_ten_batches_as_for_one(
    services: Services, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    def count() -> int:
        asked.clear()
        run_sweep(open_transaction)
        return len(asked)

    event.listen(services.factory.kw["bind"], "before_cursor_execute", note)
    with_one = count()
    monkeypatch.setattr("service.deliveries.batches.SIZE", 1)
    with open_transaction() as session:
        session.execute(text("delete from batches"))
        make_batches(session, issue_id)
    assert count() == with_one
    assert not [statement for statement in asked if "from deliveries" in statement.lower()]
