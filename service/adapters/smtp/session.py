"""Several connections to one relay in one loop. Owns who gets the next mail, and what follows when one ends."""

import contextlib
import selectors
import time
from collections import deque
from collections.abc import Sequence

from service.adapters.smtp.connection import NEVER, Connection
from service.adapters.smtp.dialogue import GIVEN_UP, Dialogue
from service.adapters.smtp.extensions import Extensions
from service.adapters.smtp.failures import away, plain
from service.adapters.smtp.line import Address, Line
from service.adapters.smtp.opening import Opening, Target
from service.adapters.smtp.patience import Patience
from service.adapters.smtp.redial import Redial
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail, Witness

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class SmtpSession:
    """See ``service.mail.transport.RelaySession``. One thread drives it; it waits for all its connections at once.

    Mails wait for a connection that is free. ``room`` is larger by one for each connection to a relay that answers at
    once: then the next mail is at hand when a text may leave, and both go out together.
    """

    def __init__(
        self, addresses: Sequence[Address], target: Target, patience: Patience, limit: int, witness: Witness | None
    ) -> None:
        self._redial = Redial(addresses, patience.rest)
        self._target = target
        self._patience = patience
        self._limit = limit
        self._witness = witness
        self._selector = selectors.DefaultSelector()
        self._openings: dict[int, Opening] = {}
        self._connections: dict[int, Connection] = {}
        self._waiting: deque[OutgoingMail] = deque()
        self._outcomes: list[tuple[int, Outcome]] = []
        self._in_hand = 0
        self._extensions: Extensions | None = None
        self._ended: Outcome | None = None
        self._check_at = NEVER

    def start(self) -> None:
        """Return once a connection can take mail, or none ever will: ``is_open`` tells."""
        self._open(time.monotonic())
        while self._extensions is None and self._ended is None:
            self._turn(NEVER)

    @property
    def is_open(self) -> bool:
        """Whether it can still take mails."""
        return self._ended is None

    @property
    def closing_words(self) -> Outcome | None:
        """Why it is no longer open."""
        return self._ended

    @property
    def largest(self) -> int | None:
        """How many bytes a mail may have, where the relay says so."""
        return self._extensions.size if self._extensions else None

    @property
    def room(self) -> int:
        """How many more mails would be begun at once."""
        if self._ended is not None:
            return 0
        places = sum(connection.places for connection in self._connections.values())
        return max(0, places + len(self._openings) + self._openable(time.monotonic()) - len(self._waiting))

    @property
    def in_hand(self) -> int:
        """How many mails were taken and have no outcome yet."""
        return self._in_hand

    def take(self, mail: OutgoingMail) -> None:
        """Put a mail in hand; ``exchange`` tells its outcome.

        Raises:
            ValueError: when its content has no end of line at its end: the relay would wait for more of it.
        """
        if not mail.content.endswith(b"\r\n"):
            raise ValueError("the content of a mail ends with CRLF")
        self._in_hand += 1
        if self._ended is None:
            self._waiting.append(mail)
        else:
            self._tell(mail.key, _not_begun(self._ended))

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:
        """Write and read until an outcome is there, or for at most ``seconds``. Returns (key, outcome) of each."""
        now = time.monotonic()
        until = now + seconds
        if not self._in_hand or any(connection.dialogue.is_idle for connection in self._connections.values()):
            self._turn(now)  # so that no mail is announced on a line that was dropped meanwhile
        self._begin(now)
        while self._in_hand and not self._outcomes:
            self._turn(until)
            if time.monotonic() >= until:
                break
        outcomes, self._outcomes = self._outcomes, []
        self._in_hand -= len(outcomes)
        return outcomes

    def recall(self) -> list[int]:
        """Give up what no connection has announced yet, and return its keys."""
        keys = [mail.key for mail in self._waiting]
        self._waiting.clear()
        self._in_hand -= len(keys)
        return keys

    def hand_back(self) -> list[int]:
        """Give up what has not begun to leave, and return its keys."""
        keys = self.recall()
        for connection in list(self._connections.values()):
            key = connection.dialogue.give_up()
            if key is not None:
                keys.append(key)
                self._in_hand -= 1
            if connection.dialogue.ended is not None:
                self._drop(connection, time.monotonic())
        return keys

    def close(self) -> None:
        """Say QUIT where nothing is under way, wait for its answer a moment, and hang up; never raises."""
        asked = self._say_goodbye()
        until = time.monotonic() + self._patience.goodbye
        while asked and (left := until - time.monotonic()) > 0:
            asked -= {key.fd for key, _ in self._selector.select(left)}
        for connection in self._connections.values():
            connection.line.close()
        self._openings.clear()
        self._connections.clear()
        self._selector.close()
        self._ended = self._ended or away("we closed it")

    def _turn(self, until: float) -> None:
        """Wait until something comes, a deadline passes, or ``until``; then do what can be done."""
        at = min(until, self._check_at)
        for key, mask in self._selector.select(None if at == NEVER else max(0.0, at - time.monotonic())):
            thing: Opening | Connection = key.data
            # Serving one may have ended another, whose number a new one bears by now.
            if isinstance(thing, Connection):
                if thing is self._connections.get(key.fd):
                    self._serve(thing, mask)
            elif thing is self._openings.get(key.fd):
                self._go_on(thing, time.monotonic())
        now = time.monotonic()
        if now >= self._check_at:
            self._expire(now)

    def _begin(self, now: float) -> None:
        """Give what waits to every connection that is free for it, and open more."""
        for connection in list(self._connections.values()):
            if not self._waiting:
                return
            if connection.dialogue.is_ready:
                self._feed(connection, now)
        while len(self._waiting) > len(self._openings) and self._openable(now) > 0:
            self._open(now)

    def _serve(self, connection: Connection, mask: int) -> None:
        if mask & _READ:
            connection.read()
        self._feed(connection, time.monotonic())

    def _feed(self, connection: Connection, now: float) -> None:
        dialogue = connection.dialogue
        while dialogue.is_ready and self._waiting:
            dialogue.announce(self._waiting.popleft())
        connection.write(now)
        self._check_at = min(self._check_at, connection.due)
        if dialogue.ended is not None:
            self._drop(connection, now)
        elif connection.line.wants_to_write is not connection.line.is_watched_for_writing:
            self._watch(connection)

    def _drop(self, connection: Connection, now: float) -> None:
        dialogue, number = connection.dialogue, connection.line.fileno()
        if self._connections.get(number) is not connection:
            return
        del self._connections[number]
        self._forget(connection.line)
        if dialogue.unbegun is not None:
            self._waiting.appendleft(dialogue.unbegun)
        if dialogue.has_answered:
            self._redial.note_good()
        elif dialogue.ended is not None and dialogue.ended is not GIVEN_UP:
            self._fail(dialogue.ended, now)
        self._begin(now)

    def _openable(self, now: float) -> int:
        live = len(self._connections) + len(self._openings)
        return self._limit - live if self._redial.may_add(live, now) else 0

    def _open(self, now: float) -> None:
        due = now + self._patience.greeting
        try:
            opening = Opening(Line(self._redial.next_address()), self._target, due)
        except OSError as problem:
            self._fail(away(plain(problem)), now)
            return
        self._openings[opening.line.fileno()] = opening
        self._selector.register(opening.line.fileno(), _READ | _WRITE, opening)
        opening.line.is_watched_for_writing = True
        self._check_at = min(self._check_at, due)

    def _go_on(self, opening: Opening, now: float) -> None:
        opening.go_on()
        number = opening.line.fileno()
        if opening.ended is not None:
            del self._openings[number]
            self._forget(opening.line)
            self._fail(opening.ended, now)
        elif opening.extensions is not None:
            del self._openings[number]
            self._extensions = self._extensions or opening.extensions
            dialogue = Dialogue(opening.extensions, self._tell, self._witness)
            connection = self._connections[number] = Connection(opening.line, dialogue, self._patience)
            self._watch(connection)
            self._feed(connection, now)
        else:
            self._watch(opening)

    def _fail(self, why: Outcome, now: float) -> None:
        """Take note that a connection came to nothing."""
        live = len(self._connections) + len(self._openings)
        if self._redial.note_barren(why, live, now):
            self._open(now)
        elif not live:
            self._ended = why
            while self._waiting:
                self._tell(self._waiting.popleft().key, _not_begun(why))

    def _expire(self, now: float) -> None:
        for opening in list(self._openings.values()):
            if now >= opening.due:
                opening.ended = away("it was not ready for mail in time")
                self._go_on(opening, now)
        for connection in list(self._connections.values()):
            if now >= connection.due:
                connection.dialogue.end(away("it did not answer in time"))
                self._drop(connection, now)
        dues = [*(o.due for o in self._openings.values()), *(c.due for c in self._connections.values())]
        self._check_at = min(dues, default=NEVER)

    def _tell(self, key: int, outcome: Outcome) -> None:
        if self._witness is not None:
            self._witness.note_answer(key, outcome)
        self._outcomes.append((key, outcome))

    def _watch(self, thing: Opening | Connection) -> None:
        line = thing.line
        self._selector.modify(line.fileno(), _READ | _WRITE if line.wants_to_write else _READ, thing)
        line.is_watched_for_writing = line.wants_to_write

    def _forget(self, line: Line) -> None:
        self._selector.unregister(line.fileno())
        line.close()

    def _say_goodbye(self) -> set[int]:
        """Hang up where something is under way, say QUIT elsewhere; returns the numbers of the lines it was said on."""
        for opening in self._openings.values():
            self._forget(opening.line)
        for connection in self._connections.values():
            if connection.dialogue.is_idle:
                with contextlib.suppress(OSError):
                    connection.line.write([b"QUIT\r\n"])
            else:
                self._forget(connection.line)
        return {number for number, connection in self._connections.items() if connection.dialogue.is_idle}


def _not_begun(why: Outcome) -> Outcome:
    return Outcome(OutcomeKind.DEFERRED, why.code, why.text, About.RELAY)
