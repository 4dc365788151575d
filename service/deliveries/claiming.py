"""Taking copies to send, under a fence, and asking just before they leave. Owns the claim, the intent and giving back.

Every statement is for many copies at once. Never talks to a relay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Double, Text, and_, bindparam, case, exists, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.arrays import table_of, write_numbers
from service.deliveries.batches import HeldBatch, lies_in_batch
from service.deliveries.models import Delivery
from service.deliveries.moves import deliveries, find_target, is_in, list_sources, match_ours, move, name_ours
from service.deliveries.reasons import CANCELLED, LEFT, MOVED, PAUSED, SUPPRESSED
from service.deliveries.states import DeliveryEvent, DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.eligibility import has_address, is_active, is_eligible, is_paused


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
    .where(lies_in_batch(bindparam("issue"), bindparam("first"), bindparam("last")))
    .where(deliveries.c.next_attempt_at <= func.now())
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
    .where(is_eligible(Delivery.subscription_id, Delivery.recipient))
    .where(exists().where(Issue.id == bindparam("issue"), Issue.state == IssueState.SENDING))
    .values(state=find_target(DeliveryEvent.INTEND), lease_until=None, changed_at=func.now())
    .values(message_id=_MESSAGE_ID, route=bindparam("by", type_=Text()))
    .returning(deliveries.c.id)
)
_SKIP: Final = move(DeliveryEvent.SKIP).where(match_ours()).values(reason=bindparam("why"))
_WHY_NOT: Final = case(
    (~is_active(Delivery.subscription_id), LEFT),
    (~has_address(Delivery.subscription_id, Delivery.recipient), MOVED),
    (is_paused(Delivery.subscription_id), PAUSED),
    else_=SUPPRESSED,
)
_SKIP_INELIGIBLE: Final = (
    move(DeliveryEvent.SKIP)
    .where(match_ours(), ~is_eligible(Delivery.subscription_id, Delivery.recipient))
    .values(reason=_WHY_NOT)
)
# No relay has said a word about it, no sender died over it, and staff asked for no second copy.
_was_untouched: Final = and_(
    deliveries.c.attempts == 0,
    deliveries.c.crashes == 0,
    deliveries.c.reply_text.is_(None),
    deliveries.c.reason.is_(None),
)
_returned: Final = table_of({"ids": BigInteger(), "fences": BigInteger(), "waits": Double()})
_GIVE_BACK: Final = (
    move(DeliveryEvent.RELEASE)
    .where(match_ours(_returned))
    .values(next_attempt_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, _returned.c.waits))
    .values({name: case((~_was_untouched, deliveries.c[name])) for name in ("message_id", "route")})
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


def give_back(session: Session, claims: Sequence[Claim], waits: Sequence[float] = ()) -> None:
    """Return copies that certainly did not leave to the queue; it is no attempt.

    Each may be taken again after its own of ``waits``, in seconds; at once, where there are none. What was only
    intended is as untouched as before: by that an issue can still be taken back.
    """
    if claims:
        names = name_ours(claims) | {"waits": write_numbers(waits or [0.0] * len(claims))}
        session.execute(_GIVE_BACK, names)


def _turn_down(session: Session, claims: Sequence[Claim]) -> None:
    state = session.scalar(select(Issue.state).where(Issue.id == claims[0].issue_id))
    if state is IssueState.CANCELLED:
        session.execute(_SKIP, {"why": CANCELLED, **name_ours(claims)})
    elif state is IssueState.SENDING:
        session.execute(_SKIP_INELIGIBLE, name_ours(claims))
    give_back(session, claims)  # who was skipped, or is somebody else's, stays so
