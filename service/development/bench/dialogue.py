"""One client's dialogue with the sink, bytes in and replies out. Owns the order of commands and the end of a text.

Never touches a socket. It reads in place out of a buffer that all connections share, so that a 60 kB mail costs one
copy by the kernel and a look at its last four kilobytes.
"""

import re
from collections.abc import Callable
from typing import ClassVar

# Room before what was read, for the piece that the last read ended in.
ROOM = 2048
# What may follow a text in one group: the next mail's MAIL, RCPT and DATA. A client then waits for our 354 (RFC 2920
# §3.1: DATA is the last command of a group), so a text's end lies within the last bytes that came, or has not come.
GROUP = 4096
LARGEST = 50 * 1024 * 1024
HEAD = 16 * 1024  # a Message-ID is looked for in so much of a text
GREETING = b"220 sink ESMTP\r\n"
_HELLO = f"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {LARGEST}\r\n".encode()
_END = b"\r\n.\r\n"
_OK, _GO = b"250 2.0.0 Ok\r\n", b"354 Go ahead\r\n"
_DISORDER = b"503 5.5.1 Not now\r\n"
_TOO_EARLY = b"503 5.5.0 The text came before 354\r\n"
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)

Accept = Callable[[str, str], None]
Count = Callable[[], int]


class Dialogue:
    """Where one connection stands. ``over``: nothing more is read. ``accepted`` counts mails until it is set to 0."""

    __slots__ = ("_accept", "_carried", "_count", "_head", "_is_text", "_recipient", "_sender", "accepted", "over")

    def __init__(self, accept: Accept | None = None, count: Count = lambda: 0) -> None:
        """Take who is told (recipient, Message-ID) of each mail before its 250, None to look at no text.

        ``count`` says how many mails the whole sink has accepted, for the command XCOUNT.
        """
        self._accept, self._count = accept, count
        self._carried = b""
        self._head: bytearray | None = None
        self._is_text = False
        self._sender: bytes | None = None
        self._recipient: bytes | None = None
        self.accepted = 0
        self.over = False

    def read(self, buffer: bytearray, end: int) -> bytes:
        """Return the replies to ``buffer[ROOM:end]``, the bytes that came; those before ROOM are overwritten."""
        carried = self._carried
        buffer[ROOM - len(carried) : ROOM] = carried
        replies = b""
        position = ROOM if self._is_text else ROOM - len(carried)
        while position < end and not self.over:
            if self._is_text:
                position, reply = self._read_text(buffer, position, end)
            else:
                position, reply = self._read_line(buffer, position, end)
            replies += reply
        return replies

    def _read_text(self, buffer: bytearray, position: int, end: int) -> tuple[int, bytes]:
        # Four bytes back: the end may have begun in the last read, or with the line end of DATA itself.
        found = buffer.find(_END, max(position - 4, end - GROUP), end)
        stop = end if found < 0 else found + 2
        if self._head is not None and len(self._head) < HEAD:
            self._head += buffer[position : min(stop, position + HEAD)]
        if found < 0:
            self._carried = bytes(buffer[end - 4 : end])
            return end, b""
        self._is_text, self._carried = False, b""
        self._note_accepted()
        return found + len(_END), _OK

    def _note_accepted(self) -> None:
        if self._accept is not None and self._head is not None:
            named = _MESSAGE_ID.search(self._head)
            self._accept(_read(self._recipient or b""), _read(named[1]) if named else "")
        self.accepted += 1
        self._sender = self._recipient = self._head = None

    def _read_line(self, buffer: bytearray, position: int, end: int) -> tuple[int, bytes]:
        found = buffer.find(b"\r\n", position, end)
        if found < 0:
            self._carried = bytes(buffer[position:end])
            if len(self._carried) >= ROOM:
                self.over = True
                return end, b"500 5.5.6 The line is too long\r\n"
            return end, b""
        self._carried = b""
        reply = self._answer(bytes(buffer[position:found]))
        position = found + 2
        if self._is_text:
            self._carried = b"TA\r\n"
            if position < end:
                self.over = True
                return end, _TOO_EARLY
        return position, reply

    def _answer(self, line: bytes) -> bytes:
        answer = self._ANSWERS.get(line[:4].upper())
        return answer(self, line) if answer else b"500 5.5.2 What?\r\n"

    def _greet(self, line: bytes) -> bytes:
        self._sender = self._recipient = None
        return _HELLO if line[:1] in b"Ee" else _OK

    def _take_sender(self, line: bytes) -> bytes:
        if self._sender is not None:
            return _DISORDER
        self._sender = line
        return _OK

    def _take_recipient(self, line: bytes) -> bytes:
        if self._sender is None:
            return _DISORDER
        if self._recipient is not None:
            return b"452 4.5.3 One recipient a mail\r\n"
        self._recipient = line.partition(b"<")[2].partition(b">")[0]
        return _OK

    def _begin_text(self, _: bytes) -> bytes:
        if self._recipient is None:
            return _DISORDER
        self._is_text = True
        self._head = bytearray() if self._accept else None
        return _GO

    def _tell_count(self, _: bytes) -> bytes:
        return b"250 %d\r\n" % self._count()

    def _leave(self, _: bytes) -> bytes:
        self.over = True
        return b"221 2.0.0 Bye\r\n"

    _ANSWERS: ClassVar[dict[bytes, Callable[["Dialogue", bytes], bytes]]] = {
        b"EHLO": _greet,
        b"HELO": _greet,
        b"RSET": _greet,
        b"NOOP": lambda *_: _OK,
        b"MAIL": _take_sender,
        b"RCPT": _take_recipient,
        b"DATA": _begin_text,
        b"QUIT": _leave,
        b"XCOU": _tell_count,
    }


def _read(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
