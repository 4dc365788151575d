"""Whether an issue may ask for gifts here, and for which. Owns that rule; what an ask looks like is ``rendering``'s."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.models import Fund
from service.issues.asking import Asking
from service.organisation.queries import find_organisation
from service.tokens import TokenSigner


def find_asking(session: Session, signer: TokenSigner, public_url: str) -> Asking | None:
    """Return what asks may offer now; None before staff have said who takes gifts and what for, and during a pause."""
    organisation = find_organisation(session)
    if organisation is None or organisation.giving_paused_at is not None:
        return None
    if session.scalar(select(Fund.id).where(Fund.is_open).limit(1)) is None:
        return None
    payable = range(organisation.smallest_minor, organisation.largest_minor + 1)
    suggested = tuple(minor for minor in organisation.suggested_minor if minor in payable)
    return Asking(signer, public_url, suggested, organisation.currency)
