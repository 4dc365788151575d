"""Those who have no copy of an issue with many readers: looked for in parts, in the background, after the request."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from service.deliveries import audiences, planning
from service.deliveries.audiences import nudge_audiences, tend_audience
from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.missing import count_missing, send_to_missing
from service.deliveries.models import AudiencePlan, Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import Progress, Search, get_progress
from service.deliveries.reasons import LEFT, MISSED, SAME_MAILBOX
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.staff.audit import list_entries
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

READERS, PART, LATE = 25, 10, 12


@pytest.fixture
def issue_id(open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch) -> int:
    """An issue that was sent to twenty-five readers, who are many from then on, before twelve more joined."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.SENT, fence=1))
        session.execute(update(Batch).values(due_at=None))
        issue.state = IssueState.SENT
        for number in range(LATE):
            make_reader(session, newsletter.id, f"late-{number}@example.org")
    monkeypatch.setattr(planning, "AT_ONCE", READERS - 1)
    monkeypatch.setattr(audiences, "PART", PART)
    return issue.id


def ask(open_transaction: OpenTransaction, issue_id: int) -> int | None:
    """Press the button."""
    with open_transaction() as session:
        return send_to_missing(session, issue_id)


def tend(services: Services, issue_id: int, parts: int = 100) -> None:
    """Do so many parts of the work, as a task would."""
    left = iter([False] * parts)
    tend_audience(services.factory, issue_id, should_stop=lambda: next(left, True))


def look(open_transaction: OpenTransaction, issue_id: int) -> Progress:
    """Return the figures; fails where the states do not sum to the audience."""
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
    assert progress.holds
    return progress


def states(open_transaction: OpenTransaction) -> dict[str, tuple[DeliveryState, str | None]]:
    """Return address → state and reason."""
    with open_transaction() as session:
        return {copy.recipient: (copy.state, copy.reason) for copy in session.scalars(select(Delivery))}


def test_the_request_reads_no_more_than_so_many_readers_and_leaves_the_rest_to_a_worker(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    published_jobs.jobs.clear()
    statements: list[str] = []
    event.listen(services.factory.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert ask(open_transaction, issue_id) is None
    assert published_jobs.jobs == [(Job.TEND_AUDIENCE, (issue_id,))]
    with open_transaction() as session:
        assert count_missing(session, session.get_one(Issue, issue_id)) is None
    assert not [one for one in statements if "deliveries" in one]
    of_readers = [one for one in statements if "FROM subscriptions" in one]
    assert of_readers
    assert all("LIMIT" in one for one in of_readers)
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.search, progress.expected) == (READERS, Search(0, READERS + LATE), None)


def test_a_part_after_the_other_finds_everybody_once_and_says_how_far_it_is(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    ask(open_transaction, issue_id)
    published_jobs.jobs.clear()
    seen = []
    for _ in range(5):
        tend(services, issue_id, parts=1)
        progress = look(open_transaction, issue_id)
        seen.append((progress.queued, progress.search.looked if progress.search else None))
    assert seen == [(0, 10), (0, 20), (5, 30), (12, 37), (12, None)]
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
        assert session.scalar(select(func.count(func.distinct(Delivery.subscriber_id)))) == READERS + LATE
        entries = [(entry.action, entry.details) for entry, _ in list_entries(session, f"issue:{issue_id}")]
    assert sorted(entries, key=str) == [
        ("Had those still missing looked for (at the command line)", {}),
        ("Sent the issue to those still missing", {"people": 5}),
        ("Sent the issue to those still missing", {"people": 7}),
    ]


def test_a_process_that_is_killed_in_a_part_and_an_emptied_broker_cost_nothing(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ask(open_transaction, issue_id)
    tend(services, issue_id, parts=2)

    def fail(*_: object) -> None:
        raise RuntimeError("killed between the copies and their batches")

    with monkeypatch.context() as broken:
        broken.setattr(planning, "make_batches", fail)
        with pytest.raises(RuntimeError):
            tend(services, issue_id)
    assert (look(open_transaction, issue_id).queued, look(open_transaction, issue_id).search) == (0, Search(20, 37))
    published_jobs.jobs.clear()
    with open_transaction() as session:
        nudge_audiences(session)
    assert published_jobs.of(Job.TEND_AUDIENCE) == [(issue_id,)]
    tend(services, issue_id)
    assert look(open_transaction, issue_id).queued == LATE


def test_many_tasks_and_presses_at_once_send_one_copy_to_each(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    ask(open_transaction, issue_id)
    tasks = [threading.Thread(target=tend, args=(services, issue_id)) for _ in range(3)]
    for task in tasks:
        task.start()
    ask(open_transaction, issue_id)
    for task in tasks:
        task.join()
    tend(services, issue_id)
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.queued, progress.search) == (READERS + LATE, LATE, None)


def test_asked_for_again_the_search_begins_anew_for_those_behind_its_place(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        [first] = session.scalars(select(Subscription).order_by(Subscription.id).limit(1))
        skipped = {"state": DeliveryState.SKIPPED, "reason": LEFT}
        session.execute(update(Delivery).where(Delivery.subscription_id == first.id).values(skipped))
        first.state = SubscriptionState.UNSUBSCRIBED
    ask(open_transaction, issue_id)
    tend(services, issue_id, parts=2)
    with open_transaction() as session:
        session.get_one(Subscription, first.id).state = SubscriptionState.ACTIVE
    ask(open_transaction, issue_id)
    assert look(open_transaction, issue_id).search == Search(0, READERS + LATE)
    tend(services, issue_id)
    assert look(open_transaction, issue_id).queued == LATE + 1


def test_who_had_left_and_came_back_is_found_in_their_part(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        first, second = session.scalars(select(Delivery).order_by(Delivery.subscription_id).limit(2))
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_([first.id, second.id]))
            .values(state=DeliveryState.SKIPPED, reason=LEFT)
        )
        session.get_one(Subscription, second.subscription_id).state = SubscriptionState.UNSUBSCRIBED
        came_back, away = first.recipient, second.recipient
    ask(open_transaction, issue_id)
    tend(services, issue_id, parts=1)
    assert states(open_transaction)[came_back] == (DeliveryState.QUEUED, None)
    tend(services, issue_id)
    assert states(open_transaction)[away] == (DeliveryState.SKIPPED, LEFT)
    assert look(open_transaction, issue_id).queued == LATE + 1


def test_case_38_who_shares_a_mailbox_is_skipped_in_the_same_part_before_a_sender_can_take_the_copy(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        for address in ("j.doe@gmail.com", "jd.oe@gmail.com"):
            make_reader(session, session.get_one(Issue, issue_id).newsletter_id, address)
    ask(open_transaction, issue_id)
    tend(services, issue_id, parts=4)
    assert look(open_transaction, issue_id).search == Search(39, 39)  # not done yet
    after = states(open_transaction)
    assert after["j.doe@gmail.com"] == (DeliveryState.QUEUED, None)
    assert after["jd.oe@gmail.com"] == (DeliveryState.SKIPPED, SAME_MAILBOX)


def test_an_issue_that_rests_rests_on_and_one_that_is_cancelled_meanwhile_goes_to_nobody_else(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, issue_id).state = IssueState.SENDING
        pause_issue(session, issue_id)
    ask(open_transaction, issue_id)
    tend(services, issue_id, parts=3)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.PAUSED
        cancel_issue(session, issue_id)
    tend(services, issue_id)
    progress = look(open_transaction, issue_id)
    assert (progress.audience, progress.search) == (30, None)
    with open_transaction() as session:
        assert session.scalars(select(AudiencePlan.issue_id)).all() == []


@pytest.mark.parametrize("is_planned", [True, False])
def test_an_issue_that_missed_its_time_finds_who_joined_meanwhile_after_it_is_resumed(
    services: Services, open_transaction: OpenTransaction, issue_id: int, is_planned: bool
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issue.state, issue.pause_reason = IssueState.PAUSED, MISSED
        if not is_planned:  # its audience is not whole yet: so it is made whole at once
            session.add(AudiencePlan(issue_id=issue_id, expected=30))
    with open_transaction() as session:
        resume_issue(session, issue_id)
    assert look(open_transaction, issue_id).queued == (0 if is_planned else LATE)
    tend(services, issue_id)
    progress = look(open_transaction, issue_id)
    assert (progress.queued, progress.search, progress.expected) == (LATE, None, None)


def test_the_search_of_a_long_list_stops_after_its_slice_and_asks_for_the_next(
    services: Services, open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    ask(open_transaction, issue_id)
    published_jobs.jobs.clear()
    tend_audience(services.factory, issue_id, budget=timedelta())
    assert published_jobs.jobs == [(Job.TEND_AUDIENCE, (issue_id,))]
