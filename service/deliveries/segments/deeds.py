"""What people did with issues, as SQL: copies they got, opened and clicked in. Machines' opens and clicks don't count.

Each condition looks from a subscription at its copies: a person's deeds are those with this newsletter.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from service.deliveries.models import Delivery
from service.deliveries.moves import is_in
from service.deliveries.segments.ground import Ground
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.segments.tree import Attended, AttendedIssue, Attention, Got, IssueNumber
from service.tracking.models import Hit, Verdict

# One that is uncertain may have come; whoever asks for those who did not get it must not mail them twice.
_CAME: Final = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


def compile_deed(clause: Attended | AttendedIssue | Got, ground: Ground) -> ColumnElement[bool]:
    """Return the SQL condition that the person behind the subscription did this."""
    match clause:
        case Got():
            return _got(clause, ground)
        case AttendedIssue():
            return _attended_issue(clause, ground)
        case Attended():
            return _attended(clause, ground)


def select_issues(number: IssueNumber, newsletter_id: int) -> Select[int]:
    """Return the query for the ids of a newsletter's issues with this number; of any volume, where none is named.

    Past issues from an archive are none of them: nobody got those from here, and they would take the numbers of ours.
    """
    ours = select(Issue.id).where(Issue.newsletter_id == newsletter_id, Issue.state != IssueState.PAST)
    issues = ours.where(Issue.number == number.number)
    return issues if number.volume is None else issues.where(Issue.volume == number.volume)


def _got(clause: Got, ground: Ground) -> ColumnElement[bool]:
    return _select_copies(ground).where(_is_of(clause.issue, ground), is_in(_CAME)).exists()


def _attended(clause: Attended, ground: Ground) -> ColumnElement[bool]:
    since = ground.begin(clause.since) if clause.since else None
    copies = _select_attended(clause.attention, ground, since)
    if clause.at_least == 1:
        return copies.where(Delivery.subscription_id == Subscription.id).exists()
    many = copies.group_by(Delivery.subscription_id).having(func.count(Hit.issue_id.distinct()) >= clause.at_least)
    counted = many.subquery()
    return exists().where(counted.c.subscription_id == Subscription.id)


def _attended_issue(clause: AttendedIssue, ground: Ground) -> ColumnElement[bool]:
    return _select_attended(clause.attention, ground).where(_is_of(clause.issue, ground)).exists()


def _select_copies(ground: Ground) -> Select[int]:
    # Said of the copies too: to the planner a part of the subscriptions says nothing about what belongs to them.
    copies = select(Delivery.subscription_id)
    return copies if ground.part is None else copies.where(Delivery.subscription_id.between(*ground.part))


def _select_attended(attention: Attention, ground: Ground, since: datetime | None = None) -> Select[int]:
    is_click = Hit.link_number.is_not(None)
    hits = (
        _select_copies(ground)
        .join(Hit, Hit.delivery_id == Delivery.id)
        .where(is_click if attention is Attention.CLICKED else ~is_click)
        .where(Hit.verdict.in_([Verdict.HUMAN, Verdict.UNKNOWN]))
    )
    return hits if since is None else hits.where(Hit.happened_at >= since)


def _is_of(number: IssueNumber, ground: Ground) -> ColumnElement[bool]:
    # By the person, not the subscription: an issue and a person are one entry of an index.
    issues = select_issues(number, ground.newsletter_id)
    return and_(Delivery.issue_id.in_(issues), Delivery.subscriber_id == Subscriber.id)
