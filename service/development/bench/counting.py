"""What a run left behind, read from outside the senders: the sink's count, the states of the rows, peak memory."""

import re
import socket
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.development.ports import LOOPBACK
from service.errors import Unavailable
from service.issues.models import Issue

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def count_accepted(port: int) -> int | None:
    """Return how many mails the sink on ``port`` has accepted; None where it is not ours and does not tell.

    Raises:
        Unavailable: nothing answers there.
    """
    try:
        with socket.create_connection((LOOPBACK, port), timeout=10) as connection, connection.makefile("rwb") as lines:
            lines.readline()
            lines.write(b"XCOUNT\r\n")
            lines.flush()
            code, _, count = lines.readline().strip().partition(b" ")
    except OSError as problem:
        raise Unavailable(f"The sink on port {port} does not answer: {problem}") from None
    return int(count) if code == b"250" and count.isdigit() else None


def count_states(session: Session, issue_id: int) -> dict[str, int]:
    """Return how many copies of the issue are in each state.

    Raises:
        Unavailable: they do not sum up to its audience. (That nobody has two is the rows' own constraint.)
    """
    issue = session.get_one(Issue, issue_id)
    rows = session.execute(
        select(Delivery.state, func.count()).where(Delivery.issue_id == issue_id).group_by(Delivery.state)
    )
    states = {state.value: count for state, count in rows}
    if sum(states.values()) != issue.audience:
        raise Unavailable(f"The audience is {issue.audience}, but the states are {states}.")
    return states


def read_peak_mb(processes: Iterable[int]) -> float:
    """Return the largest memory that any of the living ``processes`` has ever held, in MB (10⁶ bytes)."""
    return max(_read_peak_kib(process) for process in processes) * 1024 / 1e6


def _read_peak_kib(process: int) -> int:
    found = _PEAK.search(Path(f"/proc/{process}/status").read_text())
    return int(found[1]) if found else 0
