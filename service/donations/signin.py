"""Letting donors in by a mailed link: asking for one, using it once, and the visit it opens. Never a password.

Whether an address is a donor's can't be told from outside: every request does the same work and has the same answer.
A visit lives in the row, so that ending it ends it everywhere; the cookie only names the row.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    ScalarSelect,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.addresses import parse_address
from service.db import Base
from service.donations.models import Donor
from service.mail.models import LetterKind
from service.mail.outbox import post_letter

LINK_LASTS: Final = timedelta(minutes=15)
VISIT_LASTS: Final = timedelta(minutes=60)

# More links than a person needs who looks for the first among the spam, and no flood for whoever is written to.
PER_DONOR: Final = ((timedelta(minutes=15), 3), (timedelta(days=1), 10))
# An office or a school behind one address; beyond, somebody there is trying lists of addresses.
PER_NETWORK: Final = ((timedelta(minutes=15), 20),)
# More than all donors of a small house ask for at the busiest time.
IN_ALL: Final = ((timedelta(minutes=15), 200),)


class DonorSignIn(Base):
    """One link mailed to a donor, and the visit that it opened. The token is made from the id and never stored."""

    __tablename__ = "donor_sign_ins"
    __table_args__ = (
        Index("ix_donor_sign_ins_requested_at", "requested_at"),
        Index("ix_donor_sign_ins_network_requested_at", "network", "requested_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    donor_id: Mapped[int] = mapped_column(ForeignKey("donors.id"), index=True)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    visit_ends_at: Mapped[datetime | None]
    network: Mapped[str] = mapped_column(default="")

    donor: Mapped[Donor] = relationship()


def request_sign_in(session: Session, raw: str, network: str = "") -> None:
    """Post a link to the donor with this address, unless there is none or too many were asked for lately.

    ``network`` is where the request came from, for the limits; empty when that is unknown.

    The caller can't tell which, and neither can a clock: both ways run the same statements and publish a job. The
    letter goes to the address that we know, never to another spelling of it.

    Raises:
        BadInput: when ``raw`` is no address at all.
    """
    address = parse_address(raw)
    # Only the one way writes anything, so neither waits for the disk; a link lost in a crash is asked for again.
    session.execute(text("set local synchronous_commit = off"))
    found = select(Donor.id, Donor.mailed_address).where(Donor.address_key == address.key).with_for_update()
    donor_id, recipient = session.execute(found).one_or_none() or (0, address.mailed)
    sign_in_id = _add_sign_in(session, donor_id, network)
    savepoint = session.begin_nested()
    post_letter(session, LetterKind.DONOR_SIGN_IN, recipient, {"sign_in": sign_in_id or 0})
    if sign_in_id is None:
        savepoint.rollback()
    else:
        savepoint.commit()


def open_visit(session: Session, sign_in_id: int) -> bool:
    """Use a link and begin its visit; False when it was used before, is too old or never was.

    One statement decides, so that of many who press at once exactly one comes in.
    """
    used = (
        update(DonorSignIn)
        .where(DonorSignIn.id == sign_in_id, _is_good())
        .values(used_at=func.now(), visit_ends_at=func.now() + VISIT_LASTS)
        .returning(DonorSignIn.id)
    )
    return session.scalar(used) is not None


def is_good_link(session: Session, sign_in_id: int) -> bool:
    """Return whether a link can still be used. Changes nothing: mail programs look at every link."""
    return session.scalar(select(DonorSignIn.id).where(DonorSignIn.id == sign_in_id, _is_good())) is not None


def find_visitor(session: Session, sign_in_id: int) -> Donor | None:
    """Return the donor whose visit this is, or None when it has ended or never began."""
    open_now = (
        select(Donor).join(DonorSignIn).where(DonorSignIn.id == sign_in_id, DonorSignIn.visit_ends_at > func.now())
    )
    return session.scalar(open_now)


def end_visit(session: Session, sign_in_id: int) -> None:
    """End a visit at once, in every browser that has its cookie. Safe to repeat."""
    open_now = update(DonorSignIn).where(DonorSignIn.id == sign_in_id, DonorSignIn.visit_ends_at > func.now())
    session.execute(open_now.values(visit_ends_at=func.now()))


def _add_sign_in(session: Session, donor_id: int, network: str) -> int | None:
    """Store a link for the donor if there is one and every limit allows it; return its id."""
    groups = (
        (DonorSignIn.donor_id == donor_id, PER_DONOR),
        (DonorSignIn.network == network, PER_NETWORK if network else ()),
        (DonorSignIn.id > 0, IN_ALL),
    )
    limits = [_count(whose, span) < most for whose, spans in groups for span, most in spans]
    allowed = select(Donor.id, func.now() + LINK_LASTS, literal(network)).where(Donor.id == donor_id, *limits)
    added = insert(DonorSignIn).from_select(["donor_id", "expires_at", "network"], allowed)
    return session.scalar(added.returning(DonorSignIn.id))


def _count(whose: ColumnElement[bool], span: timedelta) -> ScalarSelect[int]:
    recent = select(func.count()).select_from(DonorSignIn).where(whose, DonorSignIn.requested_at > func.now() - span)
    return recent.scalar_subquery()


def _is_good() -> ColumnElement[bool]:
    return DonorSignIn.used_at.is_(None) & (DonorSignIn.expires_at > func.now())
