"""Who wants an issue now, among those who may be mailed: some asked for fewer. Owns how far apart their issues are.

It is asked when an audience is planned, and not again before a mail leaves: a copy that is planned is wanted.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_

from service.deliveries.models import Delivery
from service.deliveries.moves import is_in
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import MailFrequency

# A few days less than the word says, since issues do not come out to the day.
APART: Final = {MailFrequency.MONTHLY: timedelta(days=26), MailFrequency.QUARTERLY: timedelta(days=84)}
# Those that came, or will as far as is known. One that was withdrawn, failed or was skipped costs nobody their month.
_COMES: Final = [state for state in DeliveryState if state not in {DeliveryState.FAILED, DeliveryState.SKIPPED}]


def select_wanting(issue: Issue) -> Select[int, int, str]:
    """Return the query for (subscriber id, subscription id, mailed address) of everyone who is to get ``issue`` now."""
    return select_audience(issue.newsletter_id).where(~_has_had_enough(issue))


def _has_had_enough(issue: Issue) -> ColumnElement[bool]:
    """Return the SQL condition that a subscriber had another issue too lately for the frequency they chose."""
    return or_(
        *(and_(Subscription.frequency == frequency, _came_within(apart, issue)) for frequency, apart in APART.items())
    )


def _came_within(apart: timedelta, issue: Issue) -> ColumnElement[bool]:
    return exists().where(
        Issue.newsletter_id == issue.newsletter_id,
        Issue.id != issue.id,
        func.coalesce(Issue.starts_at, Issue.released_at) > func.now() - apart,  # one that is still to start, too
        Delivery.issue_id == Issue.id,
        Delivery.subscriber_id == Subscriber.id,
        is_in(_COMES),
    )
