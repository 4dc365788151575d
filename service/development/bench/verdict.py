"""What the sink's log says against what the rows say: lost, doubled, uncertain. Reads only, and decides nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from service.errors import Unavailable


@dataclass(frozen=True)
class Told:
    """What the rows say of one mail. ``is_sent`` and ``is_uncertain`` are both false for one that never went out."""

    message_id: str
    recipient: str
    is_sent: bool
    is_uncertain: bool


@dataclass(frozen=True)
class Verdict:
    """``lost``: told as sent or as nothing, but never accepted. ``duplicated``: mails accepted beyond the first each.

    ``uncertain`` are those that the rows call so, ``arrived`` those of them that the sink has accepted.
    """

    lost: int
    duplicated: int
    uncertain: int
    arrived: int


def compare(rows: Iterable[Told], log: Path) -> Verdict:
    """Hold the rows against the sink's log.

    Raises:
        Unavailable: the sink accepted a mail of which no row knows, that went to another person, or whose row says
            that it did not leave.
    """
    accepted = Counter(_read(log))
    known = {(row.message_id, row.recipient): row for row in rows}
    strange = accepted.keys() - known.keys()
    if strange:
        raise Unavailable(f"The sink accepted {len(strange)} mails that no row knows, such as {min(strange)}.")
    denied = [key for key in accepted if not (known[key].is_sent or known[key].is_uncertain)]
    if denied:
        raise Unavailable(
            f"The sink accepted {len(denied)} mails whose rows say that they did not leave: {min(denied)}."
        )
    uncertain = {key for key, row in known.items() if row.is_uncertain}
    return Verdict(
        lost=len(known.keys() - accepted.keys() - uncertain),
        duplicated=accepted.total() - len(accepted),
        uncertain=len(uncertain),
        arrived=len(uncertain & accepted.keys()),
    )


def _read(log: Path) -> Iterable[tuple[str, str]]:
    for line in log.read_text().splitlines() if log.exists() else ():
        message_id, _, recipient = line.partition("\t")
        yield message_id, recipient
