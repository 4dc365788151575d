"""Who gave, as SQL: gifts that stand, less what was paid back. A giver is known to be a reader by the address alone."""

from sqlalchemy import ColumnElement, exists, func, select

from service.deliveries.segments.ground import Ground
from service.donations.gratitude import STANDING
from service.donations.models import Donation, Donor
from service.money import CURRENCIES
from service.subscribers.models import Subscriber
from service.subscribers.segments.tree import Gave


def compile_gave(clause: Gave, ground: Ground) -> ColumnElement[bool]:
    """Return the SQL condition that the person gave, in the organisation's currency where a sum is named."""
    kept = Donation.amount_minor - Donation.refunded_minor
    gifts = (
        select(Donor.address_key)
        .join(Donation, Donation.donor_id == Donor.id)
        .where(Donation.state.in_(STANDING), Donation.fund_id.is_not(None), kept > 0)
    )
    if clause.since:
        gifts = gifts.where(Donation.paid_at >= ground.begin(clause.since))
    if not clause.at_least:
        return gifts.where(Donor.address_key == Subscriber.address_key).exists()
    minor = clause.at_least * 10 ** _count_places(ground.currency)
    sums = gifts.where(Donation.currency == ground.currency).group_by(Donor.address_key).having(func.sum(kept) >= minor)
    givers = sums.subquery()
    return exists().where(givers.c.address_key == Subscriber.address_key)


def _count_places(currency: str) -> int:
    known = CURRENCIES.get(currency.lower())
    return known.places if known else 2
