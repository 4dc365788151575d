"""The table of states as SQL: every UPDATE of the sender begins here, so none can make a move the table lacks.

Owns also how many copies are named at once, each by its id and the fence of its claim.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Table,
    TableValuedAlias,
    Update,
    and_,
    bindparam,
    func,
    or_,
    update,
)
from sqlalchemy.types import TypeEngine

from service.deliveries.models import Delivery
from service.deliveries.states import MOVES, DeliveryEvent, DeliveryState

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

    A copy in any other state stays as it is: the event came late or twice.
    """
    return (
        update(deliveries)
        .where(is_in(list_sources(event)))
        .values(state=find_target(event), lease_until=None, changed_at=func.now())
    )


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


def table_of(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Return parameters that are arrays, by name and type of one element, as a table beside the one that is updated."""
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="ours")


def match_ours(ours: TableValuedAlias | None = None) -> ColumnElement[bool]:
    """Return the SQL condition that a copy is one of ours, still under the fence of its claim; see ``name_ours``."""
    table = table_of({"ids": BigInteger(), "fences": BigInteger()}) if ours is None else ours
    return and_(deliveries.c.id == table.c.ids, deliveries.c.fence == table.c.fences)


def name_ours(copies: Sequence[Fenced]) -> dict[str, list[int]]:
    """Return the parameters of ``match_ours``."""
    return {"ids": [copy.delivery_id for copy in copies], "fences": [copy.fence for copy in copies]}
