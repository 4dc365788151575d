"""One socket to a relay, never blocking, plain or encrypted. Owns how many bytes the kernel took; knows no SMTP."""

import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from service.adapters.smtp.records import RECORD, Records

SEND_BUFFER = 1 << 20  # bytes; the system caps it. A whole mail leaves in one call
READ = 4096  # bytes; replies are short

# The family, and the address as ``socket.getaddrinfo`` gives it: (host, port), for IPv6 with two numbers more.
Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class Line:
    """A connection that is being made from the moment it exists. Every method returns at once.

    All raise ``OSError`` (an ``ssl.SSLError`` is one) once the line is broken.
    """

    __slots__ = ("_number", "_records", "_socket", "_tls", "is_loopback", "is_watched_for_writing", "wants_to_write")

    def __init__(self, address: Address) -> None:
        family, place = address
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._tls: ssl.SSLSocket | None = None
        self._records: Records | None = None
        self._number = self._socket.fileno()
        self.is_loopback = ipaddress.ip_address(str(place[0]).partition("%")[0]).is_loopback
        self.wants_to_write = True
        self.is_watched_for_writing = False
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        problem = self._socket.connect_ex(place)
        if problem not in {0, errno.EINPROGRESS}:
            self._socket.close()
            raise OSError(problem, os.strerror(problem))

    def fileno(self) -> int:
        """Return its number, the same for all its life and after."""
        return self._number

    def finish_connecting(self) -> None:
        """Say what became of connecting, once the line can be written to."""
        problem = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, os.strerror(problem))
        self.wants_to_write = False

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS; ``shake_hands`` until it is true. The certificate is checked against ``host``."""
        self._tls = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket = self._tls
        self._records = Records(self._tls)

    def shake_hands(self) -> bool:
        """Go on with the TLS handshake. Returns whether it is done."""
        assert self._tls is not None  # noqa: S101 - tells mypy that encrypt comes first
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.wants_to_write = False
            return False
        except ssl.SSLWantWriteError:
            self.wants_to_write = True
            return False
        self.wants_to_write = False
        return True

    def write(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Hand the pieces over. Returns how many bytes the kernel took; ``wants_to_write`` says if it is full."""
        size = sum(map(len, pieces))
        try:
            taken = self._socket.sendmsg(pieces) if self._records is None else self._records.write(pieces)
        except BlockingIOError:
            taken = 0
        self.wants_to_write = taken < size
        return taken

    def read(self) -> bytes | None:
        """Return what came, b"" once the other side says no more, None while nothing is there."""
        try:
            # OpenSSL keeps what is left of a record it gave in part, and no selector sees that.
            return self._socket.recv(READ if self._tls is None else RECORD)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def close(self) -> None:
        """Hang up. What the kernel has not yet sent still goes out; what it was not given never does."""
        self._socket.close()
