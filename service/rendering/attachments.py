"""Files that go with a letter: a multipart/mixed body around the letter's own (RFC 2046 section 5.1.3).

Owns how a file is named and encoded. Deterministic, like the letter: the same files give the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from service.rendering.content import clean_line
from service.rendering.transfer import wrap_base64


@dataclass(frozen=True)
class Attachment:
    """One file: ``filename`` in any script, ``content_type`` as ``application/pdf``."""

    filename: str
    content_type: str
    content: bytes


def join_mixed(boundary: str, content_type: str, body: bytes, attachments: Iterable[Attachment]) -> bytes:
    """Return a multipart/mixed body: ``body``, which is of ``content_type``, and then the files in base64.

    Neither ``boundary`` nor the body's own may begin with the other: readers may compare only beginnings (RFC 2046
    section 5.1.1).
    """
    border = f"--{boundary}\r\n".encode()
    folded = content_type.replace("; ", ";\r\n ")
    pieces = [border, f"Content-Type: {folded}\r\n\r\n".encode(), body, b"\r\n"]
    for attachment in attachments:
        pieces += [border, _heading(attachment), wrap_base64(attachment.content), b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces)


def _heading(attachment: Attachment) -> bytes:
    return (
        f"Content-Type: {attachment.content_type}\r\n"
        f"Content-Disposition: attachment;\r\n {_filename(attachment.filename)}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode()


def _filename(name: str) -> str:
    """Return the parameter that names a file; every byte that could end it is percent-encoded (RFC 2231 section 4)."""
    line = clean_line(name)
    encoded = quote(line, safe="")
    return f'filename="{line}"' if encoded == line else f"filename*=utf-8''{encoded}"
