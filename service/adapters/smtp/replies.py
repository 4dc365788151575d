"""Reads SMTP replies out of bytes that come in any pieces (RFC 5321 §4.2). Owns their form; never what they mean."""

import re
from collections.abc import Iterator

LONGEST_REPLY = 8192  # bytes, all its lines together; RFC 5321 §4.5.3.1.5 asks for 512 a line
LONGEST_WORDS = 1000  # characters of a reply that are kept
_CODES = {b"%d" % code: code for code in range(200, 600)}
_ENDS = {b"%d " % code: code for code in range(200, 600)}
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3} ")

Reply = tuple[int, bytes]  # the code, and its lines as they came


class BadReply(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """What came is no reply; where the next one begins can't be known."""


class ReplyReader:
    """The replies of one connection. Whatever the pieces, the same bytes give the same replies, then the same fault."""

    __slots__ = ("_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def is_between(self) -> bool:
        """Whether nothing of a next reply has come."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Yield each reply that ``data`` completes.

        Raises:
            BadReply: after those before it, at a line of another form, or a reply that does not end.
        """
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            code = _ENDS.get(line[:4])
            if code is not None and not self._lines and len(line) < LONGEST_REPLY:
                yield code, line
            elif self._is_last(line):
                yield _CODES[line[:3]], self._take()
        self._check_size(len(self._rest))

    def _is_last(self, line: bytes) -> bool:
        """Add a line to the reply it belongs to. Returns whether it ends it."""
        self._size += len(line) + 1
        self._check_size()
        is_odd = line[:3] not in _CODES or line[3:4] not in {b" ", b"-", b"\r", b""}
        if is_odd or (self._lines and line[:3] != self._lines[0][:3]):
            raise BadReply("it answered with something that is no SMTP reply")
        self._lines.append(line)
        return line[3:4] != b"-"

    def _take(self) -> bytes:
        text = b"\n".join(self._lines)
        self._lines.clear()
        self._size = 0
        return text

    def _check_size(self, more: int = 0) -> None:
        if self._size + more > LONGEST_REPLY:
            raise BadReply(f"its reply is longer than {LONGEST_REPLY} bytes")


def words(text: bytes) -> str:
    """Return what a reply says in one line, its enhanced code (RFC 2034) once and first, without what can't be shown.

    A NUL or an escape sequence from a relay must reach neither a database nor a terminal.
    """
    said = (_joined(text) if b"\n" in text else text[4:]).decode("utf-8", "replace").strip()
    if said.isprintable():
        return said[:LONGEST_WORDS]
    shown = "".join(letter if letter.isprintable() else " " for letter in said)
    return " ".join(shown.split())[:LONGEST_WORDS]


def _joined(text: bytes) -> bytes:
    first, *others = (line[4:].strip() for line in text.split(b"\n"))
    found = _ENHANCED.match(first)
    repeated = found[0] if found else b""
    return b" ".join([first, *(line.removeprefix(repeated) for line in others)])
