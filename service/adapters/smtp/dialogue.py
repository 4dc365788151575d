"""One connection's dialogue after the greeting, without its socket: bytes come in, bytes go out, outcomes are told.

Owns the phase at every byte: before the final dot was handed over, a mail certainly did not leave; after it, only the
relay's answer tells. Never reads a clock, never connects.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum, auto

from service.adapters.smtp.envelope import announcement
from service.adapters.smtp.extensions import Extensions
from service.adapters.smtp.failures import away
from service.adapters.smtp.replies import BadReply, ReplyReader, words
from service.mail.events import About, Outcome, OutcomeKind, outcome_of_reply
from service.mail.transport import OutgoingMail, Witness

DOT_LINE = b".\r\n"
GIVEN_UP = Outcome(OutcomeKind.DEFERRED, None, "we gave up a mail that was announced", About.RELAY)


class Step(IntEnum):  # an int, for it is looked up at each reply: an Enum's hash is slow
    """What a reply that is still to come answers."""

    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()  # of a mail
    BARE_DOT = auto()  # that ends a text nobody is to get


_RSET, _MAIL, _RCPT, _DATA, _DOT, _BARE_DOT = Step
_GROUP = (_MAIL, _RCPT, _DATA)
_TEXTS = frozenset({_DOT, _BARE_DOT})


class Dialogue:
    """Groups ``text . MAIL RCPT DATA`` (RFC 2920 §3.1) where the relay has PIPELINING, else one command at a time.

    Every mail given to ``announce`` is told once, or comes back in ``unbegun``. ``out`` holds the pieces to write;
    say by ``taken`` how many bytes the kernel took. ``is_ready``: another mail may be announced. ``ended``: why it is
    over, None while it lives. ``moved`` is set when a phase ends; whoever keeps the deadlines clears it.
    ``has_answered``: whether the relay ever answered for a mail, so that it is worth connecting to again.
    """

    __slots__ = (
        "_announced",
        "_awaited",
        "_extensions",
        "_held",
        "_is_last",
        "_leaving",
        "_must_reset",
        "_replies",
        "_tell",
        "_to_dot",
        "_unsent",
        "_witness",
        "ended",
        "has_answered",
        "is_ready",
        "moved",
        "out",
        "unbegun",
    )

    def __init__(
        self, extensions: Extensions, tell: Callable[[int, Outcome], None], witness: Witness | None = None
    ) -> None:
        self._extensions = extensions
        self._tell = tell
        self._witness = witness
        self._replies = ReplyReader()
        self._awaited: deque[Step] = deque()
        self._held: deque[tuple[Step, bytes]] = deque()
        self._announced: OutgoingMail | None = None
        self._leaving: OutgoingMail | None = None
        self._unsent = 0  # bytes in ``out``
        self._to_dot = 0  # of them, up to and with the dot line of the mail that is leaving
        self._must_reset = False
        self._is_last = False
        self.out: list[bytes | memoryview] = []
        self.is_ready = True
        self.moved = False
        self.has_answered = False
        self.ended: Outcome | None = None
        self.unbegun: OutgoingMail | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no reply is awaited."""
        return not self._awaited

    @property
    def is_answer_due(self) -> bool:
        """Whether the next reply is the one to a final dot that is out."""
        return bool(self._awaited) and self._awaited[0] is _DOT and self._to_dot <= 0

    def announce(self, mail: OutgoingMail) -> None:
        """Write MAIL, RCPT and DATA of the next mail. Only while ``is_ready``; one that can't be written is told."""
        group = announcement(mail, self._extensions)
        if isinstance(group, Outcome):
            self._tell(mail.key, group)
            return
        self._announced = mail
        self.is_ready = False
        self.moved = self.moved or not self._awaited
        if self._extensions.pipelining:
            if self._must_reset:
                group = b"RSET\r\n" + group
                self._awaited.append(_RSET)
            self._awaited.extend(_GROUP)
            self._write(group)
        else:
            if self._must_reset:
                self._held.append((_RSET, b"RSET\r\n"))
            self._held.extend(zip(_GROUP, group.splitlines(keepends=True), strict=True))
            self._say_next()
        self._must_reset = False

    def receive(self, data: bytes) -> None:
        """Take bytes from the relay, in any pieces; no bytes mean that it will say no more."""
        if not data:
            self.end(away("it hung up"))
        try:
            for code, text in self._replies.feed(data):
                if self.ended is None:
                    self._hear(code, text)
        except BadReply as bad:
            self.end(away(str(bad)))

    def taken(self, count: int) -> None:
        """Note that the kernel took the first ``count`` bytes of ``out``."""
        self._unsent -= count
        if self._to_dot > 0:
            self._to_dot -= count
            self.moved = self.moved or self._to_dot <= 0
        if not self._unsent:
            self.out.clear()
            return
        while count >= len(self.out[0]):
            count -= len(self.out.pop(0))
        if count:
            self.out[0] = memoryview(self.out[0])[count:]

    def end(self, why: Outcome) -> None:
        """The connection is over: tell, or give back, whatever it had in hand."""
        if self.ended is not None:
            return
        self.ended = why
        self.is_ready = False
        leaving, self._leaving = self._leaving, None
        announced, self._announced = self._announced, None
        if leaving is not None and self._to_dot <= 0:
            doubt = f"the text was out, and no answer came: {why.text}"
            self._tell(leaving.key, Outcome(OutcomeKind.LOST_TRACK, why.code, doubt, About.RELAY))
        elif leaving is not None:
            self._tell(leaving.key, why)
        if announced is not None and self.has_answered:
            self.unbegun = announced
        elif announced is not None:
            self._tell(announced.key, why)

    def give_up(self) -> int | None:
        """Take back the mail that is announced, and return its key; its text has certainly not begun.

        After DATA nothing but hanging up takes an announcement back, so the connection ends, at once or as soon as
        the mail before it is answered.
        """
        mail, self._announced = self._announced, None
        if mail is None:
            return None
        self._is_last = True
        if self._leaving is None:
            self.end(GIVEN_UP)
        return mail.key

    def _write(self, piece: bytes) -> None:
        self.out.append(piece)
        self._unsent += len(piece)

    def _say_next(self) -> None:
        if self._held:
            step, command = self._held.popleft()
            self._awaited.append(step)
            self._write(command)

    def _hear(self, code: int, text: bytes) -> None:
        self.moved = True
        step = self._awaited.popleft() if self._awaited else None
        if code == 421:
            self._close(step, text)
        elif step is None:
            raise BadReply(f"it said {code} {words(text)}, unasked")
        else:
            _ANSWERS[step](self, code, text)

    def _close(self, step: Step | None, text: bytes) -> None:
        """The relay closes the channel (RFC 5321 §3.8). To MAIL that is about the connection, else about the mail."""
        why = Outcome(OutcomeKind.DEFERRED, 421, words(text), About.RELAY)
        if step is _DOT:
            self._tell_leaving(why)
        elif step is _RCPT or step is _DATA:
            self._tell_announced(why)
        self.end(why)

    def _hear_rset(self, code: int, _text: bytes) -> None:
        if code // 100 != 2:
            raise BadReply(f"it answered RSET with {code}")
        self._say_next()

    def _hear_mail(self, code: int, text: bytes) -> None:
        if code < 300:
            self._say_next()
        else:
            self._refuse(code, text, About.SENDER)

    def _hear_rcpt(self, code: int, text: bytes) -> None:
        if code < 300:
            if self._announced is None:  # the dot alone would now send somebody an empty mail
                raise BadReply("it took a recipient after it had refused the sender")
            self._say_next()
        else:
            self._refuse(code, text, About.RECIPIENT)

    def _hear_data(self, code: int, text: bytes) -> None:
        if code != 354:
            self._refuse(code, text, About.MAIL)
        elif self._announced is None:
            # RFC 2920 §3.1: no address was taken, but a text is asked for; the dot alone ends it.
            self._awaited.append(_BARE_DOT)
            self._write(DOT_LINE)
            self._must_reset = False
        else:
            self._begin_text(self._announced)
        self._settle()

    def _begin_text(self, mail: OutgoingMail) -> None:
        self._leaving, self._announced = mail, None
        self._awaited.append(_DOT)
        self._write(mail.content)
        self._write(DOT_LINE)
        self._to_dot = self._unsent
        if self._witness is not None:
            self._witness.note_leaving(mail.key)

    def _hear_dot(self, code: int, text: bytes) -> None:
        if code < 300 and self._to_dot <= 0:
            self._tell_leaving(Outcome(OutcomeKind.ACCEPTED, code, words(text)))
        elif code >= 400:
            self._tell_leaving(outcome_of_reply(code, words(text)))
            if self._to_dot > 0:  # the rest of the text would be read as commands
                self.end(away("it refused a mail before its end"))
        else:
            raise BadReply(f"it answered a mail with {code}" if self._to_dot <= 0 else "it took a mail before its end")
        if self._is_last:
            self.end(GIVEN_UP)
        self._settle()

    def _hear_bare_dot(self, _code: int, _text: bytes) -> None:
        self._settle()

    def _refuse(self, code: int, text: bytes, about: About) -> None:
        """Say no more of a group that failed; what the relay already took of it must be reset (RFC 2920 §3.1)."""
        if code < 400:
            raise BadReply(f"it answered with {code} out of turn")
        self._tell_announced(outcome_of_reply(code, words(text), about))
        self._held.clear()
        self._must_reset = True
        self._settle()

    def _settle(self) -> None:
        awaited = self._awaited
        # Nothing but a text may stand before the next group.
        may_follow = not awaited or (self._extensions.pipelining and awaited[-1] in _TEXTS)
        self.is_ready = may_follow and self.ended is None

    def _tell_announced(self, outcome: Outcome) -> None:
        mail, self._announced = self._announced, None
        self._answered(mail, outcome)

    def _tell_leaving(self, outcome: Outcome) -> None:
        mail, self._leaving = self._leaving, None
        self._answered(mail, outcome)

    def _answered(self, mail: OutgoingMail | None, outcome: Outcome) -> None:
        if mail is not None:
            self.has_answered = True
            self._tell(mail.key, outcome)


_ANSWERS: dict[Step, Callable[[Dialogue, int, bytes], None]] = {
    _RSET: Dialogue._hear_rset,  # noqa: SLF001 - the class's own table
    _MAIL: Dialogue._hear_mail,  # noqa: SLF001 - as above
    _RCPT: Dialogue._hear_rcpt,  # noqa: SLF001 - as above
    _DATA: Dialogue._hear_data,  # noqa: SLF001 - as above
    _DOT: Dialogue._hear_dot,  # noqa: SLF001 - as above
    _BARE_DOT: Dialogue._hear_bare_dot,  # noqa: SLF001 - as above
}
