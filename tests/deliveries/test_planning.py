"""Release: what is sealed, who is in the audience, once, and when it starts."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from service.db import transaction
from service.deliveries import planning
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.reasons import SAME_MAILBOX
from service.deliveries.states import DeliveryState
from service.errors import BadInput, Conflict
from service.issues.editing import change_item
from service.issues.models import Edition, Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers, request_subscription
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.waiting import wait_for_follower

HOLD = timedelta(minutes=2)
READERS = 12
AT_ONCE = 8


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A draft with twelve readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        return make_issue(session, newsletter).id


def release(open_transaction: OpenTransaction, issue_id: int, **when: object) -> int:
    """Release the issue in a transaction of its own."""
    with open_transaction() as session:
        return release_issue(session, issue_id, PUBLIC_URL, **when)  # type: ignore[arg-type]  # hold or starts_at


def test_without_a_hold_an_issue_starts_at_once(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    assert release(open_transaction, issue_id) == READERS
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.audience) == (IssueState.SENDING, READERS)
        assert issue.starts_at == issue.released_at
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}


def test_a_held_issue_is_sealed_and_planned_but_wakes_nobody(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    assert release(open_transaction, issue_id, hold=HOLD) == READERS
    with open_transaction() as session:
        issue, edition = session.get_one(Issue, issue_id), session.get_one(Edition, issue_id)
        assert issue.released_at is not None
        assert issue.state is IssueState.HELD
        assert issue.starts_at == issue.released_at + HOLD
        assert edition.dated_at == issue.starts_at
        assert edition.message_host == "letters.test"
        assert session.scalar(select(func.sum(Batch.size))) == READERS
    assert published_jobs.of(Job.SEND_ISSUE) == []


def test_a_scheduled_issue_is_dated_with_its_start(open_transaction: OpenTransaction, issue_id: int) -> None:
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    release(open_transaction, issue_id, hold=HOLD, starts_at=starts_at)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert (issue.state, issue.starts_at) == (IssueState.HELD, starts_at)
        assert session.get_one(Edition, issue_id).dated_at == starts_at


def test_a_start_in_the_past_is_refused_and_nothing_is_sealed(open_transaction: OpenTransaction, issue_id: int) -> None:
    with pytest.raises(BadInput, match="passed already"):
        release(open_transaction, issue_id, starts_at=datetime.now(UTC) - timedelta(minutes=1))
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT
        assert session.get(Edition, issue_id) is None


def test_names_and_addresses_are_frozen_with_the_audience(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Issue, issue_id).newsletter_id
        subscription = make_reader(session, newsletter_id, "jane@example.org", "Jane Ожегова 耐心")
    release(open_transaction, issue_id)
    with open_transaction() as session:
        session.get_one(Subscription, subscription.id).subscriber.name = "Janet"
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).where(Delivery.recipient == "jane@example.org")).one()
        assert copy.name == "Jane Ожегова 耐心"


def test_only_active_readers_are_in_the_audience(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Issue, issue_id).newsletter_id
        for number, state in enumerate(SubscriptionState):
            make_reader(session, newsletter_id, f"one-{number}@example.org").state = state
    assert release(open_transaction, issue_id) == READERS + 1


def test_an_issue_for_nobody_is_refused(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
    with pytest.raises(Conflict, match="Nobody would get this issue"):
        release(open_transaction, issue_id)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT


@pytest.mark.parametrize("at_once", [READERS, 1])
def test_an_issue_whose_every_reader_rests_is_for_nobody_whatever_their_number(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(planning, "AT_ONCE", at_once)
    with open_transaction() as session:
        session.execute(update(Subscription).values(paused_until=func.now() + timedelta(days=1)))
    with pytest.raises(Conflict, match="Nobody would get this issue"):
        release(open_transaction, issue_id)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT


@pytest.mark.parametrize("hold", [timedelta(), HOLD])
def test_case_34_an_edit_of_a_released_issue_is_refused_and_everyone_gets_one_content(
    open_transaction: OpenTransaction, issue_id: int, hold: timedelta
) -> None:
    release(open_transaction, issue_id, hold=hold)
    with open_transaction() as session:
        item = session.get_one(Issue, issue_id).items[1]
        sealed = session.get_one(Edition, issue_id).content_hash
        revision = item.revision
    with pytest.raises(Conflict, match="sealed and can't be changed"), open_transaction() as session:
        change_item(
            session, item.id, revision, kind=item.kind, title="Other", byline=[], language="en", markdown="Other"
        )
    with open_transaction() as session:
        assert session.get_one(Edition, issue_id).content_hash == sealed
        assert session.scalar(select(func.count()).select_from(Edition)) == 1


def test_case_35_an_issue_that_many_release_at_once_is_released_once(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    """Two staff, a double click, a program: whoever comes second finds it released."""
    refused: list[str] = []
    ready = threading.Barrier(AT_ONCE)

    def release_too() -> None:
        ready.wait()
        try:
            with transaction(services.factory) as session:
                release_issue(session, issue_id, PUBLIC_URL, hold=HOLD)
        except Conflict as problem:
            refused.append(problem.message)

    _run_at_once(release_too)
    assert len(refused) == AT_ONCE - 1
    assert set(refused) == {"This issue has been released; what was sent is sealed and can't be changed."}
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == READERS
        assert session.scalar(select(func.count(func.distinct(Delivery.subscriber_id)))) == READERS
        assert session.scalar(select(func.sum(Batch.size))) == READERS


def _run_at_once(act: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_who_is_deleted_while_an_issue_is_released_is_not_in_its_audience(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    """As whoever an import brought is, when it is undone at that moment."""
    with ThreadPoolExecutor(1) as desk, services.factory() as undoing:
        somebody = select(Subscription.id).order_by(Subscription.id).limit(1)
        undoing.execute(delete(Subscription).where(Subscription.id == somebody.scalar_subquery()))
        released = desk.submit(release, open_transaction, issue_id)
        wait_for_follower(undoing)
        undoing.commit()
        assert released.result() == READERS - 1


@pytest.mark.parametrize(
    ("addresses", "mailed"),
    [
        (["jane@example.org", "JANE@Example.ORG", "Jane@EXAMPLE.org"], ["jane@example.org"]),
        (["jane@bücher.example", "jane@xn--bcher-kva.example", "JANE@BÜCHER.example"], ["jane@xn--bcher-kva.example"]),
        (["jane@ｅxample.org", "jane@example.org"], ["jane@example.org"]),
        (["jane.doe@gmail.com", "janedoe@gmail.com", "J.a.n.e.Doe@GMail.com"], ["jane.doe@gmail.com"]),
        (["jane.doe@googlemail.com", "janedoe@gmail.com"], ["jane.doe@googlemail.com"]),
        (["jane.doe@example.org", "janedoe@example.org"], ["jane.doe@example.org", "janedoe@example.org"]),
        (["jane+one@gmail.com", "jane+two@gmail.com"], ["jane+one@gmail.com", "jane+two@gmail.com"]),
    ],
)
def test_case_38_one_mailbox_gets_one_copy_however_it_is_spelt(
    open_transaction: OpenTransaction, addresses: list[str], mailed: list[str]
) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        for address in addresses:
            _sign_up(session, newsletter.id, address)
        issue_id = make_issue(session, newsletter).id
    audience = release(open_transaction, issue_id)
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        assert [copy.recipient for copy in copies if copy.state is DeliveryState.QUEUED] == mailed
        assert len(copies) == audience
        assert {copy.reason for copy in copies if copy.state is DeliveryState.SKIPPED} <= {SAME_MAILBOX}


def _sign_up(session: Session, newsletter_id: int, address: str) -> None:
    request_subscription(session, newsletter_id, address, wording="Send me the newsletter")
    session.flush()
    for subscription in session.scalars(select(Subscription)):
        subscription.state = SubscriptionState.ACTIVE
