"""What it costs to plan a large audience and to take it down: rows read in each part, counted by PostgreSQL itself."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from service.db import transaction
from service.deliveries import audiences, planning
from service.deliveries.audiences import clear_audience, do_part, tend_audience
from service.deliveries.missing import send_to_missing
from service.deliveries.models import AudiencePlan, Delivery
from service.deliveries.planning import complete_plan, release_issue
from service.deliveries.queries import get_progress
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.models import Subscriber, Subscription
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

READERS = 6_000
PART = 500
TINY = 10  # so few of so many that no sane plan reads a whole table for them
FEW = 4 * PART  # rows of one table that a part may read: its own, some of them more than once


@pytest.fixture
def issue_id(open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch) -> int:
    """A draft with six thousand readers, who are many and had an earlier issue, in a database that knows its size."""
    monkeypatch.setattr(planning, "AT_ONCE", PART)
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue_id = make_issue(session, newsletter).id
        earlier = make_issue(session, newsletter, number=2)
        earlier.state, earlier.audience = IssueState.SENT, READERS
        session.flush()
        columns = ["issue_id", "subscriber_id", "subscription_id", "recipient", "state"]
        everybody = select(
            literal(earlier.id),
            Subscriber.id,
            Subscription.id,
            Subscriber.mailed_address,
            literal(DeliveryState.SENT.value),
        ).join(Subscription, Subscription.subscriber_id == Subscriber.id)
        session.execute(insert(Delivery).from_select(columns, everybody))
    with open_transaction() as session:
        session.execute(text("analyze subscribers, subscriptions, deliveries"))
    return issue_id


def plan_all(services: Services, open_transaction: OpenTransaction, issue_id: int) -> None:
    """Let the whole audience be planned."""
    with open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
    tend_audience(services.factory, issue_id)
    with open_transaction() as session:
        session.execute(text("analyze deliveries, batches"))


def read_rows(session: Session, act: Callable[[], object]) -> dict[str, int]:
    """Return how many rows of each table ``act`` reads in this transaction, by whatever way."""
    rows = "seq_tup_read + coalesce(idx_tup_fetch, 0)"
    counters = text(f"select relname, {rows} from pg_stat_xact_user_tables")  # noqa: S608 - our own words
    # Not zero: it holds what this connection has not reported of earlier transactions yet.
    before: dict[str, int] = dict(session.execute(counters).all())
    act()
    session.flush()
    return {table: int(count - before[table]) for table, count in session.execute(counters)}


def above(read: dict[str, int], *tables: str) -> dict[str, int]:
    """Return those of which more was read than a part needs."""
    return {table: read[table] for table in tables if read[table] > FEW}


@pytest.mark.parametrize("after", [0, READERS // 2, READERS - PART])
def test_planning_a_part_reads_that_part_and_not_the_rest_of_the_readers(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
        session.execute(update(AudiencePlan).values(after_id=after))
    with open_transaction() as session:
        monkeypatch.setattr(audiences, "PART", PART)
        read = read_rows(session, lambda: do_part(session, issue_id))
        assert session.scalar(select(func.count()).where(Delivery.issue_id == issue_id)) == PART
    assert above(read, "subscriptions", "deliveries") == {}


@pytest.mark.parametrize("after", [0, READERS // 2, READERS - TINY])
def test_looking_for_who_lacks_an_issue_reads_a_part_and_neither_all_readers_nor_all_copies(
    services: Services, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    plan_all(services, open_transaction, issue_id)
    with open_transaction() as session:
        session.execute(update(Issue).values(state=IssueState.SENT))
        session.execute(update(Delivery).values(state=DeliveryState.SENT, fence=1))
    with open_transaction() as session:
        session.execute(text("analyze deliveries"))
        assert send_to_missing(session, issue_id) is None
        session.execute(update(AudiencePlan).values(after_id=after))
    with open_transaction() as session:
        monkeypatch.setattr(audiences, "PART", TINY)
        read = read_rows(session, lambda: do_part(session, issue_id))
    assert above(read, "subscriptions", "deliveries") == {}


def test_taking_down_a_part_reads_that_part_and_not_every_copy_of_every_issue(
    services: Services, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_all(services, open_transaction, issue_id)
    with open_transaction() as session:
        monkeypatch.setattr(audiences, "PART", PART)
        read = read_rows(session, lambda: clear_audience(session, issue_id))
        assert above(read, "deliveries") == {}
        assert session.scalar(select(func.count()).where(Delivery.issue_id == issue_id)) == READERS - PART


def test_two_who_come_to_the_end_of_a_plan_at_once_are_both_done(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    """The second saw the plan before the first's commit, and has the issue's lock after it."""
    with open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
        session.execute(update(AudiencePlan).values(after_id=READERS))
    finished: list[int] = []

    def finish_first(*args: object) -> None:
        if "FOR UPDATE" in str(args[2]) and not finished:
            finished.append(issue_id)
            with transaction(services.factory) as other:
                complete_plan(other, other.get_one(Issue, issue_id))

    engine = services.factory.kw["bind"]
    event.listen(engine, "after_cursor_execute", finish_first)
    tend_audience(services.factory, issue_id)
    event.remove(engine, "after_cursor_execute", finish_first)
    assert finished
    with open_transaction() as session:
        assert session.scalars(select(AudiencePlan.issue_id)).all() == []
        assert get_progress(session, issue_id).holds
