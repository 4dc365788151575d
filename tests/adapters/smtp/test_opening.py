"""Greeting a live relay: TLS with a verified certificate, signing in, and what is refused before a word of mail."""

import base64
import ssl
from typing import cast

import pytest

from service.adapters.smtp import Patience
from service.adapters.smtp.greeting import Terms
from service.adapters.smtp.line import Line
from service.adapters.smtp.opening import Opening, Target
from service.mail.events import About, OutcomeKind
from service.mail.transport import RelayAway
from tests.adapters.smtp.conftest import Trust
from tests.adapters.smtp.fakerelay import Answer, FakeRelay, Talk, be_silent, ehlo, run_relay
from tests.adapters.smtp.sending import LONG, in_short, mail, relay_at, send

ACCEPTED = (OutcomeKind.ACCEPTED, 250, About.MAIL)
PASSWORD = "pass:wörd/with@signs"  # test data
USER = "jane:pass%3Aw%C3%B6rd%2Fwith%40signs"
PLAIN = base64.b64encode(f"\0jane\0{PASSWORD}".encode()).decode()


def _away(relay: FakeRelay, scheme: str, context: ssl.SSLContext | None, user: str = "") -> RelayAway:
    with pytest.raises(RelayAway) as away:
        relay_at(relay, scheme, context=context, user=user, patience=Patience(greeting=LONG)).open()
    assert "rd/with" not in away.value.message
    return away.value


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_mail_goes_out_encrypted_and_signed_in(trust: Trust, scheme: str) -> None:
    with FakeRelay({"EHLO": [ehlo("STARTTLS")] if scheme != "smtps" else []}, context=trust.server) as relay:
        relay.offers = ("PIPELINING", "AUTH LOGIN PLAIN", "SIZE 5000")
        relay.is_tls_first = scheme == "smtps"
        session = relay_at(relay, scheme, context=trust.client, user=USER, connections=1).open()
        told = send(session, [mail(key) for key in range(5)])
        # What was said before the encryption counts no more (RFC 3207 §4.2).
        assert session.largest == 5000
        session.close()
    assert {in_short(outcome) for outcome in told.values()} == {ACCEPTED}
    assert len(relay.mails) == 5
    before = [] if scheme == "smtps" else ["EHLO letters.test", "STARTTLS"]
    assert relay.commands[: len(before) + 2] == [*before, "EHLO letters.test", f"AUTH PLAIN {PLAIN}"]


def test_a_large_mail_goes_out_encrypted_to_the_byte(trust: Trust) -> None:
    content = b"Subject: large\r\n\r\n" + b"abcdefghij" * 300_000 + b"\r\n"
    with FakeRelay(context=trust.server, is_tls_first=True) as relay:
        session = relay_at(relay, "smtps", context=trust.client).open()
        send(session, [mail(key, content) for key in range(3)])
        session.close()
    assert [taken.content == content for taken in relay.mails] == [True] * 3


def test_case_31_without_starttls_a_route_that_requires_it_says_nothing_more(trust: Trust) -> None:
    with FakeRelay(offers=("PIPELINING", "AUTH PLAIN")) as relay:
        away = _away(relay, "smtp+starttls", trust.client, USER)
    assert away.message == ("The mail relay main can't be used now (it offers no STARTTLS, which this route requires).")
    assert relay.commands == ["EHLO letters.test"]


@pytest.mark.parametrize("reply", [b"454 4.7.0 not now\r\n", b"502 no\r\n"])
def test_case_31_a_refused_starttls_ends_it(trust: Trust, reply: bytes) -> None:
    with FakeRelay({"STARTTLS": reply}, offers=("STARTTLS", "AUTH PLAIN")) as relay:
        away = _away(relay, "smtp+starttls", trust.client, USER)
    assert away.outcome.code == int(reply[:3])
    assert relay.commands == ["EHLO letters.test", "STARTTLS"]


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_certificate_that_nobody_trusts_ends_it_before_the_password(trust: Trust, scheme: str) -> None:
    with FakeRelay(offers=("STARTTLS", "AUTH PLAIN"), context=trust.server, is_tls_first=scheme == "smtps") as relay:
        away = _away(relay, scheme, None, USER)
    assert "its certificate can't be trusted: self-signed certificate" in away.message
    assert in_short(away.outcome) == (OutcomeKind.DEFERRED, None, About.RELAY)
    assert relay.commands == ([] if scheme == "smtps" else ["EHLO letters.test", "STARTTLS"])


def test_a_certificate_for_another_name_ends_it(trust: Trust) -> None:
    with FakeRelay(context=trust.server, is_tls_first=True) as relay:
        ours = relay_at(relay, "smtps", context=trust.client, host="localhost")
        with pytest.raises(RelayAway, match=r"its certificate can't be trusted: .*localhost"):
            ours.open()
    assert relay.commands == []


def test_what_is_slipped_in_before_the_encryption_is_not_taken_for_the_relays_words(trust: Trust) -> None:
    # CVE-2011-0411 the other way round: whoever sits between adds a reply to the one that begins TLS.
    slipped = b"220 2.0.0 Ready\r\n250 AUTH PLAIN\r\n"
    with FakeRelay({"STARTTLS": lambda talk: talk.say(slipped)}, offers=("STARTTLS",)) as relay:
        away = _away(relay, "smtp+starttls", trust.client)
    assert "before it was asked" in away.message
    with FakeRelay({"STARTTLS": lambda talk: talk.say(b"220 Ready\r\n250 AU")}, offers=("STARTTLS",)) as relay:
        away = _away(relay, "smtp+starttls", trust.client)
    assert "unencrypted after STARTTLS" in away.message


def test_a_relay_that_speaks_no_tls_is_a_sentence(trust: Trust) -> None:
    with run_relay() as relay:
        away = _away(relay, "smtps", trust.client)
    assert "TLS failed" in away.message


def test_a_handshake_that_never_ends_ends_by_the_deadline(trust: Trust) -> None:
    with FakeRelay({"greeting": be_silent}) as relay, pytest.raises(RelayAway, match="not ready for mail in time"):
        relay_at(relay, "smtps", context=trust.client, patience=Patience(greeting=0.2)).open()


@pytest.mark.parametrize("reply", [b"535 5.7.8 wrong password\r\n", b"534 5.7.9 use another way\r\n"])
def test_case_30_a_refused_password_is_the_relays_answer_and_is_asked_for_once(reply: bytes) -> None:
    with FakeRelay({"AUTH": reply}, offers=("AUTH PLAIN",)) as relay:
        away = _away(relay, "smtp", None, USER)
    assert in_short(away.outcome) == (OutcomeKind.REFUSED, int(reply[:3]), About.RELAY)
    assert away.outcome.text == reply[4:].strip().decode()
    assert len(relay.talks) == 1


def test_case_30_a_password_that_is_refused_later_defers_what_waits_and_tells_why() -> None:
    welcome = b"235 welcome\r\n"
    with FakeRelay(
        {"AUTH": [welcome, b"535 5.7.8 no more\r\n"], "text": [b"250 ok\r\n", b"421 4.3.2 restarting\r\n"]},
        offers=("AUTH PLAIN",),
    ) as relay:
        session = relay_at(relay, user=USER, connections=1).open()
        told = send(session, [mail(key) for key in range(4)])
        session.close()
    assert [in_short(told[key])[:2] for key in range(4)] == [
        (OutcomeKind.ACCEPTED, 250),
        (OutcomeKind.DEFERRED, 421),
        (OutcomeKind.DEFERRED, 535),
        (OutcomeKind.DEFERRED, 535),
    ]
    assert {outcome.about for key, outcome in told.items() if key} == {About.RELAY}
    assert session.closing_words is not None
    assert in_short(session.closing_words) == (OutcomeKind.REFUSED, 535, About.RELAY)


def test_sign_in_by_login_where_there_is_no_plain() -> None:
    heard: list[str] = []

    def ask(talk: Talk) -> None:
        for question in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
            talk.say(question)
            heard.append(base64.b64decode(talk.read_line()).decode())
        talk.say(b"235 welcome\r\n")

    with FakeRelay({"AUTH": ask}, offers=("AUTH LOGIN CRAM-MD5",)) as relay:
        relay_at(relay, user=USER).open().close()
    assert heard == ["jane", PASSWORD]
    assert "AUTH LOGIN" in relay.commands


@pytest.mark.parametrize("offers", [("PIPELINING",), ("AUTH CRAM-MD5",)])
def test_a_relay_that_offers_no_sign_in_we_know_is_a_sentence(offers: tuple[str, ...]) -> None:
    with FakeRelay(offers=offers) as relay:
        away = _away(relay, "smtp", None, USER)
    assert "it offers no sign-in by AUTH PLAIN or LOGIN" in away.message
    assert relay.commands == ["EHLO letters.test"]


@pytest.mark.parametrize(
    ("where", "reply"),
    [("greeting", b"554 5.7.1 go away\r\n"), ("EHLO", b"550 5.7.1 who are you\r\n"), ("EHLO", b"502 what\r\n")],
)
def test_a_refused_greeting_is_the_relays_answer(where: str, reply: bytes) -> None:
    script: dict[str, Answer | list[Answer]] = {where: reply}
    with FakeRelay(script) as relay:
        away = _away(relay, "smtp", None)
    assert in_short(away.outcome) == (OutcomeKind.REFUSED, int(reply[:3]), About.RELAY)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("greeting", b"220 hello\r\n250 you want to send mail, do you\r\n"),
        ("EHLO", b"250 relay.test\r\n250 and no"),
        ("EHLO", b"250 relay.test\r\n250-and"),
    ],
)
def test_a_relay_that_goes_on_talking_before_it_is_asked_is_left(where: str, words: bytes) -> None:
    script: dict[str, Answer | list[Answer]] = {where: words}
    with FakeRelay(script) as relay:
        away = _away(relay, "smtp", None)
    assert "before it was asked" in away.message


class FarLine:
    """A line to another machine, with a relay on it that offers to sign in."""

    is_loopback = False
    wants_to_write = False

    def __init__(self) -> None:
        self.coming = [b"220 relay.test\r\n", ehlo("AUTH PLAIN"), b"235 welcome\r\n"]
        self.said = b""

    def finish_connecting(self) -> None:
        pass

    def write(self, pieces: list[bytes]) -> int:
        self.said += b"".join(pieces)
        return sum(map(len, pieces))

    def read(self) -> bytes:
        return self.coming.pop(0)


def test_no_password_goes_to_another_machine_unencrypted() -> None:
    line = FarLine()
    terms = Terms("letters.test", user="jane", password="secret")
    opening = Opening(cast("Line", line), Target("relay.test", terms, None), due=0)
    for _ in range(3):
        opening.go_on()
    assert opening.ended is not None
    assert opening.ended.text == "it would be sent the password unencrypted; use smtp+starttls:// or smtps://"
    assert line.said == b"EHLO letters.test\r\n"
