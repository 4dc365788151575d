"""Events from outside: taken in once, tried with growing waits, given to staff, and forgotten after a while."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.errors import Conflict, NotFound
from service.inbox.handling import (
    TRIES,
    find_waiting_event,
    mark_handled,
    mark_tried,
    retry_event,
    take_due_events,
)
from service.inbox.models import EventState, OutsideEvent, Provider
from service.inbox.receiving import receive_event
from service.inbox.trimming import trim_payloads
from service.jobs import Job
from tests.fixtures.services import OpenTransaction, PublishedJobs

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def take_in(session: Session, event_id: str = "evt_1") -> int | None:
    """Take in one event."""
    return receive_event(
        session,
        Provider.STRIPE,
        event_id,
        type="charge.refunded",
        api_version="2026-10-28.endive",
        object_id="ch_1",
        occurred_at=AT,
        payload={"id": event_id, "data": {"object": {"object": "charge", "name": "Grace"}}},
    )


@pytest.fixture
def event_id(open_transaction: OpenTransaction) -> int:
    """An event that waits."""
    with open_transaction() as session:
        row_id = take_in(session)
    assert row_id is not None
    return row_id


def age(session: Session, by: timedelta) -> None:
    """Let time pass for every event."""
    session.execute(
        update(OutsideEvent).values(
            received_at=OutsideEvent.received_at - by, next_attempt_at=OutsideEvent.next_attempt_at - by
        )
    )


def test_an_event_is_one_row_and_one_nudge_however_often_it_is_told(
    open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        row_id = take_in(session)
    with open_transaction() as session:
        assert take_in(session) is None
    assert published_jobs.of(Job.HANDLE_EVENT) == [(row_id,)]


def test_a_nudge_that_was_lost_is_noticed_after_a_minute(open_transaction: OpenTransaction, event_id: int) -> None:
    with open_transaction() as session:
        assert take_due_events(session) == []
        age(session, timedelta(seconds=61))
        assert take_due_events(session) == [event_id]
        mark_handled(session, event_id)
        assert take_due_events(session) == []
        assert find_waiting_event(session, event_id) is None


def test_tries_wait_longer_and_longer_and_then_call_staff_once(
    open_transaction: OpenTransaction, event_id: int
) -> None:
    waits = []
    for _ in range(TRIES):
        with open_transaction() as session:
            mark_tried(session, event_id, "The processor does not answer.")
            waits.append(session.scalar(select(OutsideEvent.next_attempt_at - func.now())))
    seconds = [wait.total_seconds() for wait in waits if wait is not None]
    assert seconds == [min(5 * 2**count, 3600) for count in range(TRIES)]
    with open_transaction() as session:
        event = session.get_one(OutsideEvent, event_id)
        assert (event.state, event.attempts) == (EventState.FAILED, TRIES)
        mark_tried(session, event_id, "again")
        (alarm,) = session.scalars(select(Alarm))
        assert "charge.refunded" in alarm.sentence
        assert "does not answer" in alarm.sentence


def test_staff_may_let_a_failed_event_wait_again(open_transaction: OpenTransaction, event_id: int) -> None:
    with open_transaction() as session:
        session.execute(update(OutsideEvent).values(state=EventState.FAILED, attempts=TRIES))
        retry_event(session, event_id)
        age(session, timedelta(seconds=61))
        assert take_due_events(session) == [event_id]


@pytest.mark.parametrize("state", sorted(set(EventState) - {EventState.FAILED}))
def test_an_event_that_has_not_failed_is_not_begun_anew(
    open_transaction: OpenTransaction, event_id: int, state: EventState
) -> None:
    with open_transaction() as session:
        session.execute(update(OutsideEvent).values(state=state, attempts=3))
        with pytest.raises(Conflict, match="Only an event that failed"):
            retry_event(session, event_id)
        with pytest.raises(NotFound):
            retry_event(session, event_id + 99)
        event = session.get_one(OutsideEvent, event_id)
        assert (event.state, event.attempts) == (state, 3)


def test_payloads_are_forgotten_but_an_event_is_never_taken_in_again(
    open_transaction: OpenTransaction, event_id: int
) -> None:
    with open_transaction() as session:
        age(session, timedelta(days=91))
        assert trim_payloads(session) == 0  # it still waits
        mark_handled(session, event_id)
        assert trim_payloads(session) == 1
        assert trim_payloads(session) == 0
    with open_transaction() as session:
        assert take_in(session) is None
        assert session.get_one(OutsideEvent, event_id).payload == {}
