"""Files that go with a letter, read back by Python's own parser."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from service.rendering.attachments import Attachment
from service.rendering.letters import RenderedLetter, encode_letter
from tests.rendering.mailbox import read_body

_LETTER = RenderedLetter(
    "Квитанция", "<!doctype html><p>Спасибо. Dear Grace, …</p>\n" * 40, "Dear Grace,\n.\nFrom us\n"
)


@pytest.mark.parametrize(
    "filename", ["receipt-2026-000123.pdf", 'Квитанция "№ 1".pdf', "a\r\nBcc: x@y.test", "收据.pdf"]
)
def test_files_go_with_a_letter_and_come_back_the_same(filename: str) -> None:
    files = (
        Attachment(filename, "application/pdf", bytes(range(256)) * 9),
        Attachment("empty.bin", "application/octet-stream", b""),
    )
    encoded = encode_letter(_LETTER, files)
    message = _parse(encoded.content_type, encoded.body)
    body, *attached = message.iter_parts()
    assert isinstance(body, EmailMessage)
    assert message.get_content_type() == "multipart/mixed"
    assert body.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html"]
    assert read_body(body["Content-Type"], body.as_bytes(policy=policy.SMTP).partition(b"\r\n\r\n")[2]) == (
        _LETTER.text,
        _LETTER.html,
    )
    read = [_read_file(part) for part in attached]
    assert [content for _, content in read] == [file.content for file in files]
    assert [name for name, _ in read] == [" ".join(filename.split("\r\n")), "empty.bin"]
    assert message["Bcc"] is None
    assert all(part["Bcc"] is None for part in attached)
    assert all(len(line) <= 200 for line in encoded.body.split(b"\r\n"))
    assert encode_letter(_LETTER, files) == encoded


def test_neither_boundary_of_a_letter_with_files_begins_with_the_other() -> None:
    encoded = encode_letter(_LETTER, (Attachment("a.pdf", "application/pdf", b"a"),))
    borders = {line for line in encoded.body.split(b"\r\n") if line.startswith(b"--=_") and not line.endswith(b"--")}
    assert len(borders) == 2
    assert not min(borders).startswith(max(borders))
    assert not max(borders).startswith(min(borders))


def _parse(content_type: str, body: bytes) -> EmailMessage:
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def _read_file(part: object) -> tuple[str | None, bytes]:
    assert isinstance(part, EmailMessage)
    assert part.get_content_disposition() == "attachment"
    content = part.get_content()
    assert isinstance(content, bytes)
    return part.get_filename(), content
