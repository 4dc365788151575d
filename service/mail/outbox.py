"""Posting single letters. Owns that a letter is stored with its reason and nudged after commit; never composes one."""

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.jobs import Job, enqueue
from service.mail.models import Letter, LetterKind


def post_letter(session: Session, kind: LetterKind, recipient: str, about: dict[str, int]) -> Letter:
    """Store a letter to ``recipient`` (the mailed form of an address) and nudge a worker after the commit."""
    letter = Letter(kind=kind, recipient=recipient, about=about)
    session.add(letter)
    session.flush()
    enqueue(session, Job.DELIVER_LETTER, letter.id)
    return letter


def post_letter_once(session: Session, key: str, kind: LetterKind, recipient: str, about: dict[str, int]) -> None:
    """Store a letter for the reason that ``key`` names (``receipt:7``). Safe to repeat: one key is one letter."""
    row = insert(Letter).values(key=key, kind=kind, recipient=recipient, about=about, next_attempt_at=func.now())
    letter_id = session.scalar(row.on_conflict_do_nothing(index_elements=[Letter.key]).returning(Letter.id))
    if letter_id is not None:
        enqueue(session, Job.DELIVER_LETTER, letter_id)


def get_letter(session: Session, letter_id: int) -> Letter:
    """Return the letter, or raise ``NotFound``."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound("There is no such letter.")
    return letter
