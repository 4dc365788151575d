"""A session with a live relay that behaves: what leaves, over how many connections, and what is told."""

import socket
import threading

import pytest

from service.adapters.smtp import Patience
from service.adapters.smtp.greeting import Terms
from service.adapters.smtp.opening import Target
from service.adapters.smtp.session import SmtpSession
from service.mail.events import About, Outcome, OutcomeKind
from tests.adapters.smtp.fakerelay import DEFAULTS, OFFERS, Talk, be_silent, run_relay
from tests.adapters.smtp.sending import LONG, TEXT, finish, go_on_until, in_short, mail, relay_at, send
from tests.waiting import wait_until

ACCEPTED = (OutcomeKind.ACCEPTED, 250, About.MAIL)


class Notes:
    """A witness that keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, str]] = []

    def note_leaving(self, key: int) -> None:
        self.entries.append((key, "leaving"))

    def note_answer(self, key: int, outcome: Outcome) -> None:
        self.entries.append((key, outcome.kind.value))


@pytest.mark.parametrize("offers", [OFFERS, ()])
def test_every_mail_arrives_to_the_byte_and_once(offers: tuple[str, ...]) -> None:
    with run_relay() as relay:
        relay.offers = offers
        session = relay_at(relay).open()
        told = send(session, [mail(key) for key in range(50)])
        session.close()
    assert {in_short(outcome) for outcome in told.values()} == {ACCEPTED}
    assert told[0].text == "2.0.0 Queued"
    assert sorted((taken.sender, *taken.recipients) for taken in relay.mails) == sorted(
        (f"b-{key}@letters.test", f"reader{key}@example.test") for key in range(50)
    )
    assert {taken.content for taken in relay.mails} == {TEXT}


def test_a_mail_of_many_megabytes_arrives_whole() -> None:
    content = b"Subject: large\r\n\r\n" + b"abcdefghij" * 7 * 100_000 + b"\r\n"
    with run_relay() as relay:
        session = relay_at(relay).open()
        send(session, [mail(1, content), mail(2)])
        session.close()
    assert {taken.recipients[0]: taken.content for taken in relay.mails} == {
        "reader1@example.test": content,
        "reader2@example.test": TEXT,
    }


def test_connections_are_opened_as_mails_need_them_and_kept() -> None:
    def wait_for_company(talk: Talk) -> None:
        wait_until(lambda: len(talk.relay.talks) > 1, "another connection beside this one")
        talk.say(DEFAULTS["text"])

    with run_relay(text=[DEFAULTS["text"], wait_for_company]) as relay:
        session = relay_at(relay, connections=3).open()
        assert session.room == 3
        send(session, [mail(1)])
        assert len(relay.talks) == 1
        send(session, [mail(key) for key in range(2, 40)])
        assert 1 < len(relay.talks) <= 3
        session.close()
    assert [talk.commands[-1] for talk in relay.talks if talk.commands[1:]] == ["QUIT"] * len(
        [talk for talk in relay.talks if talk.commands[1:]]
    )


def test_a_session_may_be_told_to_open_fewer_connections() -> None:
    with run_relay() as relay:
        session = relay_at(relay).open(connections=1)
        assert session.room == 1
        send(session, [mail(key) for key in range(10)])
        session.close()
    assert len(relay.talks) == 1


def test_what_has_not_begun_is_handed_back_and_what_has_begun_keeps_its_answer() -> None:
    is_out, go_on = threading.Event(), threading.Event()

    def wait(talk: Talk) -> None:
        is_out.set()
        go_on.wait(LONG)
        talk.say(b"250 ok\r\n")

    with run_relay(text=[wait]) as relay:
        session = relay_at(relay, connections=1).open()
        for key in range(4):
            session.take(mail(key))
        assert go_on_until(session, is_out.is_set, "the first mail to be out") == []
        assert (session.in_hand, session.room) == (4, 0)
        assert session.recall() == [2, 3]  # 1 is announced already
        assert session.in_hand == 2
        assert session.hand_back() == [1]
        assert session.in_hand == 1
        assert session.hand_back() == []
        go_on.set()
        assert list(finish(session)) == [0]
        assert session.is_open
        told = send(session, [mail(5)])
        session.close()
    assert list(told) == [5]
    assert [taken.recipients for taken in relay.mails] == [["reader5@example.test"]]


def test_a_session_goes_on_after_all_was_handed_back_before_any_answer() -> None:
    is_asked = threading.Event()

    def dawdle(talk: Talk) -> None:
        is_asked.set()
        be_silent(talk)

    with run_relay(MAIL=[dawdle]) as relay:
        session = relay_at(relay, connections=1).open()
        session.take(mail(1))
        assert session.exchange(0) == []
        assert is_asked.wait(LONG)
        assert session.hand_back() == [1]
        assert session.is_open
        assert in_short(send(session, [mail(2)])[2]) == ACCEPTED
        session.close()


def test_the_witness_hears_of_each_mail_before_it_leaves_and_when_its_fate_is_known() -> None:
    notes = Notes()
    with run_relay(RCPT=[b"250 ok\r\n", b"550 5.1.1 unknown\r\n"]) as relay:
        session = relay_at(relay, connections=1).open(notes)
        send(session, [mail(1), mail(2)])
        session.close()
    assert [entry for entry in notes.entries if entry[0] == 1] == [(1, "leaving"), (1, "accepted")]
    assert [entry for entry in notes.entries if entry[0] == 2] == [(2, "refused")]


def test_an_exchange_without_a_mail_in_hand_returns_at_once_and_notices_a_lost_line() -> None:
    with run_relay() as relay:
        session = relay_at(relay).open()
        assert session.exchange(LONG) == []
        relay.stop_listening()
        relay.hang_up_all()
        told = send(session, [mail(1)])
    assert in_short(told[1]) == (OutcomeKind.DEFERRED, None, About.RELAY)
    assert not session.is_open


def test_a_kept_connection_that_the_relay_closed_meanwhile_costs_no_mail() -> None:
    with run_relay() as relay:
        session = relay_at(relay, connections=1).open()
        send(session, [mail(1)])
        relay.hang_up_all()
        assert in_short(send(session, [mail(2)])[2]) == ACCEPTED
        session.close()
    assert len(relay.talks) == 2


def test_an_address_that_cannot_be_written_never_reaches_the_wire() -> None:
    with run_relay() as relay:
        relay.offers = ("PIPELINING",)
        session = relay_at(relay).open()
        told = send(
            session,
            [
                mail(1, recipient="jane@example.test>\r\nRCPT TO:<eve@evil.test"),
                mail(2, recipient="жанна@example.test"),
                mail(3),
            ],
        )
        session.close()
    assert [in_short(told[key]) for key in (1, 2, 3)] == [
        (OutcomeKind.REFUSED, None, About.RECIPIENT),
        (OutcomeKind.REFUSED, None, About.RECIPIENT),
        ACCEPTED,
    ]
    assert told[2].text == "5.6.7 the relay can't take an address in this script"
    assert [command for command in relay.commands if "RCPT" in command] == ["RCPT TO:<reader3@example.test>"]


def test_an_address_in_any_script_is_sent_where_the_relay_can_take_it() -> None:
    with run_relay() as relay:
        session = relay_at(relay).open()
        send(session, [mail(1, recipient="жанна@example.test")])
        session.close()
    assert relay.mails[0].recipients == ["жанна@example.test"]
    assert "MAIL FROM:<b-1@letters.test> SMTPUTF8 BODY=8BITMIME" in relay.commands


def test_a_text_without_an_end_of_line_is_a_mistake_of_the_caller() -> None:
    with run_relay() as relay:
        session = relay_at(relay).open()
        with pytest.raises(ValueError, match="ends with CRLF"):
            session.take(mail(1, b"no end"))
        assert session.in_hand == 0
        session.close()


@pytest.mark.parametrize(("offers", "largest"), [(OFFERS, 10_240_000), (("SIZE 1000",), 1000), ((), None)])
def test_case_33_the_largest_mail_is_known_before_anything_is_sent(
    offers: tuple[str, ...], largest: int | None
) -> None:
    with run_relay() as relay:
        relay.offers = offers
        session = relay_at(relay).open()
        assert session.largest == largest
        session.close()


def test_after_a_good_time_every_address_of_the_relay_is_tried_again() -> None:
    with run_relay() as away, run_relay() as relay:
        away.stop_listening()
        addresses = [(socket.AF_INET, ("127.0.0.1", each.port)) for each in (away, relay)]
        target = Target("relay.test", Terms("letters.test"), None)
        session = SmtpSession(addresses, target, Patience(goodbye=LONG), limit=1, witness=None)
        session.start()
        for key in range(3):
            assert in_short(send(session, [mail(key)])[key]) == ACCEPTED
            relay.hang_up_all()
        session.close()
    assert len(relay.talks) == 3


def test_nothing_more_is_said_on_a_line_that_owes_an_answer() -> None:
    with run_relay(text=be_silent) as relay:
        session = relay_at(relay, connections=1).open()
        session.take(mail(1))
        assert go_on_until(session, lambda: relay.commands[-1:] == ["DATA"], "the mail to be announced") == []
        session.close()
    assert relay.talks[0].unheard in {b"", TEXT + b".\r\n"}


def test_a_closed_session_takes_nothing_and_closes_again() -> None:
    with run_relay() as relay:
        session = relay_at(relay).open()
        session.close()
        session.close()
    assert not session.is_open
    assert session.room == 0
