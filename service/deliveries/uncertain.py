"""Copies of which nobody can know whether they arrived. Owns how they are shown, left, and settled by evidence.

They are never sent again by themselves (RFC 1047: after the final dot, a broken line tells nothing).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.deliveries.control import note_step
from service.deliveries.models import Delivery
from service.deliveries.outcomes import ERASED
from service.deliveries.states import DeliveryEvent, DeliveryState, next_state
from service.issues.models import Edition
from service.routes.learning import hide_addresses
from service.staff.audit import note
from service.subscribers.models import Subscriber

PAGE: Final = 50
LONGEST_REPLY: Final = 500
BY_HAND: Final = "Found in the relay’s log."
_MESSAGE_ID: Final = re.compile(r"<?issue-(\d{1,18})\.copy-(\d{1,18})@[^>\s]+>?")


@dataclass(frozen=True)
class Doubt:
    """One uncertain copy with all that is known of it. ``message_id`` is what the relay's log would name it by."""

    delivery: Delivery
    address: str
    message_id: str


def list_uncertain(session: Session, issue_id: int, page: int = 1) -> list[Doubt]:
    """Return a page of 50 uncertain copies: those that wait for a decision first, the oldest first."""
    rows = session.execute(
        select(Delivery, Subscriber.mailed_address, Edition.message_host)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .join(Edition, Edition.issue_id == Delivery.issue_id)
        .where(Delivery.issue_id == issue_id, Delivery.state == DeliveryState.UNCERTAIN)
        .order_by(Delivery.settled_at.nulls_first(), Delivery.changed_at, Delivery.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return [Doubt(row, address, row.message_id or _name(row, host)) for row, address, host in rows]


def list_undecided(session: Session, issue_id: int) -> list[int]:
    """Return the ids of an issue's uncertain copies that wait for a decision."""
    return list(
        session.scalars(
            select(Delivery.id).where(
                Delivery.issue_id == issue_id,
                Delivery.state == DeliveryState.UNCERTAIN,
                Delivery.settled_at.is_(None),
            )
        )
    )


def leave(session: Session, issue_id: int, delivery_ids: Sequence[int], account_id: int | None = None) -> int:
    """Note that staff have seen these uncertain copies and let them be. Returns how many. Safe to repeat."""
    left = (
        update(Delivery)
        .where(Delivery.issue_id == issue_id, Delivery.id.in_(delivery_ids))
        .where(Delivery.state == DeliveryState.UNCERTAIN, Delivery.settled_at.is_(None))
        .values(settled_at=func.now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    copies = list(session.scalars(left))
    if copies:
        note_step(session, account_id, "Left uncertain copies as they are", issue_id, people=len(copies), copies=copies)
    return len(copies)


def accept(session: Session, issue_id: int, delivery_ids: Sequence[int], account_id: int | None = None) -> int:
    """Settle these uncertain copies as accepted: staff found them in the relay's log. Returns how many."""
    uncertain = select(Delivery.id).where(
        Delivery.issue_id == issue_id, Delivery.id.in_(delivery_ids), Delivery.state == DeliveryState.UNCERTAIN
    )
    return sum(
        settle_by_evidence(session, accepted=True, reply=BY_HAND, delivery_id=copy, account_id=account_id)
        for copy in session.scalars(uncertain.order_by(Delivery.id)).all()
    )


def settle_by_evidence(
    session: Session,
    *,
    accepted: bool,
    reply: str,
    message_id: str = "",
    delivery_id: int | None = None,
    account_id: int | None = None,
) -> bool:
    """Let what the relay's log or an event of the provider says decide a copy, named by either id. Returns whether.

    ``reply`` is the evidence in its own words; ``account_id`` is who found it, None where it came by itself. Safe to
    repeat, and harmless when it comes late: a copy that has its answer, or was queued again, keeps it.
    """
    copy = _lock_copy(session, delivery_id if delivery_id is not None else _read_message_id(message_id))
    state = next_state(copy.state, DeliveryEvent.ACCEPT if accepted else DeliveryEvent.REFUSE) if copy else None
    if copy is None or state is None or copy.state is DeliveryState.CLAIMED:  # nothing of a claimed copy has left
        return False
    details = {
        "copy": copy.id,
        "was": copy.state.value,
        "reason": copy.reason,
        "reply": hide_addresses(reply[:LONGEST_REPLY]),
    }
    copy.state, copy.settled_at, copy.changed_at = state, None, func.now()
    copy.reply_text = reply[:LONGEST_REPLY] if copy.recipient != ERASED else None
    copy.lease_until, copy.reply_code = None, None
    copy.reason = None if accepted else "the relay refused it"
    became = "accepted" if accepted else "refused"
    note(session, account_id, f"Settled an uncertain copy: it was {became}", f"issue:{copy.issue_id}", **details)
    return True


def _lock_copy(session: Session, delivery_id: int | None) -> Delivery | None:
    if delivery_id is None:
        return None
    return session.scalar(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update().execution_options(populate_existing=True)
    )


def _name(copy: Delivery, host: str) -> str:
    return f"issue-{copy.issue_id}.copy-{copy.id}@{host}"


def _read_message_id(raw: str) -> int | None:
    parts = _MESSAGE_ID.fullmatch(raw.strip())
    return int(parts[2]) if parts else None
