"""Readers are found by what staff know of them, a page at a time, by the index where there are many."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from service.subscribers import finding
from service.subscribers.finding import PAGE, Wanted, find_suppressed, list_readers, list_ties
from service.subscribers.models import Subscriber
from service.subscribers.states import SubscriptionState
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_reader, make_readers, stop
from tests.fixtures.services import OpenTransaction

MANY = 100_000


@pytest.fixture
def people(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    """Four readers, the last of them of another newsletter, and not yet."""
    with open_transaction() as session:
        make_reader(session, newsletter_id, "Jane.Reader@example.org", "Jane 100% Reader")
        make_reader(session, newsletter_id, "маша@example.org", "Маша Долгая")
        make_reader(session, newsletter_id, "underscore_name@example.net").state = SubscriptionState.UNSUBSCRIBED
        other = make_newsletter(session, "border-notes")
        make_reader(session, other.id, "zoe@example.com", "Zoë").state = SubscriptionState.PENDING


FOUND = [
    ("", ["zoe", "underscore_name", "маша", "Jane.Reader"]),
    ("jane.reader@EXAMPLE.org", ["Jane.Reader"]),
    ("  jane ", ["Jane.Reader"]),
    ("reader@exam", ["Jane.Reader"]),
    ("example.n", ["underscore_name"]),
    ("ДОЛГ", ["маша"]),
    ("МАША", ["маша"]),
    ("0%", ["Jane.Reader"]),
    ("%", ["Jane.Reader"]),
    ("e_n", ["underscore_name"]),
    ("zoë", ["zoe"]),
    ("jane.reader@example.or", ["Jane.Reader"]),
    ("nobody", []),
    ("ja\x00ne", ["Jane.Reader"]),
]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("part", "names"), FOUND)
def test_a_part_of_an_address_or_a_name_is_enough(
    open_transaction: OpenTransaction, part: str, names: list[str]
) -> None:
    with open_transaction() as session:
        found = list_readers(session, Wanted(part=part))
    assert [reader.address.partition("@")[0] for reader in found.readers] == names
    assert not found.only_beginnings


@pytest.mark.usefixtures("people")
def test_a_newsletter_and_a_state_narrow_the_list(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        gone = list_readers(session, Wanted(newsletter_id=newsletter_id, state=SubscriptionState.UNSUBSCRIBED))
        pending = list_readers(session, Wanted(newsletter_id=newsletter_id, state=SubscriptionState.PENDING))
        anywhere = list_readers(session, Wanted(state=SubscriptionState.PENDING))
    assert [reader.address for reader in gone.readers] == ["underscore_name@example.net"]
    assert pending.readers == []
    assert [reader.address for reader in anywhere.readers] == ["zoe@example.com"]


def test_pages_follow_each_other_by_key_and_nobody_is_on_two(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        make_readers(session, newsletter_id, 2 * PAGE + 1)
        seen: list[int] = []
        before: int | None = None
        for is_last in (False, False, True):
            page = list_readers(session, Wanted(part="reader-"), before)
            assert page.has_more is not is_last
            seen += [reader.id for reader in page.readers]
            before = seen[-1]
    assert len(set(seen)) == len(seen) == 2 * PAGE + 1
    assert seen == sorted(seen, reverse=True)


def test_an_erased_person_is_in_no_list(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        make_reader(session, newsletter_id, "gone@example.org").subscriber.erased_at = func.now()
        session.flush()
        assert list_readers(session, Wanted()).readers == []


def test_where_a_look_inside_takes_too_long_beginnings_are_found(
    open_transaction: OpenTransaction, newsletter_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = func.pg_cancel_backend(func.pg_backend_pid())  # as the limit does it, without waiting for it
    monkeypatch.setattr(finding, "_holds", lambda _: given_up)
    with open_transaction() as session:
        make_reader(session, newsletter_id, "jane@example.org")
        make_reader(session, newsletter_id, "not.jane@example.org")
        found = list_readers(session, Wanted(part="Jane"), patience=timedelta(minutes=1))
    assert ([reader.address for reader in found.readers], found.only_beginnings) == (["jane@example.org"], True)


@pytest.mark.usefixtures("people")
def test_ties_and_suppressions_are_told_for_each_reader(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        readers = list_readers(session, Wanted()).readers
        stopped_id = stop(session, "zoe@example.com").id
        ties = list_ties(session, [reader.id for reader in readers])
        stopped = find_suppressed(session, readers)
    assert stopped_id
    assert [[tie.newsletter_id == newsletter_id for tie in ties[reader.id]] for reader in readers] == [
        [False],
        [True],
        [True],
        [True],
    ]
    assert stopped == {readers[0].id}


@contextmanager
def plans_of(session: Session) -> Iterator[list[str]]:
    """Collect the plan of each statement over readers that runs inside."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM subscribers" in statement and "EXPLAIN" not in statement:
            asked.append((statement, parameters))

    plans: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield plans
    event.remove(connection, "before_cursor_execute", note)
    for statement, parameters in asked:
        plans.append("\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)))


LOOKS: list[tuple[str, Callable[[int], Wanted], int | None]] = [
    ("the first page", lambda _: Wanted(), None),
    ("a page in the middle", lambda _: Wanted(), MANY // 2),
    ("of a newsletter", lambda newsletter: Wanted(newsletter_id=newsletter), None),
    ("who get a newsletter", lambda newsletter: Wanted(newsletter_id=newsletter, state=SubscriptionState.ACTIVE), 900),
    ("a whole address", lambda _: Wanted(part="reader-77@example.org"), None),
]


def test_a_page_of_a_hundred_thousand_readers_is_read_by_an_index(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        session.execute(
            text(
                "insert into subscribers (address, mailed_address, address_key, language) "
                "select a, a, a, 'en' "
                "from (select 'reader-' || n || '@example.org' as a from generate_series(1, :many) n) b"
            ),
            {"many": MANY},
        )
        session.execute(
            text(
                "insert into subscriptions (subscriber_id, newsletter_id, state) select id, :newsletter, "
                "case when id % 10 = 0 then 'unsubscribed' else 'active' end from subscribers"
            ),
            {"newsletter": newsletter_id},
        )
        session.execute(text("analyze subscribers, subscriptions"))
        for name, wanted, before in LOOKS:
            with plans_of(session) as plans:
                assert list_readers(session, wanted(newsletter_id), before).readers, name
            assert len(plans) == 1, name
            assert "Seq Scan on subscribers" not in plans[0], f"{name}:\n{plans[0]}"
        with plans_of(session) as plans:
            begins = finding._begins("reader-77")  # noqa: SLF001 - asked for only when time is up
            session.scalars(select(Subscriber.id).where(begins)).all()
        assert "Seq Scan" not in plans[0]
