"""One connection's dialogue without a socket: what is said when, and what each answer says about a mail."""

import pytest

from service.mail.events import About, Outcome, OutcomeKind
from tests.adapters.smtp.dialogues import (
    ACCEPTED,
    DEFERRED,
    DOT,
    REFUSED,
    TEXT,
    Line,
    bring_out,
    group,
    talk,
)
from tests.adapters.smtp.peers import Peer


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
    talk(line, peer)
    assert line.outcomes == [(1, kind, code, about)]
    assert not peer.had
    well_again = Peer()
    line.announce(2)
    talk(line, well_again)
    assert line.outcomes[1:] == [(2, ACCEPTED, 250, About.MAIL)]
    assert well_again.took == ["reader2@example.test"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_what_the_relay_took_of_a_refused_group_is_reset_before_the_next(pipelining: bool) -> None:
    line, peer = Line(pipelining=pipelining), Peer({"DATA": ["451 later"]})
    for key in (1, 2, 3):
        line.announce(key)
        talk(line, peer)
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
    bring_out(line, 1)
    line.says(reply)
    assert line.outcomes == [(1, kind, int(reply[:3]), About.MAIL)]
    assert line.told[0][1].text == reply[4:]
    assert line.dialogue.ended is None
