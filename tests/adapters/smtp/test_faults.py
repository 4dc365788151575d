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
from tests.adapters.smtp.sending import LONG, SHORT, TURNS, finish, in_short, mail, relay_at, send

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


@pytest.mark.parametrize("where", ["greeting", "EHLO"])
def test_case_23_a_421_at_connect_says_that_the_relay_is_away(where: str) -> None:
    with run_relay(**{where: b"421 4.3.2 come back later\r\n"}) as relay, pytest.raises(RelayAway) as away:
        relay_at(relay).open()
    assert in_short(away.value.outcome) == (OutcomeKind.DEFERRED, 421, About.RELAY)
    assert away.value.message == "The mail relay main can't be used now (421 4.3.2 come back later)."


def test_case_23_a_421_for_one_more_connection_leaves_the_others_at_work() -> None:
    first = threading.Event()

    def take(talk: Talk) -> None:
        first.wait(LONG)
        talk.say(DEFAULTS["text"])

    busy: list[Answer] = [DEFAULTS["greeting"], *[b"421 4.7.0 too many connections\r\n"] * 3]
    with run_relay(greeting=busy, text=take) as relay:
        session = relay_at(relay, connections=4).open()
        for key in range(20):
            session.take(mail(key))
        for _ in range(TURNS):
            assert session.exchange(0.01) == []
            if len(relay.talks) == 4:
                break
        first.set()
        told = finish(session)
        session.close()
    assert len(told) == 20
    assert len(relay.talks) == 4


@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA"])
def test_case_23_a_421_to_one_mail_is_its_own_and_the_others_go_on_over_a_new_connection(where: str) -> None:
    script: dict[str, Answer | list[Answer]] = {where: [b"421 4.7.0 slow down\r\n"]}
    with FakeRelay(script) as relay:
        session = relay_at(relay, connections=2).open()
        told = send(session, [mail(key) for key in range(10)])
        session.close()
    outcomes = [in_short(outcome) for outcome in told.values()]
    assert outcomes.count((OutcomeKind.DEFERRED, 421, About.RELAY)) == 1
    assert outcomes.count(ACCEPTED) == 9


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "451 4.7.1 greylisted", "452 4.2.2 full"])
def test_case_24_a_recipient_that_is_put_off_is_deferred_in_the_relays_words(reply: str) -> None:
    with run_relay(RCPT=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (OutcomeKind.DEFERRED, int(reply[:3]), About.RECIPIENT)
    assert told[1].text == reply[4:]
    assert in_short(told[2]) == ACCEPTED


@pytest.mark.parametrize(("reply", "is_policy"), [("550 5.1.1 user unknown", False), ("550 5.7.1 policy", True)])
def test_case_25_a_recipient_that_is_refused_and_a_policy_can_be_told_apart(reply: str, is_policy: bool) -> None:
    with run_relay(RCPT=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (OutcomeKind.REFUSED, 550, About.RECIPIENT)
    assert told[1].is_policy is is_policy
    assert in_short(told[2]) == ACCEPTED
    assert [taken.recipients for taken in relay.mails] == [["reader2@example.test"]]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("250 2.0.0 ok", OutcomeKind.ACCEPTED),
        ("251 2.1.5 forwarded", OutcomeKind.ACCEPTED),
        ("451 4.3.0 later", OutcomeKind.DEFERRED),
        ("552 5.3.4 too big", OutcomeKind.REFUSED),
    ],
)
def test_case_26_after_the_dot_the_answer_decides(reply: str, kind: OutcomeKind) -> None:
    with run_relay(text=[f"{reply}\r\n".encode()]) as relay:
        session = relay_at(relay, connections=1).open()
        told = send(session, [mail(1), mail(2)])
        session.close()
    assert in_short(told[1]) == (kind, int(reply[:3]), About.MAIL)
    assert in_short(told[2]) == ACCEPTED


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
        told = []
        for _ in range(TURNS):
            told += session.exchange(0.05)
            if len(told) >= 28:
                break
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
