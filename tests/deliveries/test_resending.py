"""Copies that staff ask for: for those still missing and for people by name, with the old evidence kept."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.deliveries.batches import put_down
from service.deliveries.claiming import give_back
from service.deliveries.control import pause_issue
from service.deliveries.missing import count_missing, send_to_missing
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import get_progress
from service.deliveries.reasons import LEFT, SAME_MAILBOX
from service.deliveries.resending import AGAIN, send_again
from service.deliveries.starting import withdraw_issue
from service.deliveries.states import DeliveryState
from service.errors import Conflict
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.staff.audit import list_entries
from service.staff.models import AuditEntry
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from tests.deliveries.steps import claim, intend_all
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs

READERS = 4
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """An issue that was sent to four readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        finish(session, issue.id)
        return issue.id


def finish(session: Session, issue_id: int) -> None:
    """Let every copy be accepted and the issue be sent."""
    answered = {"fence": 1, "attempts": 1, "reply_code": 250, "reply_text": "2.0.0 Ok"}
    session.execute(update(Delivery).values(state=DeliveryState.SENT, **answered))
    session.execute(update(Batch).values(due_at=None))
    session.execute(update(Issue).where(Issue.id == issue_id).values(state=IssueState.SENT, finished_at=func.now()))


def test_those_who_joined_since_get_the_issue_and_nobody_else_again(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        make_reader(session, session.get_one(Issue, issue_id).newsletter_id, "late@example.org")
        assert count_missing(session, session.get_one(Issue, issue_id)) == 1
        assert send_to_missing(session, issue_id) == 1
    with open_transaction() as session:
        issue, progress = session.get_one(Issue, issue_id), get_progress(session, issue_id)
        assert (issue.state, issue.finished_at) == (IssueState.SENDING, None)
        assert (progress.sent, progress.queued, progress.holds) == (READERS, 1, True)
        assert count_missing(session, issue) == 0
    assert published_jobs.of(Job.SEND_ISSUE)


def test_with_nobody_missing_nothing_changes(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        assert send_to_missing(session, issue_id) == 0
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENT
        assert list_entries(session, f"issue:{issue_id}") == []
    assert published_jobs.jobs == []


@pytest.mark.parametrize(
    ("reason", "state", "gets_it"),
    [
        (LEFT, SubscriptionState.ACTIVE, True),
        (LEFT, SubscriptionState.UNSUBSCRIBED, False),
        (SAME_MAILBOX, SubscriptionState.ACTIVE, False),
    ],
)
def test_case_38_who_left_and_came_back_is_missing_and_gets_one_copy(
    open_transaction: OpenTransaction, issue_id: int, reason: str, state: SubscriptionState, gets_it: bool
) -> None:
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert copy is not None
        copy.state, copy.reason = DeliveryState.SKIPPED, reason
        session.get_one(Subscription, copy.subscription_id).state = state
        assert count_missing(session, session.get_one(Issue, issue_id)) == int(gets_it)
        assert send_to_missing(session, issue_id) == int(gets_it)
    with open_transaction() as session:
        after = session.get_one(Delivery, copy.id)
        assert after.state is (DeliveryState.QUEUED if gets_it else DeliveryState.SKIPPED)
        assert session.scalar(select(func.count()).select_from(Delivery)) == READERS
        assert session.scalars(select(Batch.due_at)).one() is not None or not gets_it


def test_case_38_who_joins_under_another_spelling_of_a_mailbox_that_has_its_copy_gets_no_second_one(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Issue, issue_id).newsletter_id
        for address in ("j.doe@gmail.com", "jd.oe@gmail.com"):
            make_reader(session, newsletter_id, address)
        send_to_missing(session, issue_id)
    with open_transaction() as session:
        finish(session, issue_id)  # staff wanted the second to have a copy even so
        make_reader(session, newsletter_id, "jdoe@googlemail.com")
        make_reader(session, newsletter_id, "late@example.org")
        assert send_to_missing(session, issue_id) == 2
    with open_transaction() as session:
        states = {copy.recipient: copy.state for copy in session.scalars(select(Delivery))}
    assert (states["j.doe@gmail.com"], states["jd.oe@gmail.com"]) == (DeliveryState.SENT, DeliveryState.SENT)
    assert (states["jdoe@googlemail.com"], states["late@example.org"]) == (DeliveryState.SKIPPED, DeliveryState.QUEUED)


@pytest.mark.parametrize(
    ("state", "queued"),
    [
        (DeliveryState.SENT, True),
        (DeliveryState.FAILED, True),
        (DeliveryState.SKIPPED, True),
        (DeliveryState.UNCERTAIN, True),
        (DeliveryState.QUEUED, False),
        (DeliveryState.CLAIMED, False),
        (DeliveryState.SENDING, False),
    ],
)
def test_a_named_person_gets_another_copy_unless_one_is_on_its_way(
    open_transaction: OpenTransaction, issue_id: int, publisher_account: int, state: DeliveryState, queued: bool
) -> None:
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert copy is not None
        copy.state, copy.crashes, copy.reason, copy.settled_at = state, 2, "why", func.now()
    with open_transaction() as session:
        assert send_again(session, issue_id, [copy.id], publisher_account) == int(queued)
        assert send_again(session, issue_id, [copy.id], publisher_account) == 0
    with open_transaction() as session:
        after = session.get_one(Delivery, copy.id)
        entries = list_entries(session, f"issue:{issue_id}")
        if not queued:
            assert (after.state, after.fence, entries) == (state, 1, [])
            return
        assert (after.state, after.fence, after.attempts, after.crashes) == (DeliveryState.QUEUED, 2, 0, 0)
        assert (after.reason, after.settled_at, after.reply_code, after.route) == (None, None, None, None)
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
        assert session.scalars(select(Batch.due_at)).one() is not None
        [(entry, who)] = entries
        [evidence] = entry.details["copies"]
        assert (who, evidence["copy"], evidence["state"]) == ("Pat Publisher", copy.id, state)
        assert (evidence["reply"], evidence["reason"], evidence["attempts"]) == ("250 2.0.0 Ok", "why", 1)
        assert "@" not in str(entry.details)


def test_an_issue_whose_second_copies_never_left_is_still_one_that_has_left(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values(message_id="as-sent@letters.test", first_tried_at=func.now()))
        assert again(session, issue_id) == READERS
        assert set(session.scalars(select(Delivery.reason))) == {AGAIN}
        assert set(session.scalars(select(Delivery.first_tried_at))) == {None}
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        intend_all(session, claims)
        give_back(session, claims)
        put_down(session, held)
        pause_issue(session, issue_id)
    with pytest.raises(Conflict, match="may have left"), open_transaction() as session:
        withdraw_issue(session, issue_id)


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.SENT])
def test_copies_added_to_a_running_issue_do_not_move_its_start_and_those_of_a_finished_one_do(
    open_transaction: OpenTransaction, issue_id: int, state: IssueState, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issue.state, issue.starts_at = state, LONG_AGO
        assert again(session, issue_id) == READERS
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.SENDING
        assert (issue.starts_at == LONG_AGO) is (state is IssueState.SENDING)
    assert published_jobs.of(Job.SEND_ISSUE)


def test_who_may_not_be_mailed_any_more_gets_no_other_copy(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        copy = session.scalars(select(Delivery)).first()
        assert copy is not None
        session.get_one(Subscription, copy.subscription_id).state = SubscriptionState.UNSUBSCRIBED
        assert send_again(session, issue_id, [copy.id]) == 0
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENT


def test_a_copy_of_another_issue_is_not_touched(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        other = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        release_issue(session, other.id, PUBLIC_URL)
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        theirs = list(session.scalars(select(Delivery.id).where(Delivery.issue_id == other.id)))
        assert send_again(session, issue_id, theirs) == 0


def test_many_copies_are_told_of_in_entries_of_five_hundred(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 1001)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        finish(session, issue.id)
    with open_transaction() as session:
        copies = list(session.scalars(select(Delivery.id)))
        assert send_again(session, issue.id, copies) == 1001
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [entry.details["people"] for entry in entries] == [500, 500, 1]
        assert sorted(copy["copy"] for entry in entries for copy in entry.details["copies"]) == sorted(copies)
        assert session.scalar(select(func.count()).where(Batch.due_at.is_(None))) == 0


def again(session: Session, issue_id: int) -> int:
    """Send every copy again."""
    return send_again(session, issue_id, list(session.scalars(select(Delivery.id))))


@pytest.mark.parametrize("state", [IssueState.CANCELLED, IssueState.HELD, IssueState.DRAFT])
@pytest.mark.parametrize("act", [again, send_to_missing])
def test_no_copies_are_added_to_an_issue_that_is_cancelled_or_has_not_begun(
    open_transaction: OpenTransaction, issue_id: int, state: IssueState, act: Callable[[Session, int], int]
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, issue_id).state = state
    with pytest.raises(Conflict, match="can’t go to anybody else now"), open_transaction() as session:
        act(session, issue_id)


def test_copies_that_are_added_to_a_paused_issue_wait_with_it(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issue.state, issue.pause_reason = IssueState.PAUSED, "the relay refuses this mail"
        assert again(session, issue_id) == READERS
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.pause_reason) == (IssueState.PAUSED, "the relay refuses this mail")
    assert published_jobs.jobs == []
