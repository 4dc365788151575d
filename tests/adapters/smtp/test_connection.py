"""When bytes move and until when: answers are heard even as the line breaks, and each phase has its time."""

from collections import deque
from typing import cast

import pytest

from service.adapters.smtp.connection import NEVER, QUICK, Connection
from service.adapters.smtp.dialogue import Dialogue
from service.adapters.smtp.extensions import Extensions
from service.adapters.smtp.line import Line
from service.adapters.smtp.patience import Patience
from service.mail.events import About, Outcome, OutcomeKind
from tests.adapters.smtp.sending import in_short, mail

PATIENCE = Patience(command=60, answer=600)


class Wire:
    """A line whose words and failures the test sets."""

    def __init__(self) -> None:
        self.coming: deque[bytes | OSError | None] = deque()
        self.fault: OSError | None = None
        self.room = 1 << 20

    def write(self, pieces: list[bytes]) -> int:
        if self.fault:
            raise self.fault
        return min(self.room, sum(map(len, pieces)))

    def read(self) -> bytes | None:
        come = self.coming.popleft() if self.coming else None
        if isinstance(come, OSError):
            raise come
        return come


class Ends:
    """A connection over a wire, with what was told of its mails."""

    def __init__(self) -> None:
        self.told: dict[int, Outcome] = {}
        self.wire = Wire()
        self.dialogue = Dialogue(Extensions(pipelining=True), self.told.__setitem__)
        self.connection = Connection(cast("Line", self.wire), self.dialogue, PATIENCE)

    def hear(self, words: bytes, now: float) -> None:
        self.wire.coming.append(words)
        self.connection.read()
        self.connection.write(now)

    def bring_out(self, key: int, now: float = 0.0) -> None:
        self.dialogue.announce(mail(key))
        self.connection.write(now)
        self.hear(b"250 ok\r\n250 ok\r\n354 go\r\n", now)


@pytest.mark.parametrize("end", [b"", None, ConnectionResetError("reset")], ids=repr)
def test_an_answer_that_came_before_the_line_broke_is_heard(end: bytes | OSError | None) -> None:
    ends = Ends()
    ends.bring_out(1)
    ends.dialogue.announce(mail(2))
    ends.wire.fault = BrokenPipeError("broken pipe")
    ends.wire.coming.extend([b"250 2.0.0 qu", b"eued\r\n", end])
    ends.connection.write(0)
    assert in_short(ends.told[1]) == (OutcomeKind.ACCEPTED, 250, About.MAIL)
    assert ends.dialogue.ended is not None
    assert ends.dialogue.unbegun == mail(2)


def test_a_line_that_breaks_without_an_answer_loses_track() -> None:
    ends = Ends()
    ends.bring_out(1)
    ends.wire.coming.append(ConnectionResetError(104, "Connection reset by peer"))
    assert not ends.connection.read()
    assert ends.told[1].kind is OutcomeKind.LOST_TRACK
    assert ends.told[1].text == "the text was out, and no answer came: Connection reset by peer"


def test_each_phase_has_its_own_time_from_the_end_of_the_one_before() -> None:
    ends = Ends()
    assert ends.connection.due == NEVER
    ends.dialogue.announce(mail(1))
    ends.connection.write(10)
    assert ends.connection.due == 70
    ends.hear(b"250-half", 20)
    assert ends.connection.due == 70
    ends.hear(b" a reply\r\n250 and the rest\r\n", 30)
    assert ends.connection.due == 90
    ends.wire.room = 5
    ends.hear(b"250 ok\r\n354 go\r\n", 40)
    assert ends.connection.due == 100
    ends.connection.write(50)  # some more bytes, but not the dot
    assert ends.connection.due == 100
    ends.wire.room = 1 << 20
    ends.connection.write(60)
    assert ends.connection.due == 660
    ends.dialogue.announce(mail(2))
    ends.connection.write(70)
    assert ends.connection.due == 660
    ends.hear(b"250 queued\r\n", 80)
    assert ends.connection.due == 140
    ends.hear(b"250 ok\r\n250 ok\r\n554 no\r\n", 90)
    assert ends.connection.due == NEVER


@pytest.mark.parametrize(("takes", "places"), [(QUICK / 2, 2), (QUICK * 2, 1)])
def test_one_more_mail_may_wait_for_a_relay_that_answers_at_once(takes: float, places: int) -> None:
    ends = Ends()
    assert ends.connection.places == 1
    ends.bring_out(1, now=100.0)
    assert ends.connection.places == 1
    ends.hear(b"250 ok\r\n", 100.0 + takes)
    assert ends.connection.places == places
    ends.dialogue.announce(mail(2))
    ends.connection.write(101)
    assert ends.connection.places == places - 1
