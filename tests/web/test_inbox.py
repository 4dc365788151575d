"""The development inbox: every side of a mail to look at, and nothing of the mail can act."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.development.inbox import new_envelope, store_mail
from service.settings import Settings

MAIL = (
    b"From: Crossings <letter@crossings.test>\r\nSubject: =?utf-8?b?6ICQ5b+D56uZ?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlain & simple\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head><title>x</title></head><body><script>alert(1)</script>"
    b'<a class="x" href="http://letters.test/">go</a><a href="#n">down</a></body></html>'
    b"\r\n--b--\r\n"
)


@pytest.fixture
def folder(settings: Settings) -> Path:
    """Where caught mail lies."""
    assert settings.inbox_dir is not None
    return settings.inbox_dir


@pytest.fixture
def mail(folder: Path) -> str:
    """The address of a caught mail."""
    return f"/dev/inbox/{store_mail(folder, MAIL, new_envelope('letter@crossings.test', ['jane@example.org']))}"


def test_an_empty_inbox_says_how_to_fill_it(client: FlaskClient) -> None:
    page = client.get("/dev/inbox").text
    assert "No mail yet" in page
    assert "Sign up for a newsletter" in page


def test_the_list_shows_subject_and_reader(client: FlaskClient, mail: str) -> None:
    page = client.get("/dev/inbox").text
    assert "耐心站" in page
    assert "jane@example.org" in page
    assert f'href="{mail}' in page


@pytest.mark.parametrize(
    ("side", "shows"),
    [
        ("", "<iframe"),
        ("/html", "<iframe"),
        ("/phone", "mail-frame--phone"),
        ("/text", "Plain &amp; simple"),
        ("/headers", "multipart/alternative"),
        ("/source", "=?utf-8?b?6ICQ5b+D56uZ?="),
    ],
)
def test_a_mail_has_every_side(client: FlaskClient, mail: str, side: str, shows: str) -> None:
    assert shows in client.get(mail + side).text


def test_the_frame_holds_the_mail_and_lets_it_do_nothing(client: FlaskClient, mail: str) -> None:
    page, frame = client.get(mail).text, client.get(f"{mail}/frame")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert '<a target="_blank" class="x" href="http://letters.test/">go</a><a href="#n">down</a>' in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize("path", ["x", "..%2f..%2fetc%2fpasswd", "20260101T000000000000-00000000", "x/frame"])
def test_a_mail_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/dev/inbox/{path}").status_code == 404


def test_a_side_that_is_none_is_not_found(client: FlaskClient, mail: str) -> None:
    assert client.get(f"{mail}/inside").status_code == 404
