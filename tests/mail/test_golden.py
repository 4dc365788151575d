"""Each kind of mail as raw bytes: frozen, and held to the rules for headers, lines and signatures."""

import email
import re
from email import policy
from email.message import EmailMessage

import pytest

from tests.mail.golden_mails import FOLDER, MAILS, NEWSLETTERS
from tests.mail.keys import verify

KINDS = sorted(MAILS)
LETTERS = sorted(set(MAILS) - NEWSLETTERS)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind in turn."""
    return str(request.param)


@pytest.fixture
def mail(kind: str) -> bytes:
    """The frozen mail of the kind."""
    return (FOLDER / f"{kind}.eml").read_bytes()


def _head(mail: bytes) -> bytes:
    return mail.partition(b"\r\n\r\n")[0] + b"\r\n"


def _values(mail: bytes, name: str) -> list[bytes]:
    """Return the raw values of a header, folds and all."""
    return re.findall(rb"^%b: (.*(?:\r\n[ \t].*)*)\r\n" % name.encode(), _head(mail), re.MULTILINE | re.IGNORECASE)


def test_a_mail_is_byte_for_byte_what_it_was(kind: str, mail: bytes) -> None:
    assert MAILS[kind]() == mail


def test_lines_end_with_crlf_and_are_short(mail: bytes) -> None:
    assert mail.endswith(b"\r\n")
    bare = mail.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare
    head, _, body = mail.partition(b"\r\n\r\n")
    assert [line for line in body.split(b"\r\n") if len(line) > 76] == []
    long = [line for line in head.split(b"\r\n") if len(line) > 78]
    assert all(line.startswith(b"List-Unsubscribe: <https://") and b" " not in line[18:] for line in long)
    assert all(len(line) <= 998 for line in long)


def test_no_line_needs_stuffing_and_none_looks_like_a_mailbox_border(mail: bytes) -> None:
    assert b"\r\n." not in mail
    assert b"\r\nFrom " not in mail


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Reply-To"])
def test_each_header_that_a_mail_needs_stands_once(mail: bytes, name: str) -> None:
    assert len(_values(mail, name)) == 1


def test_both_signatures_verify_rsa_first(mail: bytes) -> None:
    assert re.findall(rb" a=([a-z0-9-]+);", _head(mail)) == [b"rsa-sha256", b"ed25519-sha256"]
    assert mail.startswith(b"DKIM-Signature: ")
    assert verify(mail) == [True, True]


def test_python_reads_it_without_a_defect_as_text_and_html_in_utf_8(mail: bytes) -> None:
    read = email.message_from_bytes(mail, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert [part.defects for part in read.walk() if part.defects] == []
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert html is not None
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text.get_content() + html.get_content())


def test_structured_headers_hold_no_encoded_word(mail: bytes) -> None:
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Message-ID", "To", "DKIM-Signature"):
        assert b"=?" not in b"".join(_values(mail, name)).replace(b"b=?", b"")


@pytest.mark.parametrize("kind", sorted(NEWSLETTERS))
def test_a_newsletter_can_be_left_with_one_click_or_by_mail(mail: bytes) -> None:
    (leave,) = _values(mail, "List-Unsubscribe")
    https, mailto = leave.split(b",\r\n ")
    assert re.fullmatch(rb"<https://[^<>\s]+/unsubscribe/[A-Za-z0-9_-]+>", https)
    found = re.fullmatch(rb"<mailto:(u-[0-9a-f]+)@bounces\.crossings\.test>", mailto)
    assert found
    assert len(found[1]) <= 63
    assert _values(mail, "List-Unsubscribe-Post") == [b"List-Unsubscribe=One-Click"]


@pytest.mark.parametrize("kind", sorted(NEWSLETTERS))
def test_a_newsletter_says_that_it_is_one_and_nothing_of_its_reader(mail: bytes) -> None:
    assert _values(mail, "Precedence") == [b"bulk"]
    assert _values(mail, "Auto-Submitted") == []
    (list_id,) = _values(mail, "List-ID")
    assert list_id.endswith(b"<crossings.crossings.test>")
    (feedback,) = _values(mail, "Feedback-ID")
    fields = feedback.split(b":")
    assert len(fields) == len(set(fields)) == 4
    assert 5 <= len(fields[3]) <= 15
    assert b"345" not in feedback
    assert b"945" not in feedback


@pytest.mark.parametrize("kind", LETTERS)
def test_a_letter_says_that_a_machine_wrote_it_and_offers_no_list_to_leave(mail: bytes) -> None:
    assert _values(mail, "Auto-Submitted") == [b"auto-generated"]
    assert not re.search(rb"^(List-|Precedence|Feedback-ID)", _head(mail), re.MULTILINE)


@pytest.mark.parametrize(
    ("kind", "encodings"),
    [
        ("newsletter", [b"quoted-printable", b"quoted-printable"]),
        (
            "newsletter_cyrillic",
            [b"base64", b"quoted-printable"],
        ),  # the HTML is tags more than text
    ],
)
def test_each_part_takes_its_shorter_encoding(mail: bytes, encodings: list[bytes]) -> None:
    assert re.findall(rb"Content-Transfer-Encoding: (\S+)", mail) == encodings


def test_every_golden_file_is_of_a_kind() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.eml")) == KINDS
