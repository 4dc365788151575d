"""What may be written to the wire as an address."""

import pytest

from service.adapters.smtp.envelope import announcement
from service.adapters.smtp.extensions import Extensions
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail

ANY_SCRIPT = Extensions(smtp_utf8=True)


def _mail(sender: str, recipient: str) -> OutgoingMail:
    return OutgoingMail(1, sender, recipient, b"text\r\n")


@pytest.mark.parametrize(
    ("sender", "recipient", "commands"),
    [
        ("b-1@l.test", "jane@example.test", b"MAIL FROM:<b-1@l.test>\r\nRCPT TO:<jane@example.test>\r\nDATA\r\n"),
        ("", "o'hara+x@example.test", b"MAIL FROM:<>\r\nRCPT TO:<o'hara+x@example.test>\r\nDATA\r\n"),
        (
            "b-1@l.test",
            "жанна@example.test",
            "MAIL FROM:<b-1@l.test> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<жанна@example.test>\r\nDATA\r\n".encode(),
        ),
    ],
)
def test_an_announcement_is_three_commands(sender: str, recipient: str, commands: bytes) -> None:
    assert announcement(_mail(sender, recipient), ANY_SCRIPT) == commands


_BAD = ["\r", "\n", "\x00", " ", "\t", "<", ">", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\ud800"]


@pytest.mark.parametrize("sign", _BAD, ids=ascii)
def test_an_address_that_could_end_a_command_is_refused_and_not_written(sign: str) -> None:
    for recipient in (f"jane@a.test{sign}", f"{sign}jane@a.test", f"jane{sign}RCPT TO:eve@evil.test@a.test"):
        refusal = announcement(_mail("b@l.test", recipient), ANY_SCRIPT)
        assert isinstance(refusal, Outcome)
        assert (refusal.kind, refusal.about, refusal.code) == (OutcomeKind.REFUSED, About.RECIPIENT, None)
    refusal = announcement(_mail(f"b{sign}@l.test", "jane@a.test"), ANY_SCRIPT)
    assert isinstance(refusal, Outcome)
    assert (refusal.kind, refusal.about) == (OutcomeKind.REFUSED, About.SENDER)


def test_no_recipient_at_all_is_refused() -> None:
    assert isinstance(announcement(_mail("b@l.test", ""), ANY_SCRIPT), Outcome)


@pytest.mark.parametrize(
    ("sender", "recipient", "about"),
    [("b@l.test", "жанна@a.test", About.RECIPIENT), ("ж@l.test", "jane@a.test", About.SENDER)],
)
def test_an_address_in_any_script_is_refused_here_where_the_relay_cannot_take_it(
    sender: str, recipient: str, about: About
) -> None:
    refusal = announcement(_mail(sender, recipient), Extensions())
    assert refusal == Outcome(OutcomeKind.REFUSED, None, "5.6.7 the relay can't take an address in this script", about)
    assert refusal.enhanced == "5.6.7"
