"""Writing through TLS so that what counts as taken is exactly what the relay could read. Owns that count alone."""

import ssl
from collections.abc import Sequence

RECORD = 1 << 14  # bytes of plain text in one record, at most (RFC 8446 §5.1)


class Records:
    """Hands a record at a time to a socket that does not block.

    OpenSSL says how much it wrote only once all that it was given is out, however many records that makes; given a
    record at a time, it says it of each. Of a record that the kernel has only in part the relay can read nothing.
    """

    __slots__ = ("_begun", "_socket")

    def __init__(self, tls: ssl.SSLSocket) -> None:
        self._socket = tls
        self._begun = 0  # bytes of a record that is out in part: OpenSSL wants the same bytes again, and no others

    def write(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Return how many bytes of ``pieces`` are in records that the kernel has whole.

        Raises:
            OSError: when the line is broken and nothing of ``pieces`` is out.
        """
        rest = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        taken = 0
        while rest:
            record = rest[: self._begun or RECORD]
            try:
                self._socket.send(record)
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self._begun = len(record)
                break
            except OSError:
                if not taken:
                    raise
                break  # the records before it are out, which must be known first
            self._begun = 0
            taken += len(record)
            rest = rest[len(record) :]
        return taken
