"""The table of states as SQL: every UPDATE of the sender begins here, so none can make a move the table lacks.

Owns also how many copies are named at once, each by its id and the fence of its claim.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol, cast

from sqlalchemy import BigInteger, ColumnElement, Table, TableValuedAlias, Update, and_, func, or_, update

from service.deliveries.arrays import table_of, write_numbers
from service.deliveries.models import Delivery
from service.deliveries.states import MOVES, DeliveryEvent, DeliveryState, queues_again

deliveries: Final = cast("Table", Delivery.__table__)


class Fenced(Protocol):
    """A copy as one sender holds it."""

    @property
    def delivery_id(self) -> int:
        """Its id."""

    @property
    def fence(self) -> int:
        """The fence of its claim."""


@cache
def move(event: DeliveryEvent) -> Update:
    """Return the UPDATE that moves copies by ``event``, from the states where it means something; add whose they are.

    A copy in any other state stays as it is: the event came late or twice. So does one that staff have left, where the
    event would queue it again.
    """
    moved = (
        update(deliveries)
        .where(is_in(list_sources(event)))
        .values(state=find_target(event), lease_until=None, changed_at=func.now())
    )
    return moved.where(deliveries.c.settled_at.is_(None)) if queues_again(event) else moved


def list_sources(event: DeliveryEvent) -> list[DeliveryState]:
    """Return the states in which ``event`` means something."""
    return [state for state, what in MOVES if what is event]


def find_target(event: DeliveryEvent) -> DeliveryState:
    """Return the one state that ``event`` leads to, from wherever it comes."""
    (target,) = {target for (_, what), target in MOVES.items() if what is event}
    return target


def is_in(states: Sequence[DeliveryState]) -> ColumnElement[bool]:
    """Return the SQL condition that a copy is in one of ``states``."""
    return or_(*(deliveries.c.state == state for state in states))  # an IN list would be spelt out at every execution


def match_ours(ours: TableValuedAlias | None = None) -> ColumnElement[bool]:
    """Return the SQL condition that a copy is one of ours, still under the fence of its claim; see ``name_ours``."""
    table = table_of({"ids": BigInteger(), "fences": BigInteger()}) if ours is None else ours
    return and_(deliveries.c.id == table.c.ids, deliveries.c.fence == table.c.fences)


def name_ours(copies: Sequence[Fenced]) -> dict[str, str]:
    """Return the parameters of ``match_ours``."""
    ids, fences = [copy.delivery_id for copy in copies], [copy.fence for copy in copies]
    return {"ids": write_numbers(ids), "fences": write_numbers(fences)}
