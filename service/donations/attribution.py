"""Which gifts an issue brought, by the item that asked. Owns these figures; changes nothing and tells nobody's name.

A gift belongs to the ask whose link led to it. Its renewals belong there too, but are counted apart: they come month
after month without being asked for again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.donations.gratitude import STANDING
from service.donations.models import Attempt, Donation, RecurringDonation
from service.issues.models import Item
from service.issues.states import ItemKind


@dataclass(frozen=True)
class Brought:
    """Gifts that stand and their sum, net of refunds, in minor units of ``currency``; renewals apart."""

    currency: str
    gifts: int = 0
    minor: int = 0
    renewals: int = 0
    renewals_minor: int = 0

    def __add__(self, other: "Brought") -> "Brought":
        """Return both together; they must be of one currency."""
        return Brought(
            self.currency,
            self.gifts + other.gifts,
            self.minor + other.minor,
            self.renewals + other.renewals,
            self.renewals_minor + other.renewals_minor,
        )


@dataclass(frozen=True)
class ItemGifts:
    """What one item brought. ``kind`` and ``title`` are empty for the block that closes an issue, which is no item."""

    kind: ItemKind | None
    title: str
    brought: Brought


def list_item_gifts(session: Session, issue_id: int) -> list[ItemGifts]:
    """Return what each ask of the issue brought, the most first; nothing for an ask that brought none."""
    first = aliased(Attempt)  # the form with which a recurring gift began, for renewals that came without it
    item_id = case((Donation.issue_id.is_not(None), Donation.item_id), else_=first.item_id)
    net, is_renewal = Donation.amount_minor - Donation.refunded_minor, _is_renewal()
    minor = func.coalesce(func.sum(net).filter(~is_renewal), 0)
    rows = session.execute(
        select(
            Item.kind,
            Item.title,
            Donation.currency,
            func.count().filter(~is_renewal),
            minor,
            func.count().filter(is_renewal),
            func.coalesce(func.sum(net).filter(is_renewal), 0),
        )
        .outerjoin(RecurringDonation, RecurringDonation.id == Donation.recurring_id)
        .outerjoin(first, first.id == RecurringDonation.attempt_id)
        .outerjoin(Item, Item.id == item_id)
        .where(or_(Donation.issue_id == issue_id, and_(Donation.issue_id.is_(None), first.issue_id == issue_id)))
        .where(Donation.state.in_(STANDING))
        .group_by(Item.id, Donation.currency)
        .order_by(minor.desc(), Item.position, Donation.currency)
    )
    return [
        ItemGifts(kind, title or "", Brought(currency, gifts, int(minor), renewals, int(renewals_minor)))
        for kind, title, currency, gifts, minor, renewals, renewals_minor in rows
    ]


def sum_up(items: Iterable[ItemGifts]) -> list[Brought]:
    """Return what all of ``items`` brought together: one sum for each currency, for two can't be added."""
    sums: dict[str, Brought] = {}
    for item in items:
        currency = item.brought.currency
        sums[currency] = sums.get(currency, Brought(currency)) + item.brought
    return list(sums.values())


def _is_renewal() -> ColumnElement[bool]:
    """Return the SQL condition that the arrangement behind a gift had been paid before, whatever became of that."""
    earlier = aliased(Donation)
    return exists().where(
        earlier.recurring_id == Donation.recurring_id,
        or_(
            earlier.paid_at < Donation.paid_at,
            and_(earlier.paid_at == Donation.paid_at, earlier.id < Donation.id),
        ),
    )
