"""A session with a live relay that fails at a named point: the phase rule, and that nobody else is harmed."""

import os
import threading

import pytest

from service.adapters.smtp import Patience
from service.mail.events import About, OutcomeKind
from service.mail.transport import RelayAway
from tests.adapters.smtp.conftest import Trust
from tests.adapters.smtp.fakerelay import (
    DEFAULTS,
    Answer,
    FakeRelay,
    Talk,
    be_silent,
    drip,
    ehlo,
    flood,
    half_close,
    hang_up,
    reset,
    run_relay,
)
from tests.adapters.smtp.sending import LONG, SHORT, go_on_until, in_short, mail, relay_at, send

ACCEPTED = (OutcomeKind.ACCEPTED, 250, About.MAIL)
NOT_SENT = (OutcomeKind.DEFERRED, None, About.RELAY)
LOST = (OutcomeKind.LOST_TRACK, None, About.RELAY)

# Only the phase under test is short: the others must hold on a machine that is busy.
HASTY_GREETING = Patience(greeting=SHORT)
HASTY_COMMAND = Patience(command=SHORT)
HASTY_ANSWER = Patience(answer=SHORT)


def only_for(recipient: str, answer: Answer, otherwise: bytes) -> Answer:
    """Return an answer that one recipient's mail has, and all others not."""

    def choose(talk: Talk) -> None:
        if talk.recipients != [recipient]:
            talk.say(otherwise)
            if otherwise.startswith(b"354"):
                talk.read_text()
                talk.say(DEFAULTS["text"])
        elif callable(answer):
            answer(talk)
        else:
            talk.say(answer)

    return choose


@pytest.mark.parametrize(
    "fault", [hang_up, reset, half_close, be_silent, drip(b"250-", 0.01), b"354 what\r\n", b"?\r\n"]
)
@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA"])
def test_case_27_whatever_goes_wrong_before_the_text_the_mail_was_not_sent(where: str, fault: Answer) -> None:
    if (where, fault) == ("DATA", b"354 what\r\n"):
        fault = b"250 what\r\n"
    with run_relay(**{where: fault}) as relay:
        session = relay_at(relay, connections=1, patience=HASTY_COMMAND).open()
        told = send(session, [mail(1)])
        session.close()
    assert in_short(told[1]) == NOT_SENT
    assert not relay.mails


@pytest.mark.parametrize(
    "fault", [hang_up, reset, half_close, be_silent, drip(b"250-", 0.01), b"354 what\r\n", b"?\r\n"]
)
def test_case_27_28_whatever_goes_wrong_after_the_dot_the_mail_is_lost_track_of_and_others_go_on(fault: Answer) -> None:
    with run_relay(text=only_for("reader1@example.test", fault, DEFAULTS["text"])) as relay:
        session = relay_at(relay, connections=1, patience=HASTY_ANSWER).open()
        told = send(session, [mail(1)])
        assert in_short(told[1]) == LOST
        assert told[1].text.startswith("the text was out, and no answer came: ")


def test_case_27_the_mail_announced_behind_one_that_is_lost_goes_out_over_a_new_connection() -> None:
    with run_relay(text=[DEFAULTS["text"], hang_up]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(key) for key in range(6)])
        session.close()
    assert [in_short(told[key]) for key in range(6)] == [ACCEPTED, LOST, ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED]


def test_case_27_a_mail_whose_connection_ends_without_a_word_is_begun_anew_at_once() -> None:
    go_on = threading.Event()

    def wait_and_hang_up(talk: Talk) -> None:
        go_on.wait(LONG)
        hang_up(talk)

    with run_relay(MAIL=[DEFAULTS["MAIL"], wait_and_hang_up]) as relay:
        session = relay_at(relay, connections=1).open()
        session.take(mail(1))
        session.take(mail(2))
        assert [(key, in_short(outcome)) for key, outcome in session.exchange(LONG)] == [(1, ACCEPTED)]
        go_on.set()
        assert [(key, in_short(outcome)) for key, outcome in session.exchange(LONG)] == [(2, ACCEPTED)]
        session.close()


def test_case_28_a_reset_in_the_middle_of_the_text_is_a_retry() -> None:
    content = b"Subject: large\r\n\r\n" + b"a" * 64 * 1024 * 1024 + b"\r\n"

    def reset_while_reading(talk: Talk) -> None:
        talk.say(b"354 go\r\n")
        talk.sock.recv(100_000)
        reset(talk)

    with run_relay(DATA=reset_while_reading) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1, content)])
        session.close()
    assert in_short(told[1]) == NOT_SENT


def test_case_28_a_relay_that_stops_reading_in_the_middle_of_the_text_is_a_retry() -> None:
    content = b"Subject: large\r\n\r\n" + b"a" * 64 * 1024 * 1024 + b"\r\n"
    done = threading.Event()

    def stop_reading(talk: Talk) -> None:
        talk.say(b"354 go\r\n")
        done.wait(LONG)

    with run_relay(DATA=stop_reading) as relay:
        session = relay_at(relay, connections=1, patience=HASTY_COMMAND).open()
        told = send(session, [mail(1, content)])
        session.close()
        done.set()
    assert in_short(told[1]) == NOT_SENT


@pytest.mark.parametrize(("where", "expected"), [("RCPT", NOT_SENT), ("text", LOST)])
def test_case_28_a_line_whose_encryption_breaks_follows_the_phase_rule(
    trust: Trust, where: str, expected: tuple[OutcomeKind, int | None, About]
) -> None:
    def speak_unencrypted(talk: Talk) -> None:
        os.write(talk.sock.fileno(), b"250 2.0.0 not encrypted\r\n")
        talk.wait_until_left()

    with FakeRelay({where: speak_unencrypted}, context=trust.server, is_tls_first=True) as relay:
        session = relay_at(relay, "smtps", context=trust.client, connections=1).open()
        told = send(session, [mail(1)])
        session.close()
    assert in_short(told[1]) == expected


@pytest.mark.parametrize(
    "banner", [drip(b"220 relay", 0.01), flood(b"220-more\r\n"), b"220 " + b"a" * 9000 + b"\r\n", be_silent, half_close]
)
@pytest.mark.parametrize("where", ["greeting", "EHLO"])
def test_case_29_a_greeting_without_end_ends_by_its_deadline(where: str, banner: Answer) -> None:
    with (
        run_relay(**{where: banner}) as relay,
        pytest.raises(RelayAway, match="The mail relay main can't be used now") as away,
    ):
        relay_at(relay, patience=HASTY_GREETING).open()
    assert in_short(away.value.outcome) == NOT_SENT


@pytest.mark.parametrize("where", ["greeting", "EHLO", "RCPT", "text"])
@pytest.mark.parametrize("loris", [drip(b"250-a byte now and then", 0.01), be_silent])
def test_case_29_a_connection_that_dawdles_harms_no_other(where: str, loris: Answer) -> None:
    usual = DEFAULTS.get(where, ehlo("PIPELINING"))
    with run_relay(**{where: [usual, loris]}) as relay:
        session = relay_at(relay, connections=3).open()
        for key in range(30):
            session.take(mail(key))
        # The one that dawdles keeps at most the mail it has out and the one announced behind it.
        told = go_on_until(session, lambda: session.in_hand <= 2, "the others to be sent")
        assert len(told) >= 28
        assert {in_short(outcome) for _, outcome in told} == {ACCEPTED}
        session.close()


def test_a_relay_that_ends_each_connection_is_away_when_none_can_be_opened_any_more() -> None:
    def stop(talk: Talk) -> None:
        talk.relay.stop_listening()
        hang_up(talk)

    with run_relay(text=[DEFAULTS["text"], DEFAULTS["text"], stop]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(key) for key in range(8)])
        assert not session.is_open
        assert session.room == 0
        assert session.closing_words is not None
        assert in_short(session.closing_words) == NOT_SENT
        late = send(session, [mail(9)])
        session.close()
    assert [in_short(told[key]) for key in range(8)] == [ACCEPTED, ACCEPTED, LOST, *[NOT_SENT] * 5]
    assert in_short(late[9]) == NOT_SENT


def test_a_mail_that_makes_the_relay_hang_up_does_not_go_round_for_ever() -> None:
    with run_relay(RCPT=only_for("reader3@example.test", hang_up, DEFAULTS["RCPT"])) as relay:
        session = relay_at(relay, connections=2).open()
        told = send(session, [mail(key) for key in range(6)])
        session.close()
    assert in_short(told[3]) == NOT_SENT
    assert [in_short(told[key]) for key in (0, 1, 2)] == [ACCEPTED] * 3


def test_a_name_that_leads_nowhere_is_a_sentence_without_the_password() -> None:
    with run_relay() as relay, pytest.raises(RelayAway) as away:
        relay_at(relay, host="relay.invalid", user="jane:secret").open()
    assert away.value.message == "The mail relay main can't be used now (its name relay.invalid leads nowhere)."


def test_a_port_where_nobody_listens_is_a_sentence() -> None:
    with run_relay() as relay:
        relay.stop_listening()
        with pytest.raises(RelayAway, match=r"The mail relay main can't be used now \(Connection refused\)"):
            relay_at(relay).open()
