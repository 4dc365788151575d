"""Handing an event over and marking it. Owns how often it is tried and when staff are called; never what it means."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.errors import Conflict, NotFound
from service.inbox.models import EventState, OutsideEvent

LATE = timedelta(seconds=60)  # a nudge that has not come by then is lost
TRIES = 12  # with doubling waits up to an hour: about five hours
AT_ONCE = 500  # events in one look
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)


def find_waiting_event(session: Session, event_row_id: int) -> OutsideEvent | None:
    """Return the event if it still waits, else None."""
    waits = select(OutsideEvent).where(OutsideEvent.id == event_row_id, OutsideEvent.state == EventState.RECEIVED)
    return session.scalar(waits)


def take_due_events(session: Session) -> list[int]:
    """Return the ids of events whose nudge was lost or whose wait is over, oldest first, and let each wait again.

    So that work which is slow is not nudged again and again, whoever asks.
    """
    due = select(OutsideEvent.id).where(
        OutsideEvent.state == EventState.RECEIVED,
        OutsideEvent.next_attempt_at <= func.now(),
        (OutsideEvent.attempts > 0) | (OutsideEvent.received_at < func.now() - LATE),
    )
    oldest = due.order_by(OutsideEvent.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    taken = (
        update(OutsideEvent)
        .where(OutsideEvent.id.in_(oldest))
        .values(next_attempt_at=func.now() + LATE)
        .returning(OutsideEvent.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(taken))


def mark_handled(session: Session, event_row_id: int, state: EventState = EventState.DONE) -> None:
    """Note that nothing is left to do for the event. Safe to repeat."""
    _mark(session, event_row_id, state=state, handled_at=func.now(), problem="")


def mark_tried(session: Session, event_row_id: int, problem: str) -> None:
    """Note a try that did not work: wait and try again, or after ``TRIES`` give it to staff with an alarm."""
    event = session.get_one(OutsideEvent, event_row_id, with_for_update=True)
    if event.state is not EventState.RECEIVED:
        return
    event.attempts += 1
    event.problem = problem[:500]
    wait = min(FIRST_WAIT * 2 ** (event.attempts - 1), LONGEST_WAIT)
    event.next_attempt_at = session.scalars(select(func.now() + wait)).one()
    if event.attempts >= TRIES:
        event.state = EventState.FAILED
        raise_alarm(
            session,
            f"event:{event.id}",
            f"The event {event.event_id} ({event.type}) could not be handled in {TRIES} tries: {event.problem}",
        )


def retry_event(session: Session, event_row_id: int) -> None:
    """Let a failed event wait again, for staff who have mended the cause.

    Raises:
        NotFound: when there is no such event.
        Conflict: when it has not failed: it waits already, or is settled.
    """
    event = session.get(OutsideEvent, event_row_id, with_for_update=True)
    if event is None:
        raise NotFound("There is no such event.")
    if event.state is not EventState.FAILED:
        raise Conflict("Only an event that failed is tried again, and this one has not, or not any more.")
    _mark(session, event_row_id, state=EventState.RECEIVED, attempts=0, next_attempt_at=func.now(), handled_at=None)


def _mark(session: Session, event_row_id: int, **values: object) -> None:
    session.execute(update(OutsideEvent).where(OutsideEvent.id == event_row_id).values(**values))
