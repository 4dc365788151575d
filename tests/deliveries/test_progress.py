"""The figures of an issue: their form for programs, its pace, and the alarm where they do not add up."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.deliveries.invariant import watch_invariant
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import Progress, get_progress
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

READERS = 100
# The contract of `postrider send status --json`.
FIGURES = [
    *["audience", "queued", "claimed", "sending", "sent", "failed", "skipped", "uncertain"],
    *["per_second", "finishes_at"],
]


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """An issue to a hundred readers, begun long ago, of whose copies forty were accepted."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
    with open_transaction() as session:
        session.execute(update(Issue).values(starts_at=func.now() - timedelta(hours=1)))
        session.execute(update(Delivery).values(changed_at=func.now() - timedelta(hours=1)))
        first = select(Delivery.id).order_by(Delivery.id).limit(40)
        session.execute(
            update(Delivery).where(Delivery.id.in_(first.scalar_subquery())).values(state=DeliveryState.SENT)
        )
        return issue.id


def let_just_be_sent(session: Session) -> None:
    """Let what was sent have been sent two seconds ago, by the clock of this transaction."""
    just_now = func.now() - timedelta(seconds=2)
    session.execute(update(Delivery).where(Delivery.state == DeliveryState.SENT).values(changed_at=just_now))


def look(open_transaction: OpenTransaction, issue_id: int, **facts: object) -> Progress:
    """Return the figures after the issue's row was given ``facts``."""
    with open_transaction() as session:
        let_just_be_sent(session)
        if facts:
            session.execute(update(Issue).where(Issue.id == issue_id).values(**facts))
        return get_progress(session, issue_id)


def test_the_figures_for_programs_are_exactly_the_promised_ones(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    figures = look(open_transaction, issue_id).to_json()
    assert list(figures) == FIGURES
    assert (figures["audience"], figures["queued"], figures["sent"]) == (READERS, 60, 40)
    assert figures["per_second"] == 4.0
    assert isinstance(figures["finishes_at"], str)
    assert "+00:00" in figures["finishes_at"]


def test_the_end_is_foretold_from_the_pace_of_the_last_seconds(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        let_just_be_sent(session)
        progress, present = get_progress(session, issue_id), session.scalars(select(func.now())).one()
    assert progress.finishes_at == present + timedelta(seconds=15)


def test_the_pace_just_after_a_start_is_not_watered_down(open_transaction: OpenTransaction, issue_id: int) -> None:
    started = func.now() - timedelta(seconds=4)
    assert look(open_transaction, issue_id, starts_at=started).per_second == 10.0
    at_once = look(open_transaction, issue_id, starts_at=func.now())
    assert at_once.per_second == 40.0  # never over less than a second


@pytest.mark.parametrize("state", [IssueState.HELD, IssueState.PAUSED, IssueState.SENT, IssueState.CANCELLED])
def test_an_issue_that_waits_or_rests_has_no_pace_and_no_end(
    open_transaction: OpenTransaction, issue_id: int, state: IssueState
) -> None:
    progress = look(open_transaction, issue_id, state=state)
    assert (progress.per_second, progress.finishes_at) == (0.0, None)


def test_a_sending_that_does_not_move_foretells_nothing(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values(changed_at=func.now() - timedelta(minutes=1)))
        progress = get_progress(session, issue_id)
    assert (progress.per_second, progress.finishes_at) == (0.0, None)


def test_a_draft_has_empty_figures(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        draft = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
    figures = look(open_transaction, draft.id).to_json()
    assert set(figures.values()) == {0, None}


@pytest.mark.parametrize(
    ("facts", "alarms"),
    [
        ({}, 0),
        ({"audience": READERS + 1}, 1),
        ({"audience": READERS - 1, "state": IssueState.PAUSED}, 1),
        ({"audience": READERS + 1, "state": IssueState.SENT, "finished_at": func.now()}, 1),
        ({"audience": READERS + 1, "state": IssueState.SENT, "finished_at": func.now() - timedelta(days=1)}, 0),
    ],
)
def test_an_audience_that_is_not_all_there_raises_one_alarm(
    open_transaction: OpenTransaction, issue_id: int, facts: dict[str, object], alarms: int
) -> None:
    look(open_transaction, issue_id, **facts)
    for _ in range(2):
        with open_transaction() as session:
            watch_invariant(session)
    with open_transaction() as session:
        raised = list_standing_alarms(session)
    assert [alarm.key for alarm in raised] == [f"audience:{issue_id}"] * alarms
    assert all("there are 100 copies" in alarm.sentence for alarm in raised)
