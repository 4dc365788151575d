"""Two addresses, one mailbox: whom planning leaves out so that nobody gets an issue twice. Owns that rule as SQL.

Spellings that differ by case or in a domain's form are one subscriber already (``addresses``). Gmail also takes no
notice of dots (https://support.google.com/mail/answer/7436150), so there two subscribers can be one person.
"""

from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select

from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState

_DOTLESS: Final = ("gmail.com", "googlemail.com")


def select_doubled(newsletter_id: int) -> Select[int]:
    """Return the query for the ids of active subscribers whose mailbox an earlier one of them has already."""
    numbered = (
        select(
            Subscriber.id,
            func.row_number().over(partition_by=_local_part(), order_by=Subscriber.id).label("number"),
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == newsletter_id, Subscription.state == SubscriptionState.ACTIVE)
        .where(or_(*(Subscriber.address_key.endswith(f"@{domain}") for domain in _DOTLESS)))
        .subquery()
    )
    return select(numbered.c.id).where(numbered.c.number > 1)


def _local_part() -> ColumnElement[str]:
    return func.replace(func.split_part(Subscriber.address_key, "@", 1), ".", "")
