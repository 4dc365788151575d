"""One chunk into the tables, in one transaction: looked up, judged, added, filled in, ended, written down.

The only maker of people and consent in bulk. Owns the order of the steps; the rules are in ``classify``, their SQL in
``statements``. Whom nobody here knows goes by COPY straight into the tables, sorted by key so that their indexes grow
page by page; all others are judged by the server. A dry run walks the same way and leaves only the report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from service.lists.entries import EntryStatus
from service.subscribers.importing import statements
from service.subscribers.importing.models import LineOutcome
from service.subscribers.importing.staging import Chunk


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every line of one import. ``account_id``: who of the staff brought it."""

    import_id: int
    newsletter_id: int
    statement: str
    account_id: int | None
    is_dry_run: bool

    def to_parameters(self) -> dict[str, Any]:
        """Return the parameters of the statements."""
        return {
            "import": self.import_id,
            "newsletter": self.newsletter_id,
            "statement": self.statement,
            "account": self.account_id,
        }


def merge_chunk(connection: Connection, chunk: Chunk, terms: Terms) -> Mapping[LineOutcome, int]:
    """Do with every line of a chunk what the rules say. Returns how many lines had which outcome.

    Runs in the caller's transaction, over ``statements.TABLES``; the lines of one address have their effect in order.

    Raises:
        IntegrityError: when somebody signed up meanwhile whom a line would add; the transaction must be done again.
    """
    counts = dict.fromkeys(LineOutcome, 0)
    counts[LineOutcome.SKIPPED] += len(chunk.refused)
    _copy(connection, statements.COPY_REFUSED, chunk.refused)
    has_erased = bool(connection.scalar(text(statements.HAS_ERASED)))
    for places in chunk.rounds:
        plain, others = _part(connection, chunk, places, terms, has_erased=has_erased)
        if others:
            _judge(connection, chunk, others, terms, counts, has_erased=has_erased)
        if plain:
            (_rehearse_new if terms.is_dry_run else _add_new)(connection, chunk, plain, terms)
            counts[LineOutcome.ADDED] += len(plain)
    return counts


def _part(
    connection: Connection, chunk: Chunk, places: Sequence[int], terms: Terms, *, has_erased: bool
) -> tuple[list[int], list[int]]:
    """Return the places of lines that add somebody of whom nothing is known here, by their keys; and all others."""
    lines, keys, statuses = chunk.lines, chunk.keys, chunk.statuses
    hopeful = [place for place in places if statuses[place] is EntryStatus.SUBSCRIBED]
    hopeful.sort(key=keys.__getitem__)
    _copy(connection, statements.COPY_ASKED, (f"{lines[place]}\t{keys[place]}\n" for place in hopeful))
    connection.execute(text("analyze asked"))  # nobody else does it for a temporary table
    find = statements.FIND_SEEN if terms.is_dry_run else statements.FIND_KNOWN
    known = set(connection.scalars(text(find + (statements.FIND_ERASED if has_erased else ""))))
    connection.execute(text("truncate asked"))
    plain = [place for place in hopeful if lines[place] not in known]
    others = [place for place in places if statuses[place] is not EntryStatus.SUBSCRIBED or lines[place] in known]
    return plain, others


def _judge(
    connection: Connection,
    chunk: Chunk,
    places: Sequence[int],
    terms: Terms,
    counts: dict[LineOutcome, int],
    *,
    has_erased: bool,
) -> None:
    """Do what the rules say about lines of people who may be known here."""
    rows = (f"{chunk.lines[at]}\t{chunk.statuses[at]}\t{chunk.people[at]}\t{chunk.ties[at]}\n" for at in places)
    _copy(connection, statements.COPY_INCOMING, rows)
    judge = statements.JUDGE.replace("{by_hash}", statements.BY_HASH if has_erased else statements.NO_HASH)
    steps = statements.REHEARSE if terms.is_dry_run else statements.PERFORM
    for statement in ("analyze incoming", judge, "analyze met", *steps, statements.WRITE_DOWN):
        connection.execute(text(statement), terms.to_parameters())
    for outcome, count in connection.execute(text(statements.COUNT)):
        counts[LineOutcome(outcome)] += count
    connection.execute(text("truncate incoming, met"))


def _add_new(connection: Connection, chunk: Chunk, places: Sequence[int], terms: Terms) -> None:
    """Add people of whom nothing is known here."""
    first, scattered = connection.execute(text(statements.TAKE_IDS), {"count": len(places)}).one()
    ids = scattered or range(first, first + len(places))
    people = (f"{number}\t{chunk.people[at]}\t{terms.import_id}\n" for number, at in zip(ids, places, strict=True))
    _copy(connection, statements.COPY_PEOPLE, people)
    end = f"{terms.newsletter_id}\tactive\t{terms.import_id}\n"
    # COPY reads "now" as the moment of the transaction.
    ties = (
        f"{number}\t{'now' if tie.startswith(_NULL) else tie.partition(_TAB)[0]}\t{tie}\t{end}"
        for number, tie in zip(ids, map(chunk.ties.__getitem__, places), strict=True)
    )
    _copy(connection, statements.COPY_TIES, ties)


def _rehearse_new(connection: Connection, chunk: Chunk, places: Sequence[int], _terms: Terms) -> None:
    _copy(connection, statements.COPY_SEEN, (f"{chunk.people[at]}\tactive\n" for at in places))


_NULL, _TAB = "\\N", "\t"


def _copy(connection: Connection, statement: str, rows: Iterable[str]) -> None:
    """Send rows of COPY text; nothing when there are none."""
    whole = "".join(rows)
    if not whole:
        return
    driver: Any = connection.connection.driver_connection  # SQLAlchemy has no word for COPY
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(whole)
    except connection.dialect.loaded_dbapi.IntegrityError as problem:
        raise IntegrityError(statement, None, problem) from problem
