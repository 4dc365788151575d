"""The mail catcher as a process: what an SMTP client hands over is what the inbox shows."""

import os
import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.development.children import Child, Program
from service.development.inbox import get_mail, list_mails
from service.development.ports import find_free_port, is_port_answering
from service.settings import ROOT

MAIL = b"Subject: =?utf-8?b?0J/RgNC40LLQtdGC?=\r\n\r\n.a line that starts with a dot\r\n\xd0\x96 8 bits\r\n"


@pytest.fixture
def catcher_port(tmp_path: Path) -> Iterator[int]:
    """The port of a running catcher that keeps its mails in ``tmp_path / "inbox"``."""
    port = find_free_port()
    argv = (sys.executable, "-m", "service.development.catcher", "--port", str(port), "--dir", str(tmp_path / "inbox"))
    program = Program(
        "mail", argv, os.environ, is_ready=lambda: is_port_answering(port), log=tmp_path / "log", folder=ROOT
    )
    child = Child(program)
    try:
        child.wait_until_ready()
        yield port
    finally:
        child.stop()
    assert (child.process.returncode, (tmp_path / "log").read_text()) == (0, "")


def test_a_mail_arrives_byte_for_byte_with_all_its_recipients(catcher_port: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", catcher_port) as client:
        client.sendmail("ada@example.org", ["bo@example.org", "чен@example.org"], MAIL, ["SMTPUTF8", "BODY=8BITMIME"])

    [mail] = list_mails(tmp_path / "inbox")
    opened = get_mail(tmp_path / "inbox", mail.id)
    assert opened.source == MAIL
    assert opened.subject == "Привет"
    assert opened.envelope.recipients == ("bo@example.org", "чен@example.org")


def test_a_connection_that_breaks_off_before_the_end_leaves_no_mail(catcher_port: int, tmp_path: Path) -> None:
    client = smtplib.SMTP("127.0.0.1", catcher_port)
    client.ehlo()
    client.mail("ada@example.org")
    client.rcpt("bo@example.org")
    client.putcmd("data")
    client.getreply()
    client.send(b"Subject: half a mail\r\n\r\nand then")
    client.close()
    with smtplib.SMTP("127.0.0.1", catcher_port) as later:
        later.sendmail("ada@example.org", ["bo@example.org"], b"Subject: whole\r\n\r\n")

    assert [mail.subject for mail in list_mails(tmp_path / "inbox")] == ["whole"]


def test_a_mail_that_cannot_be_kept_is_refused_for_now(catcher_port: int, tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file where the folder should be")

    with smtplib.SMTP("127.0.0.1", catcher_port) as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("ada@example.org", ["bo@example.org"], MAIL)

    assert refusal.value.smtp_code == 452
