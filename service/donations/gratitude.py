"""Who gave lately, and so is thanked in an issue where others are asked. Owns that rule, as SQL; tells no name."""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, union_all

from service.donations.models import Donation, Donor, RecurringDonation
from service.donations.states import DonationState, RecurringState

# A gift that was returned in whole, or is being contested, is not one to give thanks for.
STANDING: Final = (DonationState.SUCCEEDED, DonationState.PARTIALLY_REFUNDED)


def select_recent_givers(since: datetime) -> Select[str]:
    """Return the query for the address keys, each once, of those whose gift was paid after ``since`` and stands, and
    of those who give regularly at this moment."""
    gave = select(Donation.donor_id).where(Donation.paid_at > since, Donation.state.in_(STANDING))
    gives = select(RecurringDonation.donor_id).where(RecurringDonation.state == RecurringState.ACTIVE)
    return select(Donor.address_key).where(Donor.id.in_(union_all(gave, gives)))
