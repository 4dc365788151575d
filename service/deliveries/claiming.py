"""Taking copies to send, under a fence, and asking just before they leave. Owns the claim, the intent and giving back.

Every statement is for many copies at once. Never talks to a relay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Interval, Text, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.batches import HeldBatch
from service.deliveries.models import Delivery
from service.deliveries.moves import deliveries, find_target, is_in, list_sources, match_ours, move, name_ours
from service.deliveries.reasons import CANCELLED, LEFT
from service.deliveries.states import DeliveryEvent, DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.eligibility import is_eligible


# Not frozen: that would make it three times as slow to make, and there is one for every mail. Nobody changes it.
@dataclass(slots=True, unsafe_hash=True)
class Claim:
    """One copy in a sender's hands. ``fence`` proves that it still is; ``is_thanked`` chooses the form of its mail."""

    delivery_id: int
    fence: int
    issue_id: int
    subscription_id: int
    recipient: str
    is_thanked: bool
    name: str | None
    attempts: int = 0
    crashes: int = 0


def columns_of_claim() -> tuple[Any, ...]:
    """Return the columns of a delivery that make a ``Claim``, in its order."""
    names = ("id", "fence", "issue_id", "subscription_id", "recipient", "is_thanked", "name", "attempts", "crashes")
    return tuple(deliveries.c[name] for name in names)


_CLAIM: Final = (
    move(DeliveryEvent.CLAIM)
    .where(deliveries.c.issue_id == bindparam("issue"), deliveries.c.next_attempt_at <= func.now())
    .where(deliveries.c.id.between(bindparam("first"), bindparam("last")))
    .values(fence=bindparam("held_fence", type_=BigInteger()))
    .returning(*columns_of_claim())
)

# As the composer writes it. It is written down with the intent, and so is there as evidence whatever happens next.
_MESSAGE_ID: Final = func.concat(
    "issue-", deliveries.c.issue_id, ".copy-", deliveries.c.id, "@", bindparam("host", type_=Text())
)

# The state is asked for as SENDING too: a commit whose answer was lost is repeated, and finds its own work done.
_INTEND: Final = (
    update(deliveries)
    .where(is_in([*list_sources(DeliveryEvent.INTEND), DeliveryState.SENDING]), match_ours())
    .where(is_eligible(Delivery.subscription_id))
    .where(exists().where(Issue.id == bindparam("issue"), Issue.state == IssueState.SENDING))
    .values(state=find_target(DeliveryEvent.INTEND), lease_until=None, changed_at=func.now())
    .values(message_id=_MESSAGE_ID, route=bindparam("by", type_=Text()))
    .returning(deliveries.c.id)
)
_SKIP: Final = move(DeliveryEvent.SKIP).where(match_ours()).values(reason=bindparam("why"))
_SKIP_LEFT: Final = _SKIP.where(~is_eligible(Delivery.subscription_id))
_GIVE_BACK: Final = (
    move(DeliveryEvent.RELEASE)
    .where(match_ours(), deliveries.c.settled_at.is_(None))
    .values(next_attempt_at=func.now() + bindparam("wait", type_=Interval()))
)


def claim_copies(session: Session, held: HeldBatch) -> list[Claim]:
    """Take the waiting copies of a held batch, under its fence; those that a sender died over come last."""
    names = {"issue": held.issue_id, "first": held.first_id, "last": held.last_id, "held_fence": held.fence}
    claims = [Claim(*row) for row in session.execute(_CLAIM, names).all()]
    claims.sort(key=lambda claim: (claim.crashes, claim.delivery_id))
    return claims


def intend(session: Session, claims: Sequence[Claim], *, route: str, message_host: str) -> set[int]:
    """Mark copies of one issue as about to leave; returns the ids of those that may, to be sent after the commit.

    One may leave if it is still ours, the issue still runs and the person may still be mailed. The others are skipped
    with their reason, or given back. ``route`` is the relay that they go to, ``message_host`` the right side of their
    Message-IDs. Safe to repeat: what was intended before is said again.
    """
    if not claims:
        return set()
    names = {"issue": claims[0].issue_id, "by": route, "host": message_host, **name_ours(claims)}
    may_leave = set(session.execute(_INTEND, names).scalars().all())
    if len(may_leave) < len(claims):
        _turn_down(session, [claim for claim in claims if claim.delivery_id not in may_leave])
    return may_leave


def give_back(session: Session, claims: Sequence[Claim], wait: timedelta = timedelta()) -> None:
    """Return copies that certainly did not leave to the queue, to be taken again after ``wait``; it is no attempt."""
    if claims:
        session.execute(_GIVE_BACK, {"wait": wait, **name_ours(claims)})


def _turn_down(session: Session, claims: Sequence[Claim]) -> None:
    state = session.scalar(select(Issue.state).where(Issue.id == claims[0].issue_id))
    if state is IssueState.CANCELLED:
        session.execute(_SKIP, {"why": CANCELLED, **name_ours(claims)})
    elif state is IssueState.SENDING:
        session.execute(_SKIP_LEFT, {"why": LEFT, **name_ours(claims)})
    give_back(session, claims)  # who was skipped, or is somebody else's, stays so
