"""What an import did, for people and programs. Reads only."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.subscribers.importing.models import Import, ImportLine, LineOutcome

MOST_SKIPPED: Final = 10_000
"""Lines told in one document; all of them are in the table."""
PAGE: Final = 200
_FIGURES: Final = ("rows", "added", "updated", "unchanged", "suppressed")


def list_lines(session: Session, import_id: int, after_line: int = 0, limit: int = PAGE) -> list[ImportLine]:
    """Return the lines that need a word, in the file's order, from ``after_line`` on."""
    lines = select(ImportLine).where(ImportLine.import_id == import_id, ImportLine.line > after_line)
    return list(session.scalars(lines.order_by(ImportLine.line).limit(limit)))


def to_plain_data(session: Session, import_ids: Sequence[int]) -> dict[str, Any]:
    """Return the figures of the lists of one file together, and their skipped lines; of several, each with its name."""
    rows = [session.get_one(Import, import_id) for import_id in import_ids]
    figures = {name: sum(getattr(row, name) for row in rows) for name in _FIGURES}
    return {
        "format": ", ".join(dict.fromkeys(row.format for row in rows)),
        **figures,
        "skipped": [line for row in rows for line in _list_skipped(session, row, is_one_of_many=len(rows) > 1)][
            :MOST_SKIPPED
        ],
    }


def _list_skipped(session: Session, row: Import, *, is_one_of_many: bool) -> list[dict[str, Any]]:
    lines = (
        select(ImportLine.line, ImportLine.address, ImportLine.reason)
        .where(ImportLine.import_id == row.id, ImportLine.outcome == LineOutcome.SKIPPED)
        .order_by(ImportLine.line)
        .limit(MOST_SKIPPED)
    )
    start = f"{row.filename}: " if is_one_of_many else ""
    return [
        {"line": line, "address": address, "reason": f"{start}{reason}"}
        for line, address, reason in session.execute(lines)
    ]
