"""What a giver got in return: its name and good-faith value. Owns the rule; the receipt follows as a new version."""

from typing import Final

from sqlalchemy.orm import Session

from service.donations.giftfacts import update_receipt
from service.donations.models import Donation
from service.errors import BadInput, NotFound

LONGEST_BENEFIT: Final = 300


def check_benefit(value_minor: int, benefit: str) -> str:
    """Return the benefit's name in one line. Raises BadInput when name and value do not go together."""
    name = " ".join(benefit.split())
    if value_minor < 0:
        raise BadInput("The value of what was given in return can’t be below zero.")
    if value_minor and not name:
        raise BadInput("Please say what was given in return; the receipt must describe it.")
    if name and not value_minor:
        raise BadInput(
            "Please estimate what it is worth, for the receipt must say so. For a mere token leave both empty."
        )
    if len(name) > LONGEST_BENEFIT:
        raise BadInput(f"At most {LONGEST_BENEFIT} characters fit on the receipt.")
    return name


def set_benefit(session: Session, donation_id: int, value_minor: int, benefit: str) -> Donation:
    """Set what a giver got in return; a new version of the receipt follows. Safe to repeat.

    Raises:
        NotFound: when there is no such gift.
        BadInput: when name and value do not go together.
    """
    name = check_benefit(value_minor, benefit)
    donation = session.get(Donation, donation_id, with_for_update={"key_share": True})
    if donation is None:
        raise NotFound("There is no such gift.")
    donation.fair_market_value_minor, donation.benefit = value_minor, name
    session.flush()
    update_receipt(session, donation)
    return donation
