"""A greeted connection: one dialogue over one line, with its deadline.

Owns when bytes move and until when; what they mean is the dialogue's.
"""

from service.adapters.smtp.dialogue import Dialogue
from service.adapters.smtp.failures import away, plain
from service.adapters.smtp.line import Line
from service.adapters.smtp.patience import Patience
from service.mail.events import Outcome

NEVER = float("inf")
QUICK = 0.05  # seconds in which a relay answers for a mail, so that one more may wait for it


class Connection:
    """``due`` is when the phase it is in must have ended, by the clock that ``now`` is read from."""

    __slots__ = ("_out_since", "_patience", "_was_quick", "dialogue", "due", "line")

    def __init__(self, line: Line, dialogue: Dialogue, patience: Patience) -> None:
        self.line = line
        self.dialogue = dialogue
        self.due = NEVER
        self._patience = patience
        self._out_since: float | None = None  # when the dot went out that awaits its answer
        self._was_quick = False

    @property
    def places(self) -> int:
        """How many mails it could do with now."""
        return self.dialogue.is_ready + self._was_quick

    def read(self) -> bool:
        """Take what the relay said. Returns whether there was something, so that there may be more."""
        try:
            data = self.line.read()
        except OSError as problem:
            self.dialogue.end(away(plain(problem)))
            return False
        if data is None:
            return False
        self.dialogue.receive(data)
        return bool(data)

    def write(self, now: float) -> None:
        """Hand over what the dialogue has to say, and set the deadline of the phase that is left."""
        dialogue = self.dialogue
        if dialogue.out and dialogue.ended is None:
            try:
                dialogue.taken(self.line.write(dialogue.out))
            except OSError as problem:
                self._hear_out(away(plain(problem)))
        if dialogue.moved:
            dialogue.moved = False
            self._begin_phase(now)

    def _begin_phase(self, now: float) -> None:
        if self._out_since is not None:
            self._was_quick = now - self._out_since < QUICK
            self._out_since = None
        if self.dialogue.is_answer_due:
            self._out_since = now
            self.due = now + self._patience.answer
        elif self.dialogue.is_idle:
            self.due = NEVER
        else:
            self.due = now + self._patience.command

    def _hear_out(self, why: Outcome) -> None:
        """End it, but first take what the relay said before it hung up: the answer to a mail may be in it."""
        while self.dialogue.ended is None and self.read():
            pass
        self.dialogue.end(why)
