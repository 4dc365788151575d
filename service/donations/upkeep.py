"""What gifts need from time to time: lost nudges, letters of notice, expired forms, the nightly comparison.

Owns when; what is done is in the named rooms. Runs every few seconds from beat; harmless when run twice at once.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.clock import now
from service.donations.changes import list_waiting_changes
from service.donations.checkout import expire_attempts
from service.donations.defence import close_if_flooded
from service.donations.readings import forget_readings
from service.donations.reconcile import LOOK_BACK, was_reconciled_since, watch_for_silence
from service.donations.recurring import post_notices
from service.donations.refunds import list_unsent_refunds
from service.inbox.handling import list_due_events
from service.inbox.trimming import trim_payloads
from service.jobs import Job, enqueue
from service.turns import take_turn

MINUTELY, QUARTERLY = timedelta(minutes=1), timedelta(minutes=15)
HOURLY, NIGHTLY = timedelta(hours=1), timedelta(hours=24)
WORTH_WAITING: Final = timedelta(hours=24)  # a donor who was told to try again has done so by then
DAYS: Final = LOOK_BACK // timedelta(days=1)


def tend_gifts(session: Session) -> None:
    """Nudge what waits, and take the turns that are due."""
    for event_row_id in list_due_events(session):
        enqueue(session, Job.HANDLE_EVENT, event_row_id)
    for request_id in list_unsent_refunds(session):
        enqueue(session, Job.SEND_REFUND, request_id)
    close_if_flooded(session)
    if take_turn(session, "gifts: changes that wait", MINUTELY):
        for change_id in list_waiting_changes(session, now() - WORTH_WAITING):
            enqueue(session, Job.CHANGE_RECURRING, change_id)
    if take_turn(session, "gifts: questions to the processor", QUARTERLY):  # a nudge that is lost is due again soon
        enqueue(session, Job.FETCH_EVENTS)
        if not was_reconciled_since(session, now() - NIGHTLY):
            enqueue(session, Job.RECONCILE, DAYS)
    if take_turn(session, "gifts: forms, notices and silence", HOURLY):
        expire_attempts(session)
        post_notices(session, now())
        watch_for_silence(session)
        trim_payloads(session)
        forget_readings(session)
