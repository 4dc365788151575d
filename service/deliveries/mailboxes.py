"""Two addresses, one mailbox: whom planning skips so that nobody gets an issue twice. Owns that rule as SQL.

Spellings that differ by case or in a domain's form are one subscriber already (``addresses``). Gmail also takes no
notice of dots (https://support.google.com/mail/answer/7436150), so there two subscribers can be one person.
"""

from typing import Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.reasons import SAME_MAILBOX
from service.deliveries.states import DeliveryState

_DOTLESS: Final = ("gmail.com", "googlemail.com")


def skip_doubled(session: Session, issue_id: int) -> None:
    """Skip those just planned whose mailbox has a copy of the issue already, or gets one by an earlier address.

    One statement of its own over the planned rows: as a part of the plan, a database that has not counted a fresh
    import yet would look through all mailboxes for every reader.
    """
    recipient = func.lower(Delivery.recipient)
    is_new = and_(Delivery.state == DeliveryState.QUEUED, Delivery.fence == 0)
    mailbox = func.replace(func.split_part(recipient, "@", 1), ".", "")
    numbered = (
        select(
            Delivery.id,
            is_new.label("is_new"),
            func.row_number().over(partition_by=mailbox, order_by=(is_new, Delivery.id)).label("number"),
        )
        .where(Delivery.issue_id == issue_id, Delivery.state != DeliveryState.SKIPPED)
        .where(or_(*(recipient.endswith(f"@{domain}") for domain in _DOTLESS)))
        .subquery()
    )
    doubled = select(numbered.c.id).where(numbered.c.is_new, numbered.c.number > 1)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(doubled))
        .values(state=DeliveryState.SKIPPED, reason=SAME_MAILBOX)
        .execution_options(synchronize_session=False)
    )
