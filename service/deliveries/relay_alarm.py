"""When the alarm of a relay that refuses us is over. Owns what proves it; ``routes`` and ``breaker`` raise the alarm.

Withdrawn, it can be raised anew, and staff are written to again: an alarm is mailed once.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.alarms.raising import withdraw_alarm
from service.deliveries.breaker import RELAY_REASONS
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.models import Letter
from service.routes.lessons import REFUSED_ALARM

# A route that refused us rests for six minutes at most (``routes.learning.LONGEST_REST``, and a fifth) before it is
# asked again, beside others that take mail: had it refused once more, the alarm would have been raised once more.
ASKED_AGAIN: Final = timedelta(minutes=10)


def withdraw_refusal(session: Session) -> None:
    """Withdraw the alarm once mail has been taken since, no relay refused us for a while, and no issue rests for it.

    What was taken is seen from letters: the alarm's own among them, which waited for the relay. Safe to repeat; costs a
    look at the alarms while none stands.
    """
    standing = Alarm.last_raised_at < func.now() - ASKED_AGAIN
    last_raised_at = session.scalar(
        select(Alarm.last_raised_at).where(Alarm.key == REFUSED_ALARM, Alarm.settled_at.is_(None), standing)
    )
    if last_raised_at is None:
        return
    was_taken = exists().where(Letter.sent_at > last_raised_at)
    for_it = or_(*(Issue.pause_reason.startswith(words) for words in RELAY_REASONS))
    rests = exists().where(Issue.state == IssueState.PAUSED, for_it)
    if session.scalar(select(was_taken & ~rests)):
        withdraw_alarm(session, REFUSED_ALARM)
