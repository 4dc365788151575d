"""One HTTP request on its way in: how much of it is there, and whether that is all. Owns no socket and no meaning.

What it can't make sense of counts as all there: gunicorn reads the same bytes again, and refuses them in its own words.
"""

import re
from typing import Final

# Bytes that are waited for: the largest form (``security.LARGEST_BODY``) with its head. What is longer is the business
# of the page that takes it; every other page refuses it unread.
HELD: Final = 4_000_000
LONGEST_LINE: Final = 8192  # bytes of a chunk's own line; gunicorn takes as many

_HEAD_ENDS: Final = b"\r\n\r\n"
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked")
# With zeros before it a number is as long as one likes, and gunicorn takes it: it would wait for that body in a thread.
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*0*([^\r]*)")
_CHUNK_SIZE: Final = re.compile(rb"0*([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?")


class Arrival:
    """The bytes of one request so far.

    ``is_whole``: nothing more needs to be waited for. ``is_cut``: that is so because the rest is too much to hold, or
    because where it ends is unknown; its connection can't carry another request.
    """

    def __init__(self) -> None:
        self.received = bytearray()
        self.is_whole = False
        self.is_cut = False
        self._looked_at = 0  # bytes that hold no end of the fields, or whole chunks
        # By its class: a method bound to this would keep these megabytes until somebody collects garbage.
        self._look = Arrival._look_at_head

    def add(self, piece: bytes) -> None:
        """Take in what has come."""
        self.received += piece
        self._look(self)
        if len(self.received) > HELD and not self.is_whole:
            self._cut()

    def _cut(self) -> None:
        self.is_whole = self.is_cut = True

    def _look_at_head(self) -> None:
        end = self._find_empty_line()
        if end >= 0:
            self._begin_body(bytes(self.received[: end + 2]).lower(), end + len(_HEAD_ENDS))

    def _find_empty_line(self) -> int:
        """Return where the fields end, or -1; what was passed over is not looked at again, however small the pieces."""
        end = self.received.find(_HEAD_ENDS, self._looked_at)
        self._looked_at = max(self._looked_at, len(self.received) - len(_HEAD_ENDS) + 1)
        return end

    def _begin_body(self, head: bytes, at: int) -> None:
        self._looked_at = at
        if _CHUNKED.search(head):  # RFC 9112 §6.3: it goes before a length
            self._look = Arrival._look_at_chunks
        elif length := _LENGTH.search(head):
            said = length[1].strip() or b"0"
            if not said.isdigit() or len(said) > len(str(HELD)) or at + int(said) > HELD:
                self._cut()
                return
            self._ends_at = at + int(said)
            self._look = Arrival._look_at_length
        else:
            self.is_whole = True
            return
        self._look(self)

    def _look_at_length(self) -> None:
        self.is_whole = len(self.received) >= self._ends_at

    def _look_at_chunks(self) -> None:
        """Pass over whole chunks (RFC 9112 §7.1) up to the last, which is empty, and the fields behind it."""
        while (line_ends := self.received.find(b"\r\n", self._looked_at)) >= 0:
            size = _CHUNK_SIZE.fullmatch(self.received, self._looked_at, line_ends)
            if size is None:
                self._cut()
                return
            if int(size[1], 16) == 0:
                # The line's own end is the first half of the empty line where no fields follow.
                self._looked_at, self._look = line_ends, Arrival._look_at_trailer
                self._look(self)
                return
            next_at = line_ends + 2 + int(size[1], 16) + 2
            if next_at > len(self.received):
                return
            self._looked_at = next_at
        if len(self.received) - self._looked_at > LONGEST_LINE:
            self._cut()

    def _look_at_trailer(self) -> None:
        self.is_whole = self._find_empty_line() >= 0
