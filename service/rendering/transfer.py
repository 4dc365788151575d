"""Transfer encodings for mail bodies, cut at the holes: quoted-printable and base64 (RFC 2045 sections 6.7 and 6.8).

Every quoted-printable piece starts at the beginning of a line, so that pieces and values can be joined in any
combination without looking at them. Owns bytes and line lengths only.
"""

import re
from binascii import b2a_base64
from typing import Final

LINE: Final = 76  # RFC 2045: encoded lines are no longer than this, the soft break's "=" included
SOFT_BREAK: Final = b"=\r\n"

_UNSAFE: Final = re.compile(rb"[^\t !-<>-~]")
_ENCODED: Final = {bytes([code]): b"=%02X" % code for code in range(256)}


def quote(text: str, *, room: int = LINE - 1) -> bytes:
    """Return ``text`` in quoted-printable, for a place at the beginning of a line.

    ``\\n`` becomes CRLF. Lines are broken softly after at most ``room`` characters (20-75), so that something may
    follow on the last one. A leading dot is written ``=2E``, which spares SMTP's dot stuffing (RFC 5321 section 4.5.2),
    and a leading ``From `` ``=46rom ``, which mailboxes would change (RFC 4155).
    """
    return b"\r\n".join(_quote_line(line, room) for line in text.encode().split(b"\n"))


def base64_length(text: str) -> int:
    """Return how many bytes ``text`` takes in base64, line ends included."""
    encoded = -(-len(text.encode()) // 3) * 4
    return encoded + 2 * -(-encoded // LINE)


def wrap_base64(data: bytes) -> bytes:
    """Return ``data`` in base64 with CRLF after every 76 characters and none at the end."""
    line = b2a_base64(data, newline=False)
    return b"\r\n".join([line[start : start + LINE] for start in range(0, len(line), LINE)])


def _quote_line(line: bytes, room: int) -> bytes:
    quoted = _UNSAFE.sub(lambda match: _ENCODED[match[0]], line)
    if quoted[-1:] in (b" ", b"\t"):  # a blank at a line's end may be lost on the way
        quoted = quoted[:-1] + _ENCODED[quoted[-1:]]
    if len(quoted) <= room and quoted[:1] not in (b".", b"F"):
        return quoted
    chunks = []
    while quoted:
        quoted = _protect_start(quoted)
        end = _chunk_end(quoted, room)
        chunks.append(quoted[:end])
        quoted = quoted[end:]
    return SOFT_BREAK.join(chunks)


def _protect_start(line: bytes) -> bytes:
    if line.startswith((b".", b"From ")):
        return _ENCODED[line[:1]] + line[1:]
    return line


def _chunk_end(line: bytes, room: int) -> int:
    """Return where to break ``line``: after at most ``room`` bytes and never inside ``=XX``."""
    if len(line) <= room:
        return len(line)
    start = line.rfind(b"=", room - 2, room)
    return start if start != -1 else room
