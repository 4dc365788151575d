"""What imports did, for people and programs: their list, figures, and lines with a word. Reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.spreadsheets import Cell, Plain, write_table
from service.subscribers.importing.models import Import, ImportLine, ImportState, LineOutcome

MOST_SKIPPED: Final = 10_000
"""Lines told in one document; all of them are in the table."""
PAGE: Final = 200
MOST_REASONS: Final = 12
TOLD: Final = (LineOutcome.UPDATED, LineOutcome.SUPPRESSED, LineOutcome.SKIPPED)
"""The outcomes whose lines are written down, each with its reason."""
_FIGURES: Final = ("rows", "added", "updated", "unchanged", "suppressed")
_HEADS: Final = ("line", "address", "outcome", "reason")
_AT_ONCE: Final = 1_000  # rows from the server


@dataclass(frozen=True, slots=True)
class Reason:
    """How many lines had one outcome for one reason; the days and words in reasons that differ are an ellipsis."""

    outcome: LineOutcome
    words: str
    count: int


def list_imports(session: Session, before_id: int | None = None, limit: int = PAGE) -> list[Import]:
    """Return imports, the newest first, from below ``before_id`` on."""
    newest = select(Import).order_by(Import.id.desc()).limit(limit)
    return list(session.scalars(newest.where(Import.id < before_id) if before_id is not None else newest))


def get_import_row(session: Session, import_id: int) -> Import:
    """Return an import to look at, or raise ``NotFound``."""
    found = session.get(Import, import_id)
    if found is None:
        raise NotFound("There is no such import.")
    return found


def list_lists(session: Session, row: Import) -> list[Import]:
    """Return the imports of the file that ``row`` came in, itself among them, in the file's order."""
    together = select(Import).where(Import.created_at == row.created_at, Import.newsletter_id == row.newsletter_id)
    return list(session.scalars(together.order_by(Import.id)))


def find_same(session: Session, row: Import) -> datetime | None:
    """Return when a file of the same name and size was last brought into the same newsletter, if ever."""
    return session.scalar(
        select(func.max(Import.finished_at)).where(
            Import.newsletter_id == row.newsletter_id,
            Import.filename == row.filename,
            Import.size_bytes == row.size_bytes,
            Import.state == ImportState.DONE,
            Import.is_dry_run.is_(False),
            Import.id != row.id,
        )
    )


def list_lines(
    session: Session, import_id: int, after_line: int = 0, limit: int = PAGE, outcome: LineOutcome | None = None
) -> list[ImportLine]:
    """Return the lines that need a word, in the file's order, from ``after_line`` on; of one outcome if it is given."""
    lines = select(ImportLine).where(ImportLine.import_id == import_id, ImportLine.line > after_line)
    if outcome is not None:
        lines = lines.where(ImportLine.outcome == outcome)
    return list(session.scalars(lines.order_by(ImportLine.line).limit(limit)))


def count_reasons(session: Session, import_id: int) -> list[Reason]:
    """Return the commonest reasons of the lines that need a word, at most MOST_REASONS."""
    # The word at the beginning and the day differ from line to line; the reason is the same.
    without_word = func.regexp_replace(ImportLine.reason, r"^“[^”]*”", "“…”")
    words = func.regexp_replace(without_word, r"\d{4}-\d\d-\d\d", "…").label("words")
    number = func.count().label("number")
    grouped = select(ImportLine.outcome, words, number).where(ImportLine.import_id == import_id)
    grouped = grouped.group_by(ImportLine.outcome, words).order_by(number.desc(), words).limit(MOST_REASONS)
    return [Reason(outcome, said, count) for outcome, said, count in session.execute(grouped)]


def write_lines(session: Session, import_id: int) -> Iterator[str]:
    """Yield the lines that need a word as CSV that is safe in a spreadsheet, at flat memory."""
    columns = (ImportLine.line, ImportLine.address, ImportLine.outcome, ImportLine.reason)
    lines = select(*columns).where(ImportLine.import_id == import_id).order_by(ImportLine.line)
    found = session.execute(lines.execution_options(yield_per=_AT_ONCE))
    rows: Iterator[tuple[Cell, ...]] = (
        (line, address, Plain(outcome.value), reason) for line, address, outcome, reason in found
    )
    return write_table(_HEADS, rows)


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
