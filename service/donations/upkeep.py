"""What gifts need from time to time: lost nudges, letters of notice, expired forms, the nightly comparison.

Owns when; what is done is in the named rooms. Runs every few seconds from beat; harmless when run twice at once.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.clock import now
from service.donations.changes import list_waiting_changes
from service.donations.checkout import expire_attempts, list_open_pages
from service.donations.defence import close_if_flooded, is_closed, is_closed_to_links
from service.donations.readings import forget_readings
from service.donations.reconcile import LOOK_BACK, was_reconciled_since, watch_for_missed_nights, watch_for_silence
from service.donations.recurring import post_notices
from service.donations.refunds import list_unsent_refunds
from service.inbox.handling import take_due_events
from service.inbox.trimming import trim_payloads
from service.jobs import Job, enqueue
from service.organisation.queries import find_organisation
from service.turns import take_turn

CLOSING: Final = timedelta(seconds=10)  # a page is closed in less; the next tick takes what is still open
MINUTELY, QUARTERLY = timedelta(minutes=1), timedelta(minutes=15)
HOURLY, NIGHTLY = timedelta(hours=1), timedelta(hours=24)
WORTH_WAITING: Final = timedelta(hours=24)  # a donor who was told to try again has done so by then
DAYS: Final = LOOK_BACK // timedelta(days=1)


def tend_gifts(session: Session) -> None:
    """Nudge what waits, and take the turns that are due."""
    for event_row_id in take_due_events(session):
        enqueue(session, Job.HANDLE_EVENT, event_row_id)
    if take_turn(session, "gifts: refunds that wait", MINUTELY):
        for request_id in list_unsent_refunds(session):
            enqueue(session, Job.SEND_REFUND, request_id)
    close_if_flooded(session)
    close_open_pages(session)
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
        watch_for_missed_nights(session)
        trim_payloads(session)
        forget_readings(session)


def close_open_pages(session: Session) -> None:
    """Have the pages closed that are open already, while giving is paused or a door has closed itself.

    A page lives for half an hour, and cards can be tried on it all that time. In a flood those stay open whose givers
    still may come: by a mail's link, unless that door is closed too, and donors who are signed in.
    """
    organisation = find_organisation(session)
    is_paused = organisation is not None and organisation.giving_paused_at is not None
    public, links = is_paused or is_closed(session), is_paused or is_closed_to_links(session)
    if (public or links) and take_turn(session, "gifts: pages to close", CLOSING):
        for attempt_id in list_open_pages(session, public=public, links=links, donors=is_paused):
            enqueue(session, Job.CLOSE_PAGE, attempt_id)
