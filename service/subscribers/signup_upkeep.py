"""What is done about sign-ups from time to time: lost ones are nudged again, old ones deleted, the door is tended."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from service.jobs import Job, enqueue
from service.subscribers.confirmation import CONFIRM_WITHIN
from service.subscribers.defence import tend_door
from service.subscribers.signup_models import SignUp
from service.turns import take_turn

# Rows serve the link of their letter and the count of letters, both for 30 days.
KEPT_FOR: Final = CONFIRM_WITHIN + timedelta(days=1)
LOST_AFTER: Final = timedelta(seconds=15)
# What no worker could handle for so long never will be: it must not stand before others for ever.
GIVEN_UP_AFTER: Final = timedelta(days=1)
MOST_NUDGED: Final = 500  # at one tick
MOST_DELETED: Final = 5_000  # a minute
_TRIM: Final = "old sign-ups"


def tend_sign_ups(session: Session) -> None:
    """Nudge, delete and tend by the rows. For the sweep; safe to repeat and to run twice at once."""
    for sign_up_id in session.scalars(_waiting()):
        enqueue(session, Job.HANDLE_SIGN_UP, sign_up_id)
    tend_door(session)
    if take_turn(session, _TRIM, timedelta(minutes=1)):
        old = select(SignUp.id).where(SignUp.created_at < func.now() - KEPT_FOR).order_by(SignUp.created_at)
        session.execute(delete(SignUp).where(SignUp.id.in_(old.limit(MOST_DELETED))))


def _waiting() -> Select[int]:
    return (
        select(SignUp.id)
        .where(SignUp.outcome.is_(None))
        .where(SignUp.created_at < func.now() - LOST_AFTER, SignUp.created_at > func.now() - GIVEN_UP_AFTER)
        .order_by(SignUp.id)
        .limit(MOST_NUDGED)
    )
