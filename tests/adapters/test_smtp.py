"""The SMTP dialogue against a real server that misbehaves: what each phase proves."""

import pytest

from service.adapters.smtp import SmtpTransport
from service.errors import Unavailable
from service.mail.events import OutcomeKind
from tests.fixtures.smtp import SmtpSink

MESSAGE = b"From: a@letters.test\r\nSubject: dots\r\n\r\n.leading dot\r\n..two\r\nend\r\n"
SENDER, READER = "letter@letters.test", "jane@example.test"


def _transport(sink: SmtpSink) -> SmtpTransport:
    return SmtpTransport(sink.url, "letters.test")


def test_an_accepted_mail_arrives_to_the_byte_and_the_connection_is_kept(smtp_sink: SmtpSink) -> None:
    connection = _transport(smtp_sink).connect()
    for _ in range(2):
        assert connection.begin(SENDER, READER) is None
        assert connection.finish(MESSAGE).kind is OutcomeKind.ACCEPTED
    connection.close()
    assert [mail.source for mail in smtp_sink.messages] == [MESSAGE, MESSAGE]
    assert smtp_sink.recipients == [READER, READER]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.1.1 No such user", OutcomeKind.REFUSED),
        ("451 4.7.1 Try later", OutcomeKind.DEFERRED),
        ("452 4.2.2 Mailbox full", OutcomeKind.DEFERRED),
    ],
)
def test_a_recipient_refused_before_data_leaves_the_connection_usable(
    smtp_sink: SmtpSink, reply: str, kind: OutcomeKind
) -> None:
    smtp_sink.refuse(READER, reply)
    connection = _transport(smtp_sink).connect()
    refusal = connection.begin(SENDER, READER)
    assert refusal is not None
    assert (refusal.kind, f"{refusal.code} {refusal.text}") == (kind, reply)
    assert connection.begin(SENDER, "other@example.test") is None
    assert connection.finish(MESSAGE).kind is OutcomeKind.ACCEPTED
    connection.close()


@pytest.mark.parametrize(
    ("reply", "kind"), [("554 5.7.1 Policy", OutcomeKind.REFUSED), ("451 4.3.0 Later", OutcomeKind.DEFERRED)]
)
def test_a_mail_refused_after_the_dot_was_not_sent(smtp_sink: SmtpSink, reply: str, kind: OutcomeKind) -> None:
    smtp_sink.refuse_data(reply)
    connection = _transport(smtp_sink).connect()
    assert connection.begin(SENDER, READER) is None
    assert connection.finish(MESSAGE).kind is kind
    connection.close()


def test_a_connection_cut_after_the_dot_loses_track(smtp_sink: SmtpSink) -> None:
    smtp_sink.cut_after_data()
    connection = _transport(smtp_sink).connect()
    assert connection.begin(SENDER, READER) is None
    assert connection.finish(MESSAGE).kind is OutcomeKind.LOST_TRACK
    assert not connection.is_open
    connection.close()
    assert smtp_sink.recipients == [READER]


def test_a_relay_that_is_away_is_a_sentence() -> None:
    with pytest.raises(Unavailable, match="relay can't be used now"):
        SmtpTransport("smtp://127.0.0.1:9", "letters.test").connect()
