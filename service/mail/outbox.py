"""Posting single letters. Owns that a letter is stored with its reason and nudged after commit; never composes one."""

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


def get_letter(session: Session, letter_id: int) -> Letter:
    """Return the letter, or raise ``NotFound``."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound("There is no such letter.")
    return letter
