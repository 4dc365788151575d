"""The tests' own SMTP server: every misbehaviour that it can be told, as a client meets it."""

import smtplib

import pytest

from tests.fixtures.smtp import SmtpSink

MAIL = b"Subject: Hello\r\n\r\nText\r\n"


def _send(sink: SmtpSink, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=60) as client:
        return client.sendmail("ada@example.org", recipients, MAIL)


def test_it_keeps_mails_in_the_order_of_arrival(smtp_sink: SmtpSink) -> None:
    _send(smtp_sink, "one@example.org")
    _send(smtp_sink, "two@example.org", "three@example.org")

    assert [mail.source for mail in smtp_sink.messages] == [MAIL, MAIL]
    assert smtp_sink.recipients == ["one@example.org", "two@example.org", "three@example.org"]
    assert smtp_sink.url == f"smtp://127.0.0.1:{smtp_sink.port}"


@pytest.mark.parametrize("reply", ["550 5.1.1 No such user", "452 4.2.2 Mailbox full"])
def test_a_refused_recipient_hears_the_reply_and_the_others_get_the_mail(smtp_sink: SmtpSink, reply: str) -> None:
    smtp_sink.refuse("gone@example.org", reply)

    refused = _send(smtp_sink, "gone@example.org", "here@example.org")

    assert {address: f"{code} {text.decode()}" for address, (code, text) in refused.items()} == {
        "gone@example.org": reply
    }
    assert smtp_sink.recipients == ["here@example.org"]


def test_a_refusal_can_end_after_some_times(smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse("busy@example.org", "450 4.2.1 Try later", times=1)

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        _send(smtp_sink, "busy@example.org")
    _send(smtp_sink, "busy@example.org")

    assert smtp_sink.recipients == ["busy@example.org"]


def test_a_mail_refused_after_the_dot_is_not_kept(smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse_data("554 5.7.1 Looks like spam", times=1)

    with pytest.raises(smtplib.SMTPDataError):
        _send(smtp_sink, "one@example.org")
    _send(smtp_sink, "two@example.org")

    assert smtp_sink.recipients == ["two@example.org"]


def test_a_mail_cut_after_the_dot_is_kept_though_the_client_hears_nothing(smtp_sink: SmtpSink) -> None:
    smtp_sink.cut_after_data()

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        _send(smtp_sink, "one@example.org")
    _send(smtp_sink, "two@example.org")

    assert smtp_sink.recipients == ["one@example.org", "two@example.org"]


def test_a_delayed_answer_outlasts_an_impatient_client(smtp_sink: SmtpSink) -> None:
    smtp_sink.delay_data(30)

    client = smtplib.SMTP("127.0.0.1", smtp_sink.port, timeout=60)
    client.ehlo()
    client.mail("ada@example.org")
    client.rcpt("one@example.org")
    assert client.docmd("DATA")[0] == 354
    client.send(MAIL + b".\r\n")
    assert client.sock is not None
    client.sock.settimeout(0.1)  # from now on: what comes has the time that a busy machine needs
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.getreply()
    client.close()

    assert smtp_sink.messages == []
