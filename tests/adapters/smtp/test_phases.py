"""What a silence proves: the phase of a mail at every byte, without a socket."""

import pytest

from service.mail.events import About, Outcome, OutcomeKind
from tests.adapters.smtp.dialogues import (
    ACCEPTED,
    DEFERRED,
    DOT,
    LOST,
    REFUSED,
    TEXT,
    Line,
    bring_out,
    group,
    mail,
)


@pytest.mark.parametrize("silence", ["hangs up", "354 what", "no reply at all", "421", "250-"])
def test_case_27_a_mail_whose_dot_is_out_is_lost_track_of_unless_the_relay_answers(silence: str) -> None:
    line = Line()
    bring_out(line, 1)
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
    bring_out(line, 1)
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
    bring_out(line, 1)
    line.announce(2)
    line.says("250 ok", "421 4.7.0 too many mails in this connection")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL)]
    assert line.dialogue.unbegun == mail(2)


@pytest.mark.parametrize("replies", [["250 ok"], ["250 ok", "250 ok"]])
def test_case_23_a_421_about_a_mail_is_its_outcome_on_a_connection_that_had_its_share_too(replies: list[str]) -> None:
    line = Line()
    bring_out(line, 1)
    line.announce(2)
    line.says("250 ok", *replies, "421 4.7.0 slow down")
    assert line.outcomes == [(1, ACCEPTED, 250, About.MAIL), (2, DEFERRED, 421, About.RELAY)]
    assert line.dialogue.unbegun is None


def test_nothing_is_said_or_heard_after_the_end() -> None:
    line = Line()
    line.announce(1)
    line.written()
    line.says("250 ok", "421 4.7.0 busy", "354 go", "250 ok")
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
    bring_out(line, 1)
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
    bring_out(line, 1)
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
