"""Loopback ports: finding a free one, and seeing whether one is taken. Never keeps one open."""

import secrets
import socket

LOOPBACK = "127.0.0.1"
# Below those that a kernel hands to whoever names none (Linux from 32768: ip(7), ip_local_port_range; macOS from
# 49152): one of these may be somebody else's by the time that our server, seconds later, comes to listen.
_FIRST, _LAST = 15_000, 32_767


def find_free_port() -> int:
    """Return a port of the loopback address that nothing listens on, and that is given to nobody by itself."""
    while is_port_taken(port := _FIRST + secrets.randbelow(_LAST - _FIRST + 1)):
        pass
    return port


def is_port_taken(port: int) -> bool:
    """Whether a server could not listen on this port now."""
    if is_port_answering(port):  # macOS lets two listen, one on this address and one on all
        return True
    with socket.socket() as probe:
        # As servers do: a port that only waits for old connections to fade is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
        return False


def is_port_answering(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
