"""What a relay's answer changes. Owns retry times, the window, and that a policy refusal blames no person."""

import random
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.claiming import Claim
from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryEvent, DeliveryState, next_state
from service.issues.models import Issue
from service.issues.states import IssueEvent, IssueState
from service.issues.states import next_state as next_issue_state
from service.mail.events import Outcome, OutcomeKind
from service.staff.audit import note

WINDOW = timedelta(hours=72)
FIRST_WAIT = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=4)
LONGEST_REPLY = 500

_EVENTS = {
    OutcomeKind.ACCEPTED: DeliveryEvent.ACCEPT,
    OutcomeKind.DEFERRED: DeliveryEvent.DEFER,
    OutcomeKind.REFUSED: DeliveryEvent.REFUSE,
    OutcomeKind.LOST_TRACK: DeliveryEvent.LOSE_TRACK,
}
_REASONS = {
    DeliveryEvent.REFUSE: "the relay refused it",
    DeliveryEvent.SET_ASIDE: "no relay took it within 72 hours",
    DeliveryEvent.LOSE_TRACK: "the connection ended before the relay's answer",
}


def record_outcome(session: Session, claim: Claim, outcome: Outcome, message_id: str) -> None:
    """Write what happened to one copy. An answer that comes after the fence moved on changes nothing.

    Safe to repeat: the row must still be this claim's and in a state for which the event means something.
    """
    row = session.scalar(
        select(Delivery)
        .where(Delivery.id == claim.delivery_id, Delivery.fence == claim.fence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    event = _event_for(session, row, outcome)
    state = next_state(row.state, event)
    if state is None:
        return
    row.state, row.message_id, row.lease_until = state, message_id, None
    row.reply_code, row.reply_text = outcome.code, outcome.text[:LONGEST_REPLY]
    row.reason = _REASONS.get(event)
    row.attempts += 1
    row.changed_at = func.now()
    if state is DeliveryState.QUEUED:
        row.next_attempt_at = func.now() + wait_after(row.attempts)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts: doubling from 2 minutes to 4 hours, with a fifth of jitter."""
    doubled = min(FIRST_WAIT * (1 << min(attempts - 1, 12)), LONGEST_WAIT)
    return doubled * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, keeps no secret


def _event_for(session: Session, row: Delivery, outcome: Outcome) -> DeliveryEvent:
    if outcome.is_policy:
        _pause_for_policy(session, row.issue_id, outcome)
        return DeliveryEvent.DEFER
    event = _EVENTS[outcome.kind]
    if event is DeliveryEvent.DEFER and _window_closed(session, row.issue_id):
        return DeliveryEvent.SET_ASIDE
    return event


def _window_closed(session: Session, issue_id: int) -> bool:
    released_at = session.scalar(select(Issue.released_at).where(Issue.id == issue_id))
    return released_at is not None and now() - released_at > WINDOW


def _pause_for_policy(session: Session, issue_id: int, outcome: Outcome) -> None:
    paused = session.execute(
        update(Issue)
        .where(Issue.id == issue_id, Issue.state == IssueState.SENDING)
        .values(state=next_issue_state(IssueState.SENDING, IssueEvent.PAUSE))
        .returning(Issue.id)
    ).one_or_none()
    if paused:
        note(session, None, "paused itself: the relay refuses this mail", f"issue:{issue_id}", reply=outcome.text)
