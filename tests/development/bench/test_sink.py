"""The sink as a process: what it took is counted over all its processes and is in the log before anybody hears 250."""

import smtplib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select
from signal import SIGKILL

import pytest

from service.development.bench.counting import count_accepted
from service.development.bench.stage import make_sink, start_programs
from service.development.children import Child
from service.development.ports import LOOPBACK, find_free_port
from service.errors import Unavailable
from tests.waiting import wait_until

MAIL = b"Message-ID: <one@letters.test>\r\nSubject: Hello\r\n\r\nText with\r\n.a dot\r\n"


@contextmanager
def _run(folder: Path, *words: str) -> Iterator[tuple[int, Child]]:
    port = find_free_port()
    with ExitStack() as stack:
        yield port, start_programs([make_sink(port, *words)], folder, stack)["sink"]


def test_it_counts_and_notes_over_all_its_processes(tmp_path: Path) -> None:
    log = tmp_path / "accepted"
    with _run(tmp_path, "--processes", "2", "--log", str(log)) as (port, sink):
        for _ in range(3):  # connections are handed out in turn
            with smtplib.SMTP(LOOPBACK, port, timeout=60) as client:
                assert client.sendmail("a@example.org", "b@example.org", MAIL) == {}

        assert count_accepted(port) == 3
        sink.stop()
    assert (tmp_path / "sink.log").read_text() == "3 mails\n"
    assert log.read_text() == "one@letters.test\tb@example.org\n" * 3


def test_a_killed_sink_leaves_a_log_of_all_that_it_said_yes_to(tmp_path: Path) -> None:
    log = tmp_path / "accepted"
    with _run(tmp_path, "--log", str(log)) as (port, sink):
        client = smtplib.SMTP(LOOPBACK, port, timeout=60)
        client.sendmail("a@example.org", "b@example.org", MAIL)
        sink.process.send_signal(SIGKILL)
        sink.process.wait()
        with pytest.raises(Unavailable, match="does not answer"):
            count_accepted(port)
        client.close()

    assert log.read_text() == "one@letters.test\tb@example.org\n"


def test_with_a_delay_the_mail_is_in_the_log_while_its_sender_still_waits(tmp_path: Path) -> None:
    log = tmp_path / "accepted"
    with _run(tmp_path, "--log", str(log), "--delay", "60") as (port, _):
        client = smtplib.SMTP(LOOPBACK, port, timeout=60)
        _send_by_hand(client)
        wait_until(lambda: log.exists() and log.read_text() == "one@letters.test\tb@example.org\n", "the log")
        assert client.sock is not None
        assert select([client.sock], [], [], 0)[0] == []
        client.close()


def test_a_short_delay_ends_and_a_client_that_quits_early_hears_all(tmp_path: Path) -> None:
    with _run(tmp_path, "--delay", "0.05") as (port, _), smtplib.SMTP(LOOPBACK, port, timeout=60) as client:
        _send_by_hand(client)
        client.send(b"QUIT\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [250, 221]


def test_a_client_that_leaves_before_its_answer_harms_nobody(tmp_path: Path) -> None:
    with _run(tmp_path, "--delay", "0.2", "--processes", "1") as (port, _):
        hasty = smtplib.SMTP(LOOPBACK, port, timeout=60)
        _send_by_hand(hasty)
        hasty.close()
        wait_until(lambda: count_accepted(port) == 1, "the mail of who left")
        for accepted in (2, 3):  # the answer to who left falls due meanwhile
            with smtplib.SMTP(LOOPBACK, port, timeout=60) as client:
                client.sendmail("a@example.org", "b@example.org", MAIL)
            assert count_accepted(port) == accepted


def test_a_server_that_is_no_sink_of_ours_tells_no_count(tmp_path: Path) -> None:
    port = find_free_port()
    told = f"""
import socket
door = socket.create_server(("{LOOPBACK}", {port}))
print("up", flush=True)
while True:
    client, _ = door.accept()
    client.sendall(b"220 other\\r\\n250 2.1.0 Ok\\r\\n")
"""
    program = make_sink(port)
    with ExitStack() as stack:
        other = type(program)("other", (sys.executable, "-c", told), {}, ready_line="up")
        start_programs([other], tmp_path, stack)
        assert count_accepted(port) is None


def _send_by_hand(client: smtplib.SMTP) -> None:
    """Hand a mail over and return once the text has been written; the answer to it is not waited for."""
    client.ehlo()
    client.mail("a@example.org")
    client.rcpt("b@example.org")
    client.docmd("DATA")
    client.send(MAIL + b".\r\n")
