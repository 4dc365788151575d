"""Who gave: one donor for one address. Owns how a donor comes to be; never merges two (staff do)."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.addresses import Address, parse_address
from service.donations.models import Attempt, Donor
from service.errors import BadInput


def find_donor(session: Session, address_key: str) -> Donor | None:
    """Return the donor with this address, or None."""
    return session.scalar(select(Donor).where(Donor.address_key == address_key))


def ensure_donor(
    session: Session, attempt: Attempt | None, address: str | None, name: str | None, customer_id: str | None
) -> Donor | None:
    """Return the donor of a payment, made if need be; None when nobody left an address that can be mailed.

    The form that we stored comes before what was typed at the processor. Safe to repeat and to race: the address is
    unique, and what is filled in once is not replaced.
    """
    if attempt is not None:
        parsed = Address(attempt.mailed_address, attempt.mailed_address, attempt.address_key)
    else:
        known = _parse(address)
        if known is None:
            return None
        parsed = known
    typed_name = (attempt.donor_name if attempt else "") or name or ""
    row = insert(Donor).values(
        address_key=parsed.key,
        mailed_address=parsed.mailed,
        name=typed_name[:200],
        language=attempt.language if attempt else "en",
    )
    session.execute(row.on_conflict_do_nothing(index_elements=[Donor.address_key]))
    donor = session.scalars(select(Donor).where(Donor.address_key == parsed.key).with_for_update(key_share=True)).one()
    donor.name = donor.name or typed_name[:200]
    if customer_id and donor.customer_id is None and not _is_taken(session, customer_id):
        donor.customer_id = customer_id
    return donor


def _parse(address: str | None) -> Address | None:
    try:
        return parse_address(address or "")
    except BadInput:
        return None


def _is_taken(session: Session, customer_id: str) -> bool:
    return session.scalar(select(Donor.id).where(Donor.customer_id == customer_id)) is not None
