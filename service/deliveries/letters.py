"""Single letters on their way: claim, compose, send, record. Owns the resend policy: twice is better than never."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db import SessionFactory, transaction
from service.deliveries.compose import Links
from service.deliveries.lettertexts import LetterText, write_letter
from service.deliveries.outcomes import wait_after
from service.deliveries.undelivered import tell_of_undelivered
from service.errors import PostriderError, Unavailable
from service.mail.events import Outcome, OutcomeKind
from service.mail.message import Envelope, Party, build_letter
from service.mail.models import Letter, LetterState
from service.mail.transport import Transport

LEASE = timedelta(seconds=100)
ATTEMPTS = 12  # with doubling waits up to 4 hours: about a day and a half
_STATES = {OutcomeKind.ACCEPTED: LetterState.SENT, OutcomeKind.REFUSED: LetterState.FAILED}


@dataclass(frozen=True)
class LetterSender:
    """What a thread needs to deliver letters."""

    factory: SessionFactory
    transport: Transport
    links: Links
    message_host: str

    def deliver(self, letter_id: int) -> None:
        """Send one letter if it is due. Safe to repeat: a letter that was sent, or is in other hands, is left alone."""
        with transaction(self.factory) as session:
            letter = _claim(session, letter_id)
            if letter is None:
                return
            try:
                text = write_letter(session, letter, self.links)
            except PostriderError as problem:
                _fail(letter, problem.message)
                tell_of_undelivered(session, letter)
                return
        message_id = f"letter-{letter.id}@{self.message_host}"
        outcome = self._send(letter, text, message_id)
        with transaction(self.factory) as session:
            _record(session, letter, outcome, message_id)

    def _send(self, letter: Letter, text: LetterText, message_id: str) -> Outcome:
        envelope = Envelope(
            sender=text.sender,
            recipient=Party("", letter.recipient),
            reply_to=text.reply_to,
            subject=text.subject,
            date=now(),
            message_id=message_id,
        )
        content = build_letter(envelope, text.content_type, text.body)
        try:
            connection = self.transport.connect()
        except Unavailable as away:
            return Outcome(OutcomeKind.DEFERRED, None, away.message)
        try:
            return connection.begin(text.sender.address, letter.recipient) or connection.finish(content)
        finally:
            connection.close()


def list_due_letters(session: Session, limit: int = 200) -> list[int]:
    """Return ids of letters that wait, or whose sender died, oldest first."""
    return list(session.scalars(select(Letter.id).where(_is_due()).order_by(Letter.id).limit(limit)))


def _is_due() -> ColumnElement[bool]:
    return or_(
        and_(Letter.state == LetterState.QUEUED, Letter.next_attempt_at <= func.now()),
        and_(Letter.state == LetterState.SENDING, Letter.lease_until < func.now()),
    )


def _claim(session: Session, letter_id: int) -> Letter | None:
    taken = (
        update(Letter)
        .where(Letter.id == letter_id, _is_due())
        .values(
            state=LetterState.SENDING,
            fence=Letter.fence + 1,
            attempts=Letter.attempts + 1,
            lease_until=func.now() + LEASE,
        )
        .returning(Letter)
    )
    return session.scalars(taken).one_or_none()


def _fail(letter: Letter, why: str) -> None:
    letter.state, letter.reply_text, letter.lease_until = LetterState.FAILED, why, None


def _record(session: Session, letter: Letter, outcome: Outcome, message_id: str) -> None:
    state = _STATES.get(outcome.kind, LetterState.QUEUED)
    if state is LetterState.QUEUED and letter.attempts >= ATTEMPTS:
        state = LetterState.FAILED
    recorded = (
        update(Letter)
        .where(Letter.id == letter.id, Letter.fence == letter.fence)
        .values(
            state=state,
            message_id=message_id,
            reply_code=outcome.code,
            reply_text=outcome.text,
            lease_until=None,
            sent_at=func.now() if state is LetterState.SENT else None,
            next_attempt_at=func.now() + wait_after(letter.attempts),
        )
        .returning(Letter.id)
    )
    if session.scalar(recorded) is not None and state is LetterState.FAILED:
        tell_of_undelivered(session, letter)
