"""When the alarm of a relay that refuses us is over. Owns what proves it, and that an issue which still rests for it is
not forgotten; ``routes`` and ``breaker`` raise the alarm.

Withdrawn, it can be raised anew, and staff are written to again: an alarm is mailed once.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.alarms.raising import raise_alarm, withdraw_alarm
from service.deliveries.breaker import ADVICE, RELAY_REASONS, say_paused
from service.deliveries.issue_alarms import name_paused_alarm
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.models import Letter
from service.routes.lessons import REFUSED_ALARM

# A route that refused us rests for six minutes at most (``routes.learning.LONGEST_REST``, and a fifth) before it is
# asked again, beside others that take mail: had it refused once more, the alarm would have been raised once more.
ASKED_AGAIN: Final = timedelta(minutes=10)


def withdraw_refusal(session: Session) -> None:
    """Withdraw the alarm once mail has been taken since and no relay refused us for a while.

    What was taken is seen from letters: the alarm's own among them, which waited for the relay. An issue that rests
    for it gets an alarm of its own, which stays until somebody decides: the relay's alarm is about the relay, and a
    letter proves nothing about the issue's own sender. Safe to repeat; costs a look at the alarms while none stands.
    """
    standing = Alarm.last_raised_at < func.now() - ASKED_AGAIN
    last_raised_at = session.scalar(
        select(Alarm.last_raised_at).where(Alarm.key == REFUSED_ALARM, Alarm.settled_at.is_(None), standing)
    )
    if last_raised_at is None:
        return
    was_taken = exists().where(Letter.sent_at > last_raised_at)
    if not session.scalar(select(was_taken)):
        return
    withdraw_alarm(session, REFUSED_ALARM)
    for_it = or_(*(Issue.pause_reason.startswith(words) for words in RELAY_REASONS))
    resting = select(Issue).where(Issue.state == IssueState.PAUSED, for_it).order_by(Issue.id)
    for issue in session.scalars(resting):
        words = say_paused(issue.number, issue.title, issue.pause_reason)
        raise_alarm(session, name_paused_alarm(issue.id), f"{words} The relay takes mail again. {ADVICE}")
