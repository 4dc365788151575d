"""Single letters on their way: claim, compose, send, record. Owns the resend policy: twice is better than never."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db import SessionFactory, transaction
from service.deliveries.breaker import blames_nobody
from service.deliveries.compose import Composers
from service.deliveries.guard import Guard
from service.deliveries.kept import KeptSessions, Lent
from service.deliveries.letter_marks import mark_letter
from service.deliveries.lettertexts import LetterText, write_letter
from service.deliveries.models import fences
from service.deliveries.outcomes import wait_after
from service.deliveries.undelivered import tell_of_undelivered
from service.errors import Conflict, PostriderError
from service.jobs import Job, enqueue
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.message import Envelope, Party, build_letter
from service.mail.models import Letter, LetterState
from service.mail.transport import OutgoingMail, RelaySession
from service.mail.verp import MailKind
from service.routes.choosing import NoRoute, Routes

ATTEMPTS: Final = 12  # with doubling waits up to 4 hours: about a day and a half
CRASHES_BEFORE_ASIDE: Final = 3
# Seconds for one letter with both its tries, however lively its relay drips: the thread belongs to the next one.
DEADLINE: Final = 40.0
OPENING: Final = 30.0  # seconds that a relay may take until a new connection can be used
WRITING: Final = 20.0  # seconds for the text before, a receipt's PDF among them, and for the commit after
# A letter that may still leave is never free for another. A lost machine costs it this; a killed process nothing.
LEASE: Final = timedelta(seconds=WRITING + DEADLINE)
_ASK_AGAIN: Final = 0.5  # seconds between two questions whether to stop

_STOPPED: Final = Outcome(OutcomeKind.DEFERRED, None, "its sender was asked to stop", About.RELAY)


@dataclass(frozen=True, slots=True)
class _Written:
    """A letter in hand, as its relay gets it."""

    letter: Letter
    mail: OutgoingMail
    message_id: str


class LetterSender:
    """Delivers letters. One for each process, as it keeps connections; its threads share it."""

    def __init__(
        self,
        factory: SessionFactory,
        routes: Routes,
        composers: Composers,
        guard: Guard,
        message_host: str,
        journal_dir: Path,
    ) -> None:
        self._factory, self._routes, self._composers = factory, routes, composers
        self._guard, self._message_host, self._journal_dir = guard, message_host, journal_dir
        self._sessions = KeptSessions(routes)

    def deliver(self, letter_id: int, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Send one letter if it is due. Safe to repeat: a letter that was sent, or is in other hands, is left alone.

        ``should_stop`` is asked while the relay is waited for: what has not begun to leave is given back at once.
        """
        recipient = self._find_due(letter_id)
        if recipient is None or not self._may_send():
            return
        try:
            lent = self._sessions.lend(recipient)
        except NoRoute as away:
            self._put_off(letter_id, away)
            return
        with ExitStack() as hand:
            written = self._take(letter_id, hand)
            if written is None:
                self._sessions.take_back(lent)
                return
            route, outcome = self._send(lent, written.mail, should_stop)
            with transaction(self._factory) as session:
                _record(session, written, outcome)
        self._routes.learn(route, [(recipient, outcome)])

    def close(self) -> None:
        """Leave the relays. Letters may be delivered again afterwards."""
        self._sessions.close_idle(longest=0)

    def close_idle(self) -> None:
        """Leave the relays that no letter was for in the last half minute."""
        self._sessions.close_idle()

    def _find_due(self, letter_id: int) -> str | None:
        with transaction(self._factory) as session:
            return session.scalar(select(Letter.recipient).where(Letter.id == letter_id, _is_due()))

    def _may_send(self) -> bool:
        try:
            self._guard.refuse_foreign()
        except Conflict:  # the guard has said so; the letters wait for whoever owns this database
            return False
        return True

    def _put_off(self, letter_id: int, away: NoRoute) -> None:
        """Have a letter wait until a relay takes mail; that is no attempt."""
        waits = (
            update(Letter)
            .where(Letter.id == letter_id, _is_due())
            .values(
                state=LetterState.QUEUED,
                lease_until=None,
                next_attempt_at=func.now() + timedelta(seconds=away.wait),
                reply_text=away.message,
            )
        )
        with transaction(self._factory) as session:
            session.execute(waits)

    def _take(self, letter_id: int, hand: ExitStack) -> _Written | None:
        """Claim and write a letter, marked until ``hand`` closes; None when another has it, or none can write it."""
        with transaction(self._factory) as session:
            letter = _claim(session, letter_id)
            if letter is None:
                return None
            hand.enter_context(mark_letter(self._journal_dir, letter))
            try:
                if letter.crashes >= CRASHES_BEFORE_ASIDE:
                    raise Conflict(f"Set aside: its sender died {letter.crashes} times.")
                return self._write(letter, write_letter(session, letter, self._composers.links))
            except PostriderError as problem:
                letter.state, letter.reply_text, letter.lease_until = LetterState.FAILED, problem.message, None
                tell_of_undelivered(session, letter)
                return None

    def _write(self, letter: Letter, text: LetterText) -> _Written:
        moment, message_id = now(), f"letter-{letter.id}@{self._message_host}"
        envelope = Envelope(
            sender=text.sender,
            recipient=Party("", letter.recipient),
            reply_to=text.reply_to,
            subject=text.subject,
            date=moment,
            message_id=message_id,
        )
        sender = text.sender.address
        content = self._composers.keys.sign(sender, build_letter(envelope, text.content_type, text.body), moment)
        bounces_to = self._composers.returns.sender_of(MailKind.LETTER, letter.id, otherwise=sender)
        return _Written(letter, OutgoingMail(letter.id, bounces_to, letter.recipient, content), message_id)

    def _send(self, lent: Lent, mail: OutgoingMail, should_stop: Callable[[], bool]) -> tuple[str, Outcome]:
        """Hand the mail over. A kept connection that has died meanwhile is replaced, which costs no attempt.

        A dead one shows at once; later than that, a new one might not be open before the deadline.
        """
        until = monotonic() + DEADLINE
        outcome = _exchange(lent.session, mail, until, should_stop)
        self._sessions.take_back(lent)
        is_replaceable = lent.is_used and outcome is not _STOPPED and _has_hung_up(outcome)
        if is_replaceable and until - monotonic() > OPENING:
            try:
                lent = self._sessions.open()
            except NoRoute:
                return lent.route, outcome
            outcome = _exchange(lent.session, mail, until, should_stop)
            self._sessions.take_back(lent)
        return lent.route, outcome


def list_due_letters(session: Session, limit: int = 200) -> list[int]:
    """Return ids of letters that wait, or whose sender died, oldest first."""
    return list(session.scalars(select(Letter.id).where(_is_due()).order_by(Letter.id).limit(limit)))


def _exchange(session: RelaySession, mail: OutgoingMail, until: float, should_stop: Callable[[], bool]) -> Outcome:
    """Return what becomes of one mail before ``until``; its session may be of no further use."""
    session.take(mail)
    while (left := until - monotonic()) > 0:
        for _, outcome in session.exchange(min(_ASK_AGAIN, left)):
            return outcome
        if should_stop() and session.hand_back():
            return _STOPPED
    if session.hand_back():
        return Outcome(OutcomeKind.DEFERRED, None, f"the relay did not let it leave in {DEADLINE:.0f} s", About.RELAY)
    return Outcome(OutcomeKind.LOST_TRACK, None, f"the relay gave no answer in {DEADLINE:.0f} s", About.RELAY)


def _has_hung_up(outcome: Outcome) -> bool:
    return outcome.kind is OutcomeKind.DEFERRED and outcome.about is About.RELAY


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
            fence=fences.next_value(),  # never the one of a claim that was rolled back: its mark may still lie there
            attempts=Letter.attempts + 1,
            crashes=Letter.crashes + case((Letter.state == LetterState.SENDING, 1), else_=0),
            lease_until=func.now() + LEASE,
        )
        .returning(Letter)
    )
    return session.scalars(taken).one_or_none()


def _record(session: Session, written: _Written, outcome: Outcome) -> None:
    letter, state = written.letter, _state_after(written.letter, outcome)
    recorded = (
        update(Letter)
        .where(Letter.id == letter.id, Letter.fence == letter.fence)
        .values(
            state=state,
            attempts=Letter.attempts - int(outcome is _STOPPED),
            message_id=written.message_id,
            reply_code=outcome.code,
            reply_text=outcome.text,
            lease_until=None,
            sent_at=func.now() if state is LetterState.SENT else None,
            next_attempt_at=func.now() + _wait_after(letter, outcome),
        )
        .returning(Letter.id)
    )
    if session.scalar(recorded) is None:
        return
    if state is LetterState.FAILED:
        tell_of_undelivered(session, letter)
    elif state is LetterState.QUEUED and not _wait_after(letter, outcome):
        enqueue(session, Job.DELIVER_LETTER, letter.id)


def _state_after(letter: Letter, outcome: Outcome) -> LetterState:
    if outcome.kind is OutcomeKind.ACCEPTED:
        return LetterState.SENT
    is_final = outcome.kind is OutcomeKind.REFUSED and not blames_nobody(outcome)
    return LetterState.FAILED if is_final or letter.attempts >= ATTEMPTS else LetterState.QUEUED


def _wait_after(letter: Letter, outcome: Outcome) -> timedelta:
    """Return how long a letter waits: not at all after the first silence, or every relay that is ill would get many."""
    if outcome is _STOPPED or (outcome.kind is OutcomeKind.LOST_TRACK and letter.attempts == 1):
        return timedelta()
    return wait_after(letter.attempts)
