"""One connection's dialogue without a socket: what each answer, and each silence, proves about a mail."""

from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.smtp.dialogue import Dialogue, away
from service.adapters.smtp.extensions import Extensions
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail
from tests.adapters.smtp.peers import USUAL, Peer

ACCEPTED, DEFERRED, REFUSED, LOST = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.LOST_TRACK,
)
TEXT = b"Subject: a\r\n\r\n..dots\r\nend\r\n"
DOT = b".\r\n"


@dataclass
class Notes:
    """Keeps the order of what a witness is told and what leaves."""

    entries: list[tuple[str, int]] = field(default_factory=list)

    def note_leaving(self, key: int) -> None:
        self.entries.append(("leaving", key))

    def note_answer(self, key: int, outcome: Outcome) -> None:
        raise AssertionError((key, outcome, "the session says this, not the dialogue"))


class Line:
    """A dialogue and what it told; the wire between it and a peer is moved by the test."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self.told: list[tuple[int, Outcome]] = []
        self.notes = Notes()
        self.dialogue = Dialogue(
            Extensions(pipelining=pipelining), lambda key, outcome: self.told.append((key, outcome)), self.notes
        )

    def announce(self, *keys: int) -> None:
        for key in keys:
            self.dialogue.announce(mail(key))

    def written(self, count: int | None = None) -> bytes:
        """Let the kernel take ``count`` bytes, or all, and return them."""
        data = b"".join(self.dialogue.out)[:count]
        if data:
            self.dialogue.taken(len(data))
        return data

    def says(self, *replies: str) -> None:
        self.dialogue.receive("".join(f"{reply}\r\n" for reply in replies).encode())

    @property
    def outcomes(self) -> list[tuple[int, OutcomeKind, int | None, About]]:
        return [(key, outcome.kind, outcome.code, outcome.about) for key, outcome in self.told]


def mail(key: int, content: bytes = TEXT) -> OutgoingMail:
    return OutgoingMail(key, f"b-{key}@letters.test", f"reader{key}@example.test", content)


def group(key: int) -> bytes:
    return f"MAIL FROM:<b-{key}@letters.test>\r\nRCPT TO:<reader{key}@example.test>\r\nDATA\r\n".encode()


def test_with_pipelining_a_text_leaves_together_with_the_next_announcement() -> None:
    line = Line()
    line.announce(1)
    assert line.written() == group(1)
    line.says("250 ok", "250 ok", "354 go")
    line.announce(2)
    assert line.written() == TEXT + DOT + group(2)
    line.says("250 2.0.0 queued as 1", "250 ok", "250 ok", "354 go")
    assert line.told == [(1, Outcome(ACCEPTED, 250, "2.0.0 queued as 1"))]
    assert line.written() == TEXT + DOT


def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    line = Line(pipelining=False)
    line.announce(1)
    for command, reply in zip(group(1).splitlines(keepends=True), ("250 ok", "250 ok", "354 go"), strict=True):
        assert line.written() == command
        assert not line.dialogue.is_ready
        line.says(reply)
    assert line.written() == TEXT + DOT
    assert not line.dialogue.is_ready
    line.says("250 ok")
    assert line.dialogue.is_ready
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL)]


def test_at_most_one_mail_is_out_and_one_announced() -> None:
    line = Line()
    line.announce(1)
    assert not line.dialogue.is_ready
    line.says("250 ok", "250 ok", "354 go")
    assert line.dialogue.is_ready
    line.announce(2)
    assert not line.dialogue.is_ready


@pytest.mark.parametrize(
    ("replies", "kind", "code", "about"),
    [
        # The first refusal counts, whatever the commands after it are answered.
        (["550 5.7.1 no", "503 no", "503 no"], REFUSED, 550, About.SENDER),
        (["451 4.3.0 later", "503 no", "503 no"], DEFERRED, 451, About.SENDER),
        (["452 4.3.1 full", "503 no", "503 no"], DEFERRED, 452, About.SENDER),
        (["250 ok", "550 5.1.1 unknown", "554 no"], REFUSED, 550, About.RECIPIENT),
        (["250 ok", "450 4.2.0 greylisted", "554 no"], DEFERRED, 450, About.RECIPIENT),
        (["250 ok", "451 4.7.1 greylisted", "554 no"], DEFERRED, 451, About.RECIPIENT),
        (["250 ok", "452 4.2.2 full", "554 no"], DEFERRED, 452, About.RECIPIENT),
        (["250 ok", "251 ok", "554 5.7.1 policy"], REFUSED, 554, About.MAIL),
        (["250 ok", "252 ok", "451 4.3.0 later"], DEFERRED, 451, About.MAIL),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_case_24_25_a_refusal_before_the_text_is_the_mails_only_outcome_and_others_go_on(
    pipelining: bool, replies: list[str], kind: OutcomeKind, code: int, about: About
) -> None:
    line = Line(pipelining=pipelining)
    peer = Peer({verb: [reply] for verb, reply in zip(("MAIL", "RCPT", "DATA"), replies, strict=True)})
    line.announce(1)
    _talk(line, peer)
    assert line.outcomes == [(1, kind, code, about)]
    assert not peer.had
    well_again = Peer()
    line.announce(2)
    _talk(line, well_again)
    assert line.outcomes[1:] == [(2, ACCEPTED, 250, About.MAIL)]
    assert well_again.took == ["reader2@example.test"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_what_the_relay_took_of_a_refused_group_is_reset_before_the_next(pipelining: bool) -> None:
    line, peer = Line(pipelining=pipelining), Peer({"DATA": ["451 later"]})
    for key in (1, 2, 3):
        line.announce(key)
        _talk(line, peer)
    verbs = [command.partition(" ")[0] for command in peer.commands]
    assert verbs == ["MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA"]
    assert peer.took == ["reader2@example.test", "reader3@example.test"]


def test_a_text_asked_for_although_nobody_was_taken_is_ended_by_the_dot_alone() -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("250 ok", "550 5.1.1 unknown", "354 go")
    assert line.dialogue.is_ready
    line.announce(2)
    assert line.written() == DOT + group(2)
    line.says("554 5.5.1 no valid recipients", "250 ok", "250 ok", "354 go")
    assert line.written() == TEXT + DOT
    line.says("250 ok")
    assert line.outcomes == [(1, REFUSED, 550, About.RECIPIENT), (2, ACCEPTED, 250, About.MAIL)]
    assert line.notes.entries == [("leaving", 2)]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("250 2.0.0 ok", ACCEPTED),
        ("251 2.0.0 forwarded", ACCEPTED),
        ("451 4.3.0 later", DEFERRED),
        ("452 4.3.1 full", DEFERRED),
        ("550 5.7.1 policy", REFUSED),
        ("554 5.6.0 no", REFUSED),
    ],
)
def test_case_26_the_answer_to_the_dot_decides(reply: str, kind: OutcomeKind) -> None:
    line = Line()
    _bring_out(line, 1)
    line.says(reply)
    assert line.outcomes == [(1, kind, int(reply[:3]), About.MAIL)]
    assert line.told[0][1].text == reply[4:]
    assert line.dialogue.ended is None


@pytest.mark.parametrize("silence", ["hangs up", "354 what", "no reply at all", "421", "250-"])
def test_case_27_a_mail_whose_dot_is_out_is_lost_track_of_unless_the_relay_answers(silence: str) -> None:
    line = Line()
    _bring_out(line, 1)
    if silence == "hangs up":
        line.dialogue.receive(b"")
    else:
        line.says(silence)
        line.dialogue.receive(b"")
    # 421 is an answer: the relay says that it did not take it.
    assert line.outcomes == [
        (1, DEFERRED if silence == "421" else LOST, 421 if silence == "421" else None, About.RELAY)
    ]
    assert line.dialogue.ended is not None


def test_case_27_a_mail_is_certainly_not_sent_until_the_kernel_took_its_dot_line_whole() -> None:
    whole = len(TEXT + DOT)
    for taken in range(whole + 1):
        line = Line()
        line.announce(1)
        line.written()
        line.says("250 ok", "250 ok", "354 go")
        line.announce(2)
        line.written(taken)
        line.dialogue.receive(b"")
        assert line.outcomes[0][:2] == (1, DEFERRED if taken < whole else LOST), taken
        assert line.outcomes[0][3] is About.RELAY


@pytest.mark.parametrize("replies", [[], ["250 ok"], ["250 ok", "250 ok"]])
def test_case_27_a_drop_before_the_text_is_a_retry(replies: list[str]) -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says(*replies)
    line.dialogue.receive(b"")
    assert line.outcomes == [(1, DEFERRED, None, About.RELAY)]
    assert line.notes.entries == []


def test_a_line_that_ends_on_a_relay_that_answered_before_gives_the_announced_mail_back_to_begin_again() -> None:
    line = Line()
    _bring_out(line, 1)
    line.announce(2)
    line.written()
    line.says("250 ok")
    line.dialogue.receive(b"")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL)]
    assert line.dialogue.unbegun == mail(2)


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        (["421 4.7.0 busy"], [(1, DEFERRED, 421, About.RELAY)]),
        (["250 ok", "421 4.7.0 busy"], [(1, DEFERRED, 421, About.RELAY)]),
        (["250 ok", "250 ok", "421 4.7.0 busy"], [(1, DEFERRED, 421, About.RELAY)]),
        (["250 ok", "550 no", "421 4.7.0 busy"], [(1, REFUSED, 550, About.RECIPIENT)]),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_case_23_a_421_ends_the_connection_and_is_held_against_nobody(
    pipelining: bool, replies: list[str], told: list[tuple[int, OutcomeKind, int, About]]
) -> None:
    line = Line(pipelining=pipelining)
    line.announce(1)
    for reply in replies:
        line.written()
        line.says(reply)
    assert line.outcomes == told
    assert line.dialogue.ended == Outcome(DEFERRED, 421, "4.7.0 busy", About.RELAY)
    assert not line.dialogue.is_ready


def test_case_23_a_421_to_mail_on_a_connection_that_had_its_share_gives_the_mail_back() -> None:
    line = Line()
    _bring_out(line, 1)
    line.announce(2)
    line.says("250 ok", "421 4.7.0 too many mails in this connection")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL)]
    assert line.dialogue.unbegun == mail(2)


@pytest.mark.parametrize("replies", [["250 ok"], ["250 ok", "250 ok"]])
def test_case_23_a_421_about_a_mail_is_its_outcome_on_a_connection_that_had_its_share_too(replies: list[str]) -> None:
    line = Line()
    _bring_out(line, 1)
    line.announce(2)
    line.says("250 ok", *replies, "421 4.7.0 slow down")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL), (2, DEFERRED, 421, About.RELAY)]
    assert line.dialogue.unbegun is None


def test_nothing_is_said_or_heard_after_the_end() -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("250 ok", "550 5.1.1 unknown", "421 4.7.0 busy", "250 ok", "354 go")
    assert line.written() == b""
    line.dialogue.receive(b"421 4.3.2 again\r\n")
    assert line.dialogue.ended == Outcome(DEFERRED, 421, "4.7.0 busy", About.RELAY)


def test_a_421_between_mails_ends_the_connection() -> None:
    line = Line()
    line.says("421 4.4.2 idle too long")
    assert line.dialogue.ended == Outcome(DEFERRED, 421, "4.4.2 idle too long", About.RELAY)


@pytest.mark.parametrize("unasked", ["250 ok", "550 no", "hello"])
def test_a_word_out_of_turn_ends_the_connection(unasked: str) -> None:
    line = Line()
    line.says(unasked)
    assert line.dialogue.ended is not None
    assert line.dialogue.ended.about is About.RELAY


@pytest.mark.parametrize(
    "replies", [["354 go"], ["250 ok", "354 go"], ["250 ok", "250 ok", "250 ok"], ["250 ok", "250 ok", "334 go"]]
)
def test_an_answer_that_fits_no_question_ends_the_connection_before_the_text(replies: list[str]) -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says(*replies)
    assert line.outcomes == [(1, DEFERRED, None, About.RELAY)]
    assert line.dialogue.ended is not None


def test_a_relay_that_takes_a_recipient_after_it_refused_the_sender_gets_no_dot() -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("550 5.7.1 not you", "250 ok", "354 go")
    assert line.outcomes == [(1, REFUSED, 550, About.SENDER)]
    assert line.dialogue.ended is not None
    assert line.written() == b""


def test_a_refused_reset_ends_the_connection() -> None:
    line = Line()
    line.announce(1)
    line.says("250 ok", "250 ok", "451 no")
    line.announce(2)
    line.says("502 no such command")
    assert line.dialogue.ended is not None
    assert line.dialogue.unbegun == mail(2)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("552 5.3.4 too big", (1, REFUSED, 552, About.MAIL)),
        ("421 4.3.0 no", (1, DEFERRED, 421, About.RELAY)),
        ("250 ok", (1, DEFERRED, None, About.RELAY)),  # it can't have taken what has not left
    ],
)
def test_an_answer_before_the_text_is_out_ends_the_connection(
    reply: str, outcome: tuple[int, OutcomeKind, int | None, About]
) -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("250 ok", "250 ok", "354 go")
    line.written(len(TEXT))
    line.says(reply)
    assert line.outcomes == [outcome]
    assert line.dialogue.ended is not None


def test_what_is_given_up_is_announced_but_its_text_has_not_begun() -> None:
    line = Line()
    line.announce(1)
    line.written()
    assert line.dialogue.give_up() == 1
    assert line.dialogue.ended is not None
    line.says("250 ok", "250 ok", "354 go")
    assert line.written() == b""
    assert line.told == []


def test_giving_up_leaves_the_mail_whose_text_is_out_its_answer() -> None:
    line = Line()
    _bring_out(line, 1)
    line.announce(2)
    line.written()
    assert line.dialogue.give_up() == 2
    assert line.dialogue.ended is None
    assert not line.dialogue.is_ready
    line.says("250 ok")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL)]
    assert line.dialogue.ended is not None
    assert line.dialogue.unbegun is None
    line.says("250 ok", "250 ok", "354 go")
    assert line.written() == b""


def test_nothing_is_given_up_of_a_connection_that_announced_nothing() -> None:
    line = Line()
    _bring_out(line, 1)
    assert line.dialogue.give_up() is None
    assert line.dialogue.is_ready


def test_the_witness_hears_of_a_mail_before_any_of_its_bytes_leave_and_once() -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("250 ok", "250 ok")
    assert line.notes.entries == []
    line.says("354 go")
    assert line.notes.entries == [("leaving", 1)]
    while line.written(7):
        pass
    line.says("250 ok")
    assert line.notes.entries == [("leaving", 1)]


def test_a_phase_is_over_at_a_whole_reply_or_when_the_dot_is_out_and_at_nothing_less() -> None:
    line = Line()
    moves = [_moved(line)]
    line.announce(1)
    moves.append(_moved(line))
    line.dialogue.receive(b"250-slowly\r\n250-")
    moves.append(_moved(line))
    line.dialogue.receive(b"more\r\n250 ok\r\n")
    moves.append(_moved(line))
    line.says("250 ok", "354 go")
    moves.append(_moved(line))
    line.written(len(group(1) + TEXT))
    moves.append(_moved(line))
    assert not line.dialogue.is_answer_due
    line.written()
    moves.append(_moved(line))
    assert line.dialogue.is_answer_due
    assert moves == [False, True, False, True, True, False, True]


def _moved(line: Line) -> bool:
    moved, line.dialogue.moved = line.dialogue.moved, False
    return moved


def _bring_out(line: Line, key: int) -> None:
    """Announce a mail and let its text go out whole."""
    line.announce(key)
    line.written()
    line.says("250 ok", "250 ok", "354 go")
    line.written()


def _talk(line: Line, peer: Peer) -> None:
    """Carry everything both say, until both are silent."""
    while data := line.written():
        line.dialogue.receive(peer.hear(data))


_REPLIES = st.sampled_from(
    [
        "250 2.0.0 Ok",
        "251 Ok",
        "250-two\r\n250 lines",
        "354 Go",
        "334 What",
        "421 4.3.2 Closing",
        "450 4.2.0 Later",
        "451 4.7.1 Later",
        "550 5.1.1 Unknown",
        "554 5.7.1 Policy",
        "no reply",
        "250-x\r\n550 y",
    ]
)
_SCRIPTS = st.fixed_dictionaries(
    {verb: st.lists(st.one_of(st.just(usual), st.just(usual), _REPLIES), max_size=4) for verb, usual in USUAL.items()}
)


@dataclass
class Course:
    """What came of some mails on one connection."""

    told: list[tuple[int, Outcome]]
    unbegun: int | None
    waiting: int
    took: list[str]


def _run(script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int) -> Course:
    """Send mails; replies come in pieces of ``sizes``, and the relay hangs up after ``ends_after`` bytes of them."""
    line, peer = Line(pipelining=pipelining), Peer(script)
    waiting = deque(mail(key) for key in range(mails))
    coming, size = b"", deque(sizes)
    while line.dialogue.ended is None:
        while line.dialogue.is_ready and waiting:
            line.dialogue.announce(waiting.popleft())
        coming += peer.hear(line.written())
        length = min(size.popleft() if size else len(coming), ends_after)
        if not coming or not length:
            line.dialogue.receive(b"")
            break
        line.dialogue.receive(coming[:length])
        ends_after -= len(coming[:length])
        coming = coming[length:]
    unbegun = line.dialogue.unbegun
    return Course(line.told, unbegun.key if unbegun else None, len(waiting), peer.took)


@given(_SCRIPTS, st.integers(1, 4), st.booleans(), st.lists(st.integers(1, 30), max_size=40), st.integers(0, 400))
def test_any_split_of_the_relays_bytes_gives_the_same_outcomes(
    script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int
) -> None:
    in_pieces = _run(script, mails, pipelining, sizes, ends_after)
    byte_by_byte = _run(script, mails, pipelining, [1] * 1000, ends_after)
    assert in_pieces.told == byte_by_byte.told
    assert in_pieces.unbegun == byte_by_byte.unbegun


@given(_SCRIPTS, st.integers(1, 4), st.booleans(), st.lists(st.integers(1, 30), max_size=40), st.integers(0, 400))
def test_every_mail_that_was_announced_has_exactly_one_outcome_or_comes_back_and_none_lies(
    script: dict[str, list[str]], mails: int, pipelining: bool, sizes: list[int], ends_after: int
) -> None:
    course = _run(script, mails, pipelining, sizes, ends_after)
    keys = [key for key, _ in course.told] + ([] if course.unbegun is None else [course.unbegun])
    assert sorted(keys) == list(range(mails - course.waiting))
    took = {int(address.removeprefix("reader").partition("@")[0]) for address in course.took}
    accepted = {key for key, outcome in course.told if outcome.kind is ACCEPTED}
    doubtful = {key for key, outcome in course.told if outcome.kind is LOST}
    assert accepted <= took <= accepted | doubtful


@given(st.integers(0, 400), st.lists(st.integers(1, 50), max_size=60))
def test_however_the_kernel_takes_the_bytes_a_mail_is_doubtful_only_once_its_dot_is_out(
    dies_after: int, sizes: list[int]
) -> None:
    line, peer = Line(), Peer()
    waiting = deque([mail(0), mail(1), mail(2)])
    sent, size = 0, deque(sizes)
    while sent < dies_after:
        while line.dialogue.is_ready and waiting:
            line.dialogue.announce(waiting.popleft())
        data = line.written(min(size.popleft() if size else 400, dies_after - sent))
        if not data:
            break
        sent += len(data)
        said = peer.hear(data)
        if said and sent < dies_after:
            line.dialogue.receive(said)
    line.dialogue.end(away("the line broke"))
    told = dict(line.told)
    for key, outcome in told.items():
        had_dot = f"reader{key}@example.test" in peer.had
        assert (outcome.kind in {ACCEPTED, LOST}) == had_dot, (key, outcome)
