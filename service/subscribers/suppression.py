"""Addresses that must not be mailed: the only writer of that fact. Knows no state of any subscription.

Signing up, importing and every other door change subscriptions; none of them changes this. It ends by staff, with a
reason, or by a confirmation that the person gave afterwards. The database itself refuses any other change. Of somebody
who was erased only a hash is kept, under a salt of this house: whoever holds the database can still try addresses.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.errors import BadInput, Conflict, NotFound
from service.subscribers.suppression_models import LiftedBy, Suppression, SuppressionReason, SuppressionSalt

LONGEST_NOTE: Final = 500  # characters

_ONLY_THE_PERSON: Final = {
    SuppressionReason.COMPLAINT: (
        "This person complained to their mail provider. Only they can undo that, by signing up afresh."
    ),
    SuppressionReason.ERASED: "This person asked to be forgotten. Only they can come back, by signing up afresh.",
}
_stands = Suppression.lifted_at.is_(None)


def is_suppressed(address_key: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return the SQL condition that the address behind ``address_key`` must not be mailed."""
    return exists().where(Suppression.address_key == address_key, _stands)


def suppress(
    session: Session,
    address_key: str,
    reason: SuppressionReason,
    *,
    note: str = "",
    account_id: int | None = None,
) -> bool:
    """Stop all newsletters to an address. Returns whether it was new. Safe to repeat: one stands for each address."""
    recognise(session, address_key)
    statement = insert(Suppression).values(address_key=address_key, reason=reason, note=note, account_id=account_id)
    once = statement.on_conflict_do_nothing(
        index_elements=[Suppression.address_key],
        index_where=Suppression.lifted_at.is_(None) & Suppression.address_key.is_not(None),
    )
    return session.execute(once.returning(Suppression.id)).one_or_none() is not None


def suppress_by_staff(
    session: Session, address_key: str, reason: SuppressionReason, *, note: str, account_id: int
) -> int:
    """Stop all newsletters to an address on the word of staff, for a reason that is kept; returns its id.

    Raises:
        BadInput: without a reason.
        Conflict: when it is stopped already, if only by its hash: an erased person's address is not written down again.
    """
    words = _tidy(note)
    if not words:
        raise BadInput("Say why this address must not be mailed; the reason is kept.")
    if find_standing(session, address_key) or not suppress(
        session, address_key, reason, note=words, account_id=account_id
    ):
        raise Conflict("It is noted already that this address must not be mailed.")
    standing = select(Suppression.id).where(Suppression.address_key == address_key, _stands)
    return session.execute(standing).scalar_one()


def forget_address(session: Session, address_key: str) -> None:
    """Keep of an erased person's suppression only the hash of the address; one is made if there was none."""
    suppress(session, address_key, SuppressionReason.ERASED)
    hashed = {"address_hash": fingerprint(session, address_key), "address_key": None, "note": "", "lift_note": ""}
    session.execute(update(Suppression).where(Suppression.address_key == address_key).values(hashed))


def recognise(session: Session, address_key: str) -> None:
    """Give an erased person's suppression its address back, since the person wrote to us again.

    Call it before any row of the person is used: by its hash alone, no one is kept from being mailed.
    """
    if session.scalar(select(exists().where(Suppression.address_key.is_(None), _stands))):
        session.execute(
            update(Suppression)
            .where(Suppression.address_hash == fingerprint(session, address_key), _stands)
            .where(Suppression.address_key.is_(None))
            .values(address_key=address_key)
        )


def fingerprint(session: Session, address_key: str) -> bytes:
    """Return the hash by which an erased address is known again."""
    salt = session.execute(select(SuppressionSalt.salt)).scalar_one()
    return sha256(salt + address_key.encode()).digest()


def find_standing(session: Session, address_key: str) -> Suppression | None:
    """Return why an address must not be mailed; None where it may be. An erased one is found by its hash."""
    by_hash = Suppression.address_hash == fingerprint(session, address_key)
    return session.scalars(
        select(Suppression).where(_stands, or_(Suppression.address_key == address_key, by_hash)).limit(1)
    ).first()


def is_for_the_person_alone(suppression: Suppression) -> str:
    """Return why staff can't lift a suppression, in a sentence; '' where they can."""
    was_erased = suppression.address_key is None  # whatever stood against them before
    return _ONLY_THE_PERSON.get(SuppressionReason.ERASED if was_erased else suppression.reason, "")


def lift(session: Session, suppression_id: int, *, note: str, account_id: int) -> None:
    """Let staff take a suppression back, for a reason that is kept. Safe to repeat.

    Raises:
        BadInput: without a reason.
        Conflict: after a complaint or an erasure; only the person, by signing up afresh, takes that back.
        NotFound: when there is no such suppression.
    """
    words = _tidy(note)
    if not words:
        raise BadInput("Say why this address may be mailed again; the reason is kept.")
    found = session.get(Suppression, suppression_id, with_for_update=True)
    if found is None:
        raise NotFound("This suppression is not known here.")
    if refusal := is_for_the_person_alone(found):
        raise Conflict(refusal)
    if found.lifted_at is None:
        found.lifted_at, found.lifted_by = _now(session), LiftedBy.STAFF
        found.lift_note, found.account_id = words, account_id


def lift_by_confirmation(session: Session, address_key: str, asked_at: datetime) -> bool:
    """Lift what stands against an address whose owner confirmed a sign-up made at ``asked_at``; returns whether it did.

    One that is younger than the sign-up stays: an old link must not undo what the person said since.
    """
    recognise(session, address_key)
    lifted = (
        update(Suppression)
        .where(Suppression.address_key == address_key, _stands, Suppression.created_at < asked_at)
        .values(lifted_at=func.now(), lifted_by=LiftedBy.CONFIRMED)
        .returning(Suppression.id)
    )
    return session.execute(lifted).first() is not None


def _now(session: Session) -> datetime:
    return session.execute(select(func.now())).scalar_one()


def _tidy(note: str) -> str:
    return note.replace("\x00", "").strip()[:LONGEST_NOTE]
