"""The caught mails on disk: whole or absent, readable whatever they hold, and no way out of their folder."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from service.development.inbox import count_mails, get_mail, list_mails, new_envelope, store_mail
from service.errors import NotFound

TO = ("bo@example.org",)


def _mail(subject: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Ада <ada@example.org>"
    mail["To"] = "Bo <bo@example.org>"
    mail.set_content("Сегодня дождь.\n")
    mail.add_alternative("<p>今天下雨。</p>\n", subtype="html")
    return mail.as_bytes()


def test_a_stored_mail_opens_with_its_bodies_headers_envelope_and_source(tmp_path: Path) -> None:
    content = _mail("Письмо 一")
    mail_id = store_mail(tmp_path, content, new_envelope("bounces@example.org", TO, "127.0.0.1"))

    opened = get_mail(tmp_path, mail_id)

    assert (opened.subject, opened.sender) == ("Письмо 一", "Ада <ada@example.org>")
    assert (opened.text, opened.html) == ("Сегодня дождь.\n", "<p>今天下雨。</p>\n")
    assert opened.source == content
    assert opened.envelope.sender == "bounces@example.org"
    assert opened.envelope.recipients == TO
    assert opened.envelope.received_at.utcoffset() is not None
    assert ("Subject", "Письмо 一") in opened.headers


def test_the_newest_mail_is_listed_first_and_pages_do_not_overlap(tmp_path: Path) -> None:
    ids = [store_mail(tmp_path, _mail(f"No. {number}"), new_envelope("a@example.org", TO)) for number in range(5)]

    pages = [list_mails(tmp_path, limit=2, page=page) for page in (1, 2, 3, 4)]

    assert [[mail.id for mail in page] for page in pages] == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]], []]
    assert count_mails(tmp_path) == 5


def test_an_inbox_that_was_never_used_is_empty(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "none") == []
    assert count_mails(tmp_path / "none") == 0


def test_the_empty_sender_of_a_bounce_is_kept_as_empty(tmp_path: Path) -> None:
    mail_id = store_mail(tmp_path, _mail("Undelivered"), new_envelope("<>", TO))

    assert get_mail(tmp_path, mail_id).envelope.sender == ""


@pytest.mark.parametrize("broken_at", [".json", ".eml"])
def test_a_mail_whose_storing_was_cut_short_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_at: str
) -> None:
    rename = Path.rename

    def break_off(path: Path, target: Path) -> Path:
        if target.suffix == broken_at:
            raise OSError("the power went")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", break_off)
    with pytest.raises(OSError, match="the power went"):
        store_mail(tmp_path, _mail("Half"), new_envelope("a@example.org", TO))

    assert list_mails(tmp_path) == []
    assert count_mails(tmp_path) == 0


@pytest.mark.parametrize(
    "mail_id",
    [
        "",
        ".",
        "../secret-key",
        "..%2Fsecret-key",
        "20261122T055017704117-93489c1e/../../secret-key",
        "20261122T055017704117-93489c1e\n",
        "20261122T055017704117-93489c1e\0",
        "20261122T055017704117-93489c1e",  # well formed, but no such mail
    ],
)
def test_nothing_but_the_id_of_a_kept_mail_opens_a_file(tmp_path: Path, mail_id: str) -> None:
    (tmp_path / "secret-key.eml").write_text("Subject: secret")
    (tmp_path / "inbox").mkdir()

    with pytest.raises(NotFound):
        get_mail(tmp_path / "inbox", mail_id)


def test_files_that_are_no_mails_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.eml").write_text("Subject: not caught by us")

    assert list_mails(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no headers at all",
        b"Subject: \xff\xfe\r\nFrom: =?bad?= <\r\nDate: never\r\n\r\nbody",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nbody",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"From: a@[\r\nTo: <>>,,\r\nMessage-ID: <\r\nContent-Disposition: ;;=\r\n\r\n",
    ],
)
def test_a_malformed_mail_is_listed_and_opened_all_the_same(tmp_path: Path, content: bytes) -> None:
    mail_id = store_mail(tmp_path, content, new_envelope("a@example.org", TO))

    assert [mail.id for mail in list_mails(tmp_path)] == [mail_id]
    assert get_mail(tmp_path, mail_id).source == content
