"""The sink's dialogue by bytes: the end of a text is found wherever it lies, and every command has its answer."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.development.bench.dialogue import ROOM, Dialogue

ENVELOPE = b"MAIL FROM:<b-1@bounces.test>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n"
LETTER = b"From: a@b.test\r\nMessage-ID: <issue-1.copy-7@letters.test>\r\n\r\n"
ENVELOPE_ANSWERS = b"250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n354 Go ahead\r\n"
OK = b"250 2.0.0 Ok\r\n"

TEXTS = {
    "ends as texts do": b"Hello\r\n",
    "is empty": b"",
    "has a line of one stuffed dot": b"Hello\r\n..\r\nBye\r\n",
    "begins with a stuffed dot": b"..hidden\r\n",
    "has a dot alone between bare line feeds": b"Hello\n.\nBye\r\n",
    "has a dot after a bare carriage return": b"Hello\r.\rBye\r\n",
    "has lines that end with a dot": b"One.\r\nTwo.\r\n",
    "is longer than what is looked through at its end": b"x" * 70 * 200 + b"\r\n",
    "holds commands": b"RSET\r\nQUIT\r\nDATA\r\n",
}


class Client:
    """Speaks to one dialogue in pieces, and remembers what was accepted."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, str]] = []
        self.dialogue = Dialogue(
            lambda recipient, message_id: self.accepted.append((recipient, message_id)), lambda: 41
        )

    def say(self, *pieces: bytes) -> bytes:
        """Hand the pieces over one by one and return the replies."""
        replies = b""
        for piece in pieces:
            # Old bytes of other connections stand before and behind what came.
            buffer = bytearray(b"\r\n.\r\n" * 500)[:ROOM] + piece + b"\r\n.\r\nDATA\r\n"
            replies += self.dialogue.read(buffer, ROOM + len(piece))
        return replies


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_one_mail_wherever_it_is_cut(text: bytes) -> None:
    whole = LETTER + text + b".\r\n"
    for cut in {*range(1, min(len(whole), 120)), *range(max(1, len(whole) - 40), len(whole))}:
        client = Client()

        assert client.say(ENVELOPE) == ENVELOPE_ANSWERS
        assert client.say(whole[:cut], whole[cut:]) == OK, cut
        assert client.accepted == [("ada@example.org", "issue-1.copy-7@letters.test")], cut
        assert client.dialogue.accepted == 1


@given(cuts=st.lists(st.integers(1, 400), max_size=30), body=st.lists(st.sampled_from([b".", b"\r", b"\n", b"a"])))
def test_any_text_in_any_pieces_is_one_mail(cuts: list[int], body: list[bytes]) -> None:
    lines = b"".join(body).split(b"\r\n")
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    sent = stuffed + b"\r\n.\r\n" + ENVELOPE
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    client = Client()

    client.say(ENVELOPE)
    # The next envelope may come with the end of a text, never the next text.
    assert client.say(*(sent[one:two] for one, two in pairwise(places))) == OK + ENVELOPE_ANSWERS
    assert client.dialogue.accepted == 1


def test_several_mails_follow_each_other_and_each_is_noted_before_its_answer() -> None:
    client = Client()
    group = LETTER + b"Hello\r\n.\r\n" + ENVELOPE

    assert client.say(b"EHLO here\r\n", ENVELOPE).endswith(ENVELOPE_ANSWERS)
    assert client.say(group, group, group) == (OK + ENVELOPE_ANSWERS) * 3
    assert client.accepted == [("ada@example.org", "issue-1.copy-7@letters.test")] * 3
    assert client.dialogue.accepted == 3


def test_a_text_that_does_not_wait_for_354_is_refused_and_ends_the_dialogue() -> None:
    client = Client()

    answer = client.say(ENVELOPE + LETTER + b"Hello\r\n.\r\n" + ENVELOPE)

    assert answer == OK + OK + b"503 5.5.0 The text came before 354\r\n"
    assert client.dialogue.over
    assert client.accepted == []


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"EHLO here\r\n", b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"),
        (b"helo here\r\n", OK),
        (b"DATA\r\n", b"503 5.5.1 Not now\r\n"),
        (b"RCPT TO:<a@b.test>\r\n", b"503 5.5.1 Not now\r\n"),
        (b"MAIL FROM:<>\r\nMAIL FROM:<>\r\n", OK + b"503 5.5.1 Not now\r\n"),
        (b"MAIL FROM:<>\r\nDATA\r\n", OK + b"503 5.5.1 Not now\r\n"),
        (b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n", OK + OK + b"452 4.5.3 One recipient a mail\r\n"),
        (b"MAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b>\r\n", OK + OK + b"503 5.5.1 Not now\r\n"),
        (b"NOOP\r\n", OK),
        (b"XCOUNT\r\n", b"250 41\r\n"),
        (b"QUIT\r\n", b"221 2.0.0 Bye\r\n"),
        (b"What\r\n", b"500 5.5.2 What?\r\n"),
    ],
)
def test_each_command_has_its_answer_byte_by_byte_too(said: bytes, answers: bytes) -> None:
    assert Client().say(said) == answers
    assert Client().say(*(said[place : place + 1] for place in range(len(said)))) == answers


def test_a_line_without_end_ends_the_dialogue() -> None:
    client = Client()

    assert client.say(b"NOOP " * 400, b"NOOP " * 400) == b"500 5.5.6 The line is too long\r\n"
    assert client.dialogue.over


def test_a_mail_without_message_id_is_noted_by_its_recipient() -> None:
    client = Client()

    client.say(ENVELOPE, b"Subject: Hello\r\n\r\nText\r\n.\r\n")

    assert client.accepted == [("ada@example.org", "")]
