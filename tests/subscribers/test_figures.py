"""How many readers there are, who came and who left: each counted where they belong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.subscribers.figures import count_states, list_months
from service.subscribers.importing.models import Import
from service.subscribers.states import SubscriptionState
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_reader
from tests.fixtures.services import OpenTransaction

NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 3, 15)
S = SubscriptionState


def at(month: int, day: int, hour: int = 12, year: int = 2026) -> datetime:
    """Return a moment in UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.fixture
def ties(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """Ties of every kind; returns the id of another newsletter."""
    kinds = (
        (S.ACTIVE, at(3, 1, 2), None, None),  # still February in New York
        (S.ACTIVE, None, None, 7),  # came by a file that did not say when
        (S.UNSUBSCRIBED, at(1, 5), at(3, 2), None),
        (S.UNSUBSCRIBED, None, at(3, 2), None),  # never confirmed: has not left
        (S.PENDING, None, None, None),
        (S.ACTIVE, at(3, 31, year=2025), None, None),  # before the year
    )
    with open_transaction() as session:
        for number, (state, confirmed_at, ended_at, import_id) in enumerate(kinds):
            tie = make_reader(session, newsletter_id, f"r{number}@example.org")
            tie.state, tie.confirmed_at, tie.ended_at, tie.import_id = state, confirmed_at, ended_at, import_id
            tie.requested_at = at(3, 3)
        other = make_newsletter(session, "border-notes").id
        tie = make_reader(session, other, "elsewhere@example.org")
        tie.confirmed_at = at(3, 4)
        return other


def test_each_tie_is_in_one_state_of_its_newsletter(
    open_transaction: OpenTransaction, newsletter_id: int, ties: int
) -> None:
    with open_transaction() as session:
        counts = count_states(session)
    assert counts == {
        newsletter_id: {S.PENDING: 1, S.ACTIVE: 3, S.UNSUBSCRIBED: 2},
        ties: {S.PENDING: 0, S.ACTIVE: 1, S.UNSUBSCRIBED: 0},
    }


def test_a_year_of_months_says_who_came_and_left_by_the_clocks_of_the_organisation(
    open_transaction: OpenTransaction, newsletter_id: int, ties: int
) -> None:
    with open_transaction() as session:
        months = list_months(session, NEW_YORK, TODAY, newsletter_id)
        everywhere = list_months(session, NEW_YORK, TODAY)
    assert [month.month for month in months] == [
        *(date(2025, month, 1) for month in range(4, 13)),
        *(date(2026, month, 1) for month in (1, 2, 3)),
    ]
    told = {month.month.month: (month.joined, month.left) for month in months if month.joined or month.left}
    assert told == {1: (1, 0), 2: (1, 0), 3: (1, 1)}
    assert everywhere[-1].joined == 2
    assert ties


@pytest.mark.parametrize(
    ("agreed_at", "ended_at", "told"),
    [
        (at(1, 5), at(2, 7), {1: (1, 0), 2: (0, 1)}),  # the file said both
        (None, at(2, 7), {2: (1, 1)}),  # all that is known is that they were there when they left
        (at(1, 5), None, {1: (1, 0)}),
        (None, None, {}),
    ],
)
def test_who_was_brought_in_as_one_who_had_left_did_not_leave_on_the_day_of_the_import(
    open_transaction: OpenTransaction,
    newsletter_id: int,
    agreed_at: datetime | None,
    ended_at: datetime | None,
    told: dict[int, tuple[int, int]],
) -> None:
    ran = at(3, 10, 12), at(3, 10, 13)
    with open_transaction() as session:
        facts = {"filename": "l.csv", "format": "", "size_bytes": 1, "statement": "They asked.", "is_dry_run": False}
        row = Import(newsletter_id=newsletter_id, started_at=ran[0], finished_at=ran[1], **facts)
        session.add(row)
        session.flush()
        tie = make_reader(session, newsletter_id, "gone@example.org")
        tie.state, tie.import_id, tie.confirmed_at = S.UNSUBSCRIBED, row.id, agreed_at
        tie.requested_at, tie.ended_at = agreed_at or ended_at or ran[0], ended_at or ran[0] + timedelta(minutes=30)
        stayed = make_reader(session, newsletter_id, "left.later@example.org")  # came in the same file
        stayed.state, stayed.import_id, stayed.requested_at = S.UNSUBSCRIBED, row.id, ran[0]
        stayed.ended_at = at(3, 12)
    with open_transaction() as session:
        months = list_months(session, NEW_YORK, TODAY, newsletter_id)
    joined, left = told.get(3, (0, 0))
    expected = {**told, 3: (joined + 1, left + 1)}
    assert {each.month.month: (each.joined, each.left) for each in months if each.joined or each.left} == expected
