"""A large audience: planned in parts while its issue is held, taken down in parts when it is taken back."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.alarms.models import Alarm
from service.db import transaction
from service.deliveries import audiences, planning
from service.deliveries.audiences import nudge_audiences, tend_audience
from service.deliveries.invariant import watch_invariant
from service.deliveries.models import AudiencePlan, Batch, Delivery
from service.deliveries.planning import add_missing, release_issue
from service.deliveries.queries import Progress, get_progress
from service.deliveries.reasons import SAME_MAILBOX
from service.deliveries.starting import start_each_due_issue, withdraw_issue
from service.deliveries.states import DeliveryState
from service.errors import Conflict
from service.issues.models import Edition, Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

READERS, PART = 25, 10
HOLD = timedelta(minutes=2)
AT_ONCE = timedelta()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twenty-five people be many, and ten be a part of them."""
    monkeypatch.setattr(planning, "AT_ONCE", READERS - 1)
    monkeypatch.setattr(audiences, "PART", PART)


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A draft with twenty-five readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        return make_issue(session, newsletter).id


def release(open_transaction: OpenTransaction, issue_id: int, hold: timedelta = HOLD) -> int:
    """Release the issue as a request would; returns how many people it is for."""
    with open_transaction() as session:
        return release_issue(session, issue_id, PUBLIC_URL, hold=hold)


def tend(services: Services, issue_id: int, parts: int = 100) -> None:
    """Do so many parts of the work, as a task would."""
    left = iter([False] * parts)
    tend_audience(services.factory, issue_id, should_stop=lambda: next(left, True))


def look(open_transaction: OpenTransaction, issue_id: int) -> Progress:
    """Return the figures; fails where the states do not sum to the audience, or the watch of that would ring."""
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
        assert progress.holds
        watch_invariant(session)
        assert session.scalars(select(Alarm.key)).all() == []
        return progress


def state_of(open_transaction: OpenTransaction, issue_id: int) -> IssueState:
    """Return where the issue stands."""
    with open_transaction() as session:
        return session.get_one(Issue, issue_id).state


def count_copies(open_transaction: OpenTransaction) -> int:
    """Return how many copies there are."""
    with open_transaction() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def test_releasing_to_many_seals_and_counts_and_leaves_the_list_to_a_worker(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    assert release(open_transaction, issue_id) == READERS
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.expected) == (0, READERS)
    assert published_jobs.jobs == [(Job.TEND_AUDIENCE, (issue_id,))]
    with open_transaction() as session:
        assert session.get_one(Edition, issue_id).content_hash
    with pytest.raises(Conflict, match="has been released"):
        release(open_transaction, issue_id)


def test_releasing_to_few_is_whole_at_once(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        session.execute(update(Subscription).where(Subscription.id == 1).values(state=SubscriptionState.UNSUBSCRIBED))
    assert release(open_transaction, issue_id) == READERS - 1
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.expected) == (READERS - 1, None)
    assert published_jobs.jobs == []


def test_after_each_part_the_audience_is_the_number_of_copies_and_in_the_end_everybody_has_one(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    release(open_transaction, issue_id)
    seen = []
    for _ in range(4):
        tend(services, issue_id, parts=1)
        progress = look(open_transaction, issue_id)
        seen.append((progress.audience, progress.expected))
    assert seen == [(10, READERS), (20, READERS), (25, READERS), (25, None)]
    with open_transaction() as session:
        assert session.scalar(select(func.count(func.distinct(Delivery.subscriber_id)))) == READERS
        assert session.scalars(select(Batch.size).order_by(Batch.id)).all() == [10, 10, 5]


def test_a_task_stops_after_its_slice_and_asks_for_the_next_one_and_the_last_one_asks_for_none(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    release(open_transaction, issue_id)
    published_jobs.jobs.clear()
    tend_audience(services.factory, issue_id, budget=timedelta())
    assert look(open_transaction, issue_id).audience == 0
    tend(services, issue_id, parts=2)
    assert look(open_transaction, issue_id).audience == 2 * PART
    assert published_jobs.jobs == [(Job.TEND_AUDIENCE, (issue_id,))] * 2
    tend(services, issue_id)
    assert len(published_jobs.jobs) == 2


def test_what_is_left_to_plan_or_to_take_down_is_found_in_the_rows(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    def nudge() -> list[tuple[int, ...]]:
        published_jobs.jobs.clear()
        with open_transaction() as session:
            nudge_audiences(session)
        return published_jobs.of(Job.TEND_AUDIENCE)

    assert nudge() == []
    release(open_transaction, issue_id)
    tend(services, issue_id, parts=1)
    assert nudge() == [(issue_id,)]
    tend(services, issue_id)
    assert nudge() == []
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert nudge() == [(issue_id,)]
    tend(services, issue_id)
    assert nudge() == []


def test_a_part_that_fails_leaves_no_half_and_the_next_run_goes_on_from_there(
    services: Services, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(open_transaction, issue_id)
    tend(services, issue_id, parts=1)

    def fail(*_: object) -> None:
        raise RuntimeError("the process died between the copies and their batches")

    with monkeypatch.context() as broken:
        broken.setattr(planning, "make_batches", fail)
        with pytest.raises(RuntimeError):
            tend(services, issue_id)
    assert look(open_transaction, issue_id).audience == PART
    tend(services, issue_id)
    assert look(open_transaction, issue_id).audience == READERS


def test_many_tasks_at_once_plan_everybody_once(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    release(open_transaction, issue_id)
    tasks = [threading.Thread(target=tend, args=(services, issue_id)) for _ in range(4)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    tend(services, issue_id)  # where each of them left the rest to another
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.expected) == (READERS, None)


def test_nobody_waits_for_a_part_that_another_has_in_hand(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    release(open_transaction, issue_id)
    published_jobs.jobs.clear()
    with open_transaction() as session:
        session.execute(select(Issue).where(Issue.id == issue_id).with_for_update())
        tend(services, issue_id)
    assert look(open_transaction, issue_id).audience == 0
    assert published_jobs.jobs == []  # whoever has it asks for the next


@pytest.mark.parametrize("hold", [AT_ONCE, HOLD])
def test_an_issue_starts_only_once_its_audience_is_whole(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs,
    hold: timedelta,
) -> None:  # fmt: skip
    release(open_transaction, issue_id, hold)
    with open_transaction() as session:
        session.execute(update(Issue).values(starts_at=func.now()))
    tend(services, issue_id, parts=1)
    start_each_due_issue(services.factory)
    assert state_of(open_transaction, issue_id) is IssueState.HELD
    tend(services, issue_id)
    start_each_due_issue(services.factory)
    assert state_of(open_transaction, issue_id) is IssueState.SENDING
    assert look(open_transaction, issue_id).queued == READERS
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}


def test_who_becomes_a_reader_behind_the_place_where_planning_is_gets_a_copy_at_the_start(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Subscription).where(Subscription.id == 1).values(state=SubscriptionState.PENDING))
        make_reader(session, session.get_one(Issue, issue_id).newsletter_id, "new@example.org")
    release(open_transaction, issue_id)
    tend(services, issue_id, parts=1)
    with open_transaction() as session:
        session.execute(update(Subscription).where(Subscription.id == 1).values(state=SubscriptionState.ACTIVE))
    tend(services, issue_id)
    assert look(open_transaction, issue_id).audience == READERS
    with open_transaction() as session:
        session.execute(update(Issue).values(starts_at=func.now()))
    start_each_due_issue(services.factory)
    assert look(open_transaction, issue_id).audience == READERS + 1


def test_one_mailbox_in_two_parts_gets_one_copy(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Issue, issue_id).newsletter_id
        first = make_reader(session, newsletter_id, "jane.doe@gmail.com")
        for number in range(PART):
            make_reader(session, newsletter_id, f"other-{number}@example.org")
        last = make_reader(session, newsletter_id, "janedoe@gmail.com")
        session.flush()
        ids = {first.id: DeliveryState.QUEUED, last.id: DeliveryState.SKIPPED}
    release(open_transaction, issue_id)
    tend(services, issue_id)
    with open_transaction() as session:
        rows = session.execute(
            select(Delivery.subscription_id, Delivery.state).where(Delivery.subscription_id.in_(ids))
        ).all()
        assert {row.subscription_id: row.state for row in rows} == ids
        assert session.scalars(select(Delivery.reason).where(Delivery.reason.is_not(None))).all() == [SAME_MAILBOX]


def test_whoever_needs_the_whole_audience_now_gets_it_however_far_planning_is(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    release(open_transaction, issue_id)
    tend(services, issue_id, parts=1)
    with open_transaction() as session:
        assert add_missing(session, session.get_one(Issue, issue_id, with_for_update=True)) == READERS - PART
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.expected) == (READERS, None)


@pytest.mark.parametrize("parts", [0, 1, 100])
def test_an_issue_is_taken_back_at_any_moment_of_its_planning_and_can_be_released_again(
    services: Services, open_transaction: OpenTransaction, issue_id: int, parts: int
) -> None:
    release(open_transaction, issue_id)
    tend(services, issue_id, parts)
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.audience) == (IssueState.DRAFT, None)
        assert session.scalars(select(AudiencePlan.issue_id)).all() == []
    tend(services, issue_id)
    assert count_copies(open_transaction) == 0
    assert release(open_transaction, issue_id) == READERS
    tend(services, issue_id)
    assert look(open_transaction, issue_id).audience == READERS


def test_taking_back_clears_one_part_at_once_and_leaves_the_others_to_a_worker(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    release(open_transaction, issue_id)
    tend(services, issue_id)
    published_jobs.jobs.clear()
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert count_copies(open_transaction) == READERS - PART
    assert published_jobs.jobs == [(Job.TEND_AUDIENCE, (issue_id,))]
    with pytest.raises(Conflict, match="try again in a minute"):
        release(open_transaction, issue_id)
    assert state_of(open_transaction, issue_id) is IssueState.DRAFT
    tend(services, issue_id, parts=1)
    assert count_copies(open_transaction) == READERS - 2 * PART
    tend(services, issue_id)
    assert count_copies(open_transaction) == 0


def test_taking_back_a_small_audience_leaves_nothing_to_anybody(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "PART", READERS + 1)
    monkeypatch.setattr(planning, "AT_ONCE", READERS)
    release(open_transaction, issue_id)
    with open_transaction() as session:
        withdraw_issue(session, issue_id)
    assert count_copies(open_transaction) == 0
    assert published_jobs.jobs == []


def _race(services: Services, issue_id: int, act: Callable[[], None]) -> None:
    planner = threading.Thread(target=tend, args=(services, issue_id))
    planner.start()
    act()
    planner.join()


def test_an_issue_that_is_taken_back_while_a_worker_plans_has_no_copy_in_the_end(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def withdraw() -> None:
        with transaction(services.factory) as session:
            withdraw_issue(session, issue_id)

    release(open_transaction, issue_id)
    _race(services, issue_id, withdraw)
    tend(services, issue_id)
    assert state_of(open_transaction, issue_id) is IssueState.DRAFT
    assert count_copies(open_transaction) == 0


def test_an_issue_that_missed_its_time_before_it_was_whole_is_planned_on_while_it_waits_for_staff(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    release(open_transaction, issue_id)
    with open_transaction() as session:
        session.execute(update(Issue).values(state=IssueState.PAUSED))
    tend(services, issue_id)
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.expected) == (READERS, None)
