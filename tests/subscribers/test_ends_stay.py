"""A subscription names a newsletter and a person who are there, as long as it lives: what keys would promise."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, TextClause, insert, select, text
from sqlalchemy.exc import IntegrityError

from service.addresses import parse_address
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.waiting import wait_for_follower

NOWHERE = 987_654_321  # no newsletter's id, and no person's
ANN = "ann@example.org"
DELETE = text("delete from subscribers where address_key = 'ann@example.org'")
SUBSCRIBE = text(
    "insert into subscriptions (subscriber_id, newsletter_id, state)"
    " select p.id, n.id, 'active' from subscribers p, newsletters n where p.address_key = 'ann@example.org'"
)


@pytest.fixture
def subscriber_id(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """Somebody who reads the newsletter."""
    with open_transaction() as session:
        person = ensure_subscriber(session, parse_address(ANN))
        ensure_subscription(session, person, newsletter_id)
        return person


@pytest.fixture
def stranger_id(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """Somebody who reads nothing yet."""
    del newsletter_id  # made for whoever subscribes them
    with open_transaction() as session:
        return ensure_subscriber(session, parse_address(ANN))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("delete from newsletters", "newsletters stay"),
        ("truncate newsletters cascade", "newsletters stay"),
        ("update newsletters set id = default", "newsletters stay"),
        ("update subscriptions set newsletter_id = newsletter_id + 1", "stays with its newsletter"),
        (
            "insert into subscriptions (subscriber_id, newsletter_id, state)"
            " select subscriber_id, 987654321, 'active' from subscriptions",
            "no newsletter 987654321",
        ),
        ("delete from subscribers", "subscriber .* has subscriptions"),
        ("truncate subscribers cascade", "subscribers stay"),
        ("update subscribers set id = default", "subscribers stay"),
        ("update subscriptions set subscriber_id = subscriber_id + 1", "and its subscriber"),
        (
            "insert into subscriptions (subscriber_id, newsletter_id, state)"
            " select 987654321, newsletter_id, 'active' from subscriptions",
            "no subscriber 987654321",
        ),
    ],
)
@pytest.mark.usefixtures("subscriber_id")
def test_nothing_leaves_a_subscription_without_an_end(
    open_transaction: OpenTransaction, statement: str, sentence: str
) -> None:
    with pytest.raises(IntegrityError, match=sentence), open_transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("end", ["newsletter", "subscriber"])
def test_one_unknown_end_among_many_refuses_all_that_came_with_it(
    open_transaction: OpenTransaction, subscriber_id: int, newsletter_id: int, end: str
) -> None:
    with open_transaction() as session:
        other = make_newsletter(session, slug="other").id
    good = {"subscriber_id": subscriber_id, "newsletter_id": other}
    bad = {"subscriber_id": subscriber_id, "newsletter_id": newsletter_id} | {f"{end}_id": NOWHERE}
    with pytest.raises(IntegrityError, match=f"no {end} {NOWHERE}"), open_transaction() as session:
        session.execute(insert(Subscription).values([good, bad]))
    with open_transaction() as session:
        assert session.scalar(text("select count(*) from subscriptions")) == 1


@pytest.mark.usefixtures("subscriber_id")
def test_a_newsletter_and_a_person_change_everything_but_their_ids(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(text("update newsletters set name = 'Crossings and more'"))
        session.execute(text("update subscribers set name = 'Ann'"))
        session.execute(text("update subscriptions set subscriber_id = subscriber_id, newsletter_id = newsletter_id"))


@pytest.mark.usefixtures("stranger_id")
def test_who_reads_nothing_can_be_deleted(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(DELETE)
    with open_transaction() as session:
        assert session.scalars(select(Subscriber.id)).all() == []


def test_people_of_the_same_transaction_are_not_locked_for_their_subscriptions(
    open_transaction: OpenTransaction, subscriber_id: int
) -> None:
    with open_transaction() as session:
        locked = session.scalar(text("select xmax <> '0' from subscribers where id = :id"), {"id": subscriber_id})
    assert locked is False


def test_a_person_made_within_a_savepoint_can_subscribe(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        with session.begin_nested():
            person = ensure_subscriber(session, parse_address(ANN))
        ensure_subscription(session, person, newsletter_id)


@pytest.fixture
def engine(services: Services) -> Engine:
    """The database, for tests that need several connections."""
    bound: Engine = services.factory.kw["bind"]
    return bound


@pytest.fixture
def two(engine: Engine) -> Iterator[tuple[Connection, Connection]]:
    """Two connections, each with a transaction of its own."""
    with engine.connect() as one, engine.connect() as other:
        yield one, other


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [(SUBSCRIBE, DELETE, "has subscriptions"), (DELETE, SUBSCRIBE, "no subscriber")],
    ids=["subscribed meanwhile", "deleted meanwhile"],
)
@pytest.mark.usefixtures("stranger_id")
def test_who_comes_second_waits_and_is_refused(
    two: tuple[Connection, Connection], first: TextClause, second: TextClause, sentence: str
) -> None:
    one, other = two
    one.execute(first)
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(other.execute, second)
        wait_for_follower(one)
        one.commit()
        with pytest.raises(IntegrityError, match=sentence):
            refused.result()


@pytest.mark.usefixtures("stranger_id")
def test_under_a_snapshot_nobody_is_deleted(engine: Engine) -> None:
    connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with connection, pytest.raises(IntegrityError, match="read committed"):
        connection.execute(DELETE)
