"""Does everybody in the frozen audience have exactly one copy? Owns the alarm that is raised where they do not.

The unique constraint and the state table make the answer yes; the alarm is for the day on which something else wrote.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.deliveries.models import Delivery
from service.issues.models import Issue
from service.issues.states import IssueState

FRESH: Final = timedelta(hours=1)  # finished issues are looked at once more; older ones do not change
_UNDER_WAY: Final = (IssueState.HELD, IssueState.SENDING, IssueState.PAUSED)


def watch_invariant(session: Session) -> None:
    """Raise an alarm for every issue under way whose copies are not as many as its audience. Safe to repeat.

    A copy is in one state, so the states sum to the audience just when the rows do; those are counted in the index.
    """
    copies = select(func.count()).where(Delivery.issue_id == Issue.id).scalar_subquery()
    watched = or_(Issue.state.in_(_UNDER_WAY), Issue.finished_at > func.now() - FRESH)
    wrong = select(Issue, copies).where(watched, Issue.audience != copies)
    for issue, count in session.execute(wrong):
        raise_alarm(
            session,
            f"audience:{issue.id}",
            f"Issue {issue.number} of {issue.newsletter.name} was planned for {issue.audience:,} people, "
            f"but there are {count:,} copies of it. Pause it, and tell whoever runs this service.",
        )
