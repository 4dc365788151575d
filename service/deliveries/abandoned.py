"""What a sender that died left in its hands. Owns when a copy is to blame for it, and is set aside after three deaths.

What was claimed has certainly not left, and is queued again. What was on its way is uncertain: nothing sends it again
by itself. A copy under a lease of its own is in the hands of a sender older than batches, and left to it.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from service.deliveries.batches import HeldBatch, lies_in_batch
from service.deliveries.moves import Fenced, deliveries, is_in, match_ours, move, name_ours
from service.deliveries.states import DeliveryEvent, DeliveryState

CRASHES_BEFORE_ASIDE: Final = 3
SET_ASIDE: Final = "set aside: its sender died three times"
UNKNOWN: Final = "its sender died before the relay’s answer was stored"

_left: Final = (
    lies_in_batch(bindparam("issue"), bindparam("first"), bindparam("last")),
    or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < func.now()),
)
_is_claimed: Final = deliveries.c.state == DeliveryState.CLAIMED
_is_undecided: Final = deliveries.c.settled_at.is_(None)  # staff have not said to leave it so
_crashes: Final = deliveries.c.crashes + 1
_is_last_crash: Final = _crashes >= CRASHES_BEFORE_ASIDE

_FIND: Final = select(deliveries.c.id).where(*_left, is_in([DeliveryState.CLAIMED, DeliveryState.SENDING])).limit(1)
_DOUBT: Final = (
    move(DeliveryEvent.LOSE_TRACK)
    .where(*_left)
    .values(reason=UNKNOWN, attempts=deliveries.c.attempts + 1)
    .returning(deliveries.c.id)
)
_FREE: Final = move(DeliveryEvent.RELEASE).where(*_left, _is_claimed)
_BLAME: Final = _FREE.values(crashes=_crashes)
_ASIDE: Final = (
    move(DeliveryEvent.SET_ASIDE).where(*_left, _is_claimed, _is_last_crash).values(crashes=_crashes, reason=SET_ASIDE)
)

_DOUBT_OURS: Final = (
    move(DeliveryEvent.LOSE_TRACK).where(match_ours()).values(reason=UNKNOWN, attempts=deliveries.c.attempts + 1)
)
_BLAME_OURS: Final = move(DeliveryEvent.RELEASE).where(match_ours()).values(crashes=_crashes)
_ASIDE_OURS: Final = (
    move(DeliveryEvent.SET_ASIDE)
    .where(match_ours(), _is_undecided, _is_last_crash)
    .values(crashes=_crashes, reason=SET_ASIDE)
)


def free_copies(session: Session, held: HeldBatch) -> None:
    """Free what the last holder of a batch, who died, still had of it. Costs one look where nothing was left.

    Which copies its sender had touched is not known here. Those that were on their way are; where none was, it died
    over taking the batch, and all that it had claimed are to blame.
    """
    names = {"issue": held.issue_id, "first": held.first_id, "last": held.last_id}
    if session.execute(_FIND, names).first() is None:
        return
    doubted = session.execute(_DOUBT, names).first()
    for statement in (_FREE,) if doubted else (_ASIDE, _BLAME):
        session.execute(statement, names)


def doubt_copies(session: Session, copies: Sequence[Fenced]) -> None:
    """Call copies uncertain that may have left, and whose sender died before it heard of them."""
    if copies:
        session.execute(_DOUBT_OURS, name_ours(copies))


def blame_copies(session: Session, copies: Sequence[Fenced]) -> None:
    """Queue copies again that certainly did not leave, though their sender died over them; the third time set aside."""
    if copies:
        for statement in (_ASIDE_OURS, _BLAME_OURS):
            session.execute(statement, name_ours(copies))
