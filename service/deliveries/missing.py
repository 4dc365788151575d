"""Who has no copy of an issue that has begun, and may get it: who joined since, and who had left and came back.

Owns that a few are sent to at once and that many readers are looked through in the background, a part in each
transaction (see ``audiences``): nobody waits for them in front of a page. Nobody gets a second copy.
"""

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from service.deliveries.control import note_step
from service.deliveries.mailboxes import skip_doubled
from service.deliveries.models import Delivery
from service.deliveries.planning import add_copies, add_missing, are_many, plan_search
from service.deliveries.reasons import RETURNABLE
from service.deliveries.resending import lock_open, queue_again
from service.deliveries.running import set_going
from service.deliveries.segments.choosing import select_chosen
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueEvent
from service.staff.audit import note
from service.subscribers.eligibility import is_eligible
from service.subscribers.models import Subscription


def count_missing(session: Session, issue: Issue) -> int | None:
    """Return how many people ``send_to_missing`` would send the issue to; None where too many readers would be read."""
    if are_many(session, issue):
        return None
    audience = select_chosen(session, issue).subquery()
    without = select(func.count()).where(
        ~exists().where(Delivery.issue_id == issue.id, Delivery.subscriber_id == audience.c.id)
    )
    returned = _select_returned(issue).subquery()
    return (
        session.scalars(without.select_from(audience)).one()
        + session.scalars(select(func.count()).select_from(returned)).one()
    )


def send_to_missing(session: Session, issue_id: int, account_id: int | None = None) -> int | None:
    """Send the issue to everybody who may get it now and has no copy. Returns how many; 0 changes nothing.

    None: its readers are many, and are looked through after the commit; whoever is found gets it then. Safe to repeat:
    then nobody is missing.

    Raises:
        Conflict: when the issue was cancelled, or has not begun.
    """
    issue = lock_open(session, issue_id)
    if plan_search(session, issue):
        note_step(session, account_id, "Had those still missing looked for", issue_id)
        return None
    returned = _return(session, issue, _select_returned(issue))
    added = add_missing(session, issue) + returned
    if added:
        set_going(session, issue, IssueEvent.REOPEN)
        note_step(session, account_id, "Sent the issue to those still missing", issue_id, people=added)
    return added


def send_to_missing_part(session: Session, issue: Issue, part: tuple[int, int]) -> None:
    """Send the locked issue to those who lack it, among the subscriptions with ids from the first to the second."""
    returned = _return(session, issue, _select_returned(issue, part))
    added = add_copies(session, issue, select_chosen(session, issue, part))
    if added:
        skip_doubled(session, issue.id)  # with each part: senders take its copies from the commit on
    if added or returned:
        set_going(session, issue, IssueEvent.REOPEN)
        note(session, None, "Sent the issue to those still missing", f"issue:{issue.id}", people=added + returned)


def _return(session: Session, issue: Issue, copies: Select[int]) -> int:
    ids = session.scalars(copies.order_by(Delivery.id).with_for_update(of=Delivery)).all()
    queue_again(session, issue, ids)
    return len(ids)


def _select_returned(issue: Issue, part: tuple[int, int] | None = None) -> Select[int]:
    """Return the query for the copies of people who might not be mailed when it was their turn, and may be now."""
    copies = (
        select(Delivery.id)
        .where(Delivery.issue_id == issue.id, Delivery.state == DeliveryState.SKIPPED)
        .where(Delivery.reason.in_(RETURNABLE))
        .where(is_eligible(Delivery.subscription_id, Delivery.recipient))
    )
    if part is None:
        return copies
    # By the person, whose copy is found by the issue's own index: no other part's copies are read, nor other issues'.
    return copies.join(Subscription, Subscription.subscriber_id == Delivery.subscriber_id).where(
        Subscription.newsletter_id == issue.newsletter_id, Subscription.id.between(*part)
    )
