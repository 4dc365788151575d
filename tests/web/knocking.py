"""A client that misbehaves: requests in pieces, bodies without end. Owns its sockets and what came back."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PATIENCE = 30  # seconds; a server that is held up answers never, a busy machine late
PIECE = b"x" * 65_536


def make_head(path: str, *fields: str, method: str = "POST") -> bytes:
    """Return a request's head."""
    lines = [f"{method} {path} HTTP/1.1", "Host: letters.test", *fields, "", ""]
    return "\r\n".join(lines).encode()


@contextmanager
def knock(port: int, *sent: bytes) -> Iterator[socket.socket]:
    """Lend a line on which this was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        for piece in sent:
            line.sendall(piece)
        yield line


def knock_often(stack: ExitStack, port: int, times: int, *sent: bytes) -> list[socket.socket]:
    """Open as many lines on which this was sent; they live as long as ``stack``."""
    return [stack.enter_context(knock(port, *sent)) for _ in range(times)]


def hear(line: socket.socket) -> bytes:
    """Return the next answer's head and what came with it; nothing if the server hung up without a word."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        try:
            piece = line.recv(65_536)
        except ConnectionError:
            break
        if not piece:
            break
        heard += piece
    return heard


def hear_all(line: socket.socket) -> bytes:
    """Return all that comes until the server hangs up."""
    heard = b""
    while piece := line.recv(65_536):
        heard += piece
    return heard


def status_of(answer: bytes) -> int:
    """Return an answer's status; 0 for none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def ask(port: int, *sent: bytes) -> int:
    """Send one request and return the status of its answer."""
    with knock(port, *sent) as line:
        return status_of(hear(line))


def pour(port: int, head: bytes, piece: bytes, most: int) -> tuple[int, int]:
    """Send a head and then ``piece`` again and again, up to ``most`` bytes. Returns the status and the bytes taken."""
    poured = 0
    with knock(port, head) as line:
        try:
            while poured < most:
                line.sendall(piece)
                poured += len(piece)
        except ConnectionError:
            pass  # the server has hung up; its answer may still be there to read
        return status_of(hear(line)), poured


def find_memory(pid: int) -> int:
    """Return the resident bytes of a process and its children."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0]) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return resident + sum(find_memory(int(child)) for child in children)
