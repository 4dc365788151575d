"""Work that was lost is found again from the rows. Owns expired leases, finished issues and lost nudges.

Runs every few seconds from beat; harmless when run twice at once.
"""

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.letters import list_due_letters
from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, enqueue

CRASHES_BEFORE_ASIDE = 3
_OPEN = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING)


def sweep(session: Session) -> None:
    """Free what dead senders held, finish what is done, and nudge what waits."""
    free_expired_claims(session)
    doubt_expired_sendings(session)
    finish_issues(session)
    nudge(session)


def free_expired_claims(session: Session) -> None:
    """Give copies back whose sender died before the intent; after three deaths set the copy aside and show it."""
    deadly = Delivery.crashes + 1 >= CRASHES_BEFORE_ASIDE
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.CLAIMED, Delivery.lease_until < func.now())
        .values(
            state=case((deadly, DeliveryState.FAILED), else_=DeliveryState.QUEUED),
            reason=case((deadly, "set aside: its sender died three times"), else_=Delivery.reason),
            crashes=Delivery.crashes + 1,
            lease_until=None,
            changed_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )


def doubt_expired_sendings(session: Session) -> None:
    """Call copies uncertain whose sender died between the intent and the answer. Nothing resends them by itself."""
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < func.now())
        .values(
            state=DeliveryState.UNCERTAIN,
            reason="its sender died before the relay's answer was stored",
            lease_until=None,
            changed_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )


def finish_issues(session: Session) -> None:
    """Call a running issue sent once no copy of it is open."""
    still_open = exists().where(Delivery.issue_id == Issue.id, Delivery.state.in_(_OPEN))
    session.execute(
        update(Issue)
        .where(Issue.state == IssueState.SENDING, ~still_open)
        .values(state=IssueState.SENT, finished_at=func.now())
        .execution_options(synchronize_session=False)
    )


def nudge(session: Session) -> None:
    """Publish again, after the commit, what waits for a worker: the broker may have lost it."""
    due = exists().where(
        Delivery.issue_id == Issue.id,
        Delivery.state == DeliveryState.QUEUED,
        Delivery.next_attempt_at <= func.now(),
    )
    for issue_id in session.scalars(select(Issue.id).where(Issue.state == IssueState.SENDING, due)):
        enqueue(session, Job.SEND_ISSUE, issue_id)
    for letter_id in list_due_letters(session):
        enqueue(session, Job.DELIVER_LETTER, letter_id)
