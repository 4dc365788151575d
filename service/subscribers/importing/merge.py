"""One chunk into the tables, in one transaction: looked up, judged, added, filled in, ended, written down.

The only maker of people and consent in bulk. Owns the order of the steps; the rules are in ``classify``, their SQL in
``statements``. Whom nobody here knows goes by COPY straight into the tables, sorted by key so that their indexes grow
page by page; all others are judged by the server. A dry run walks the same way and leaves only the report.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from service.lists.entries import EntryStatus
from service.subscribers.importing import statements
from service.subscribers.importing.models import LineOutcome
from service.subscribers.importing.staging import Chunk, Round, write_incoming

_AT_ONCE: Final = 5_000  # rows


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
    counts[LineOutcome.SKIPPED] += chunk.refusals
    _copy(connection, statements.COPY_REFUSED, [chunk.refused])
    has_erased = bool(connection.scalar(text(statements.HAS_ERASED)))
    if has_erased and chunk.refusals:
        _forget_refused(connection, chunk, terms)
    for round_ in chunk.rounds:
        plain, others = _part(connection, round_, terms, has_erased=has_erased)
        if others:
            _judge(connection, others, terms, counts, has_erased=has_erased)
        if plain.people:
            (_rehearse_new if terms.is_dry_run else _add_new)(connection, plain, terms)
            counts[LineOutcome.ADDED] += len(plain.people)
    return counts


def _forget_refused(connection: Connection, chunk: Chunk, terms: Terms) -> None:
    """Keep no address of an erased person that stood in a line which could not be read."""
    lines = [int(row.split("\t", 2)[1]) for row in chunk.refused.splitlines()]
    connection.execute(text(statements.FORGET_REFUSED), {"import": terms.import_id, "lines": lines})


class _Plain(NamedTuple):
    """Lines that add somebody of whom nothing is known here, side by side, in the order of their keys."""

    people: Sequence[str]
    ties: Sequence[str]


def _part(connection: Connection, round_: Round, terms: Terms, *, has_erased: bool) -> tuple[_Plain, str]:
    """Return the lines that simply add somebody; and all others, as rows of ``incoming``."""
    if not round_.numbers:
        return _Plain((), ()), round_.others
    find = statements.FIND_SEEN if terms.is_dry_run else statements.FIND_KNOWN
    asked = text(find + (statements.FIND_ERASED if has_erased else ""))
    known = {place - 1 for place in connection.scalars(asked, {"keys": round_.keys})}
    people, ties = round_.people.split("\n"), round_.ties.split("\n")
    if not known:
        return _Plain(people, ties), round_.others
    met = "".join(
        write_incoming(round_.numbers[at], EntryStatus.SUBSCRIBED, people[at], ties[at]) for at in sorted(known)
    )
    new = [at for at in range(len(people)) if at not in known]
    return _Plain([people[at] for at in new], [ties[at] for at in new]), met + round_.others


def _judge(
    connection: Connection, rows: str, terms: Terms, counts: dict[LineOutcome, int], *, has_erased: bool
) -> None:
    """Do what the rules say about lines of people who may be known here."""
    _copy(connection, statements.COPY_INCOMING, [rows])
    judge = statements.JUDGE.replace("{by_hash}", statements.BY_HASH if has_erased else statements.NO_HASH)
    steps = statements.REHEARSE if terms.is_dry_run else statements.PERFORM
    # Nobody else analyzes a temporary table.
    for statement in ("analyze incoming", judge, "analyze met", *steps, statements.WRITE_DOWN):
        connection.execute(text(statement), terms.to_parameters())
    for outcome, count in connection.execute(text(statements.COUNT)):
        counts[LineOutcome(outcome)] += count
    connection.execute(text("truncate incoming, met"))


def _add_new(connection: Connection, plain: _Plain, terms: Terms) -> None:
    """Add people of whom nothing is known here."""
    ids = _take_ids(connection, len(plain.people))
    _copy(connection, statements.COPY_PEOPLE, _number(ids, plain.people, f"\t{terms.import_id}\n"))
    end = f"\t{terms.newsletter_id}\tactive\t{terms.import_id}\n"
    _copy(connection, statements.COPY_TIES, _number(ids, plain.ties, end))


def _take_ids(connection: Connection, count: int) -> Sequence[int]:
    """Return so many ids of new people."""
    first, last = connection.execute(text(statements.TAKE_IDS), {"count": count}).one()
    if last - first == count - 1:
        return range(first, last + 1)
    # Somebody signed up in these milliseconds and has an id among them: they stay unused.
    return connection.scalars(text(statements.TAKE_SCATTERED_IDS), {"count": count}).all()


def _number(ids: Sequence[int], rows: Sequence[str], end: str) -> Iterator[str]:
    """Yield rows of COPY text, each led by its id, some thousands at a time: the server works on while we do."""
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        yield "".join([f"{number}\t{row}{end}" for number, row in zip(ids[some], rows[some], strict=True)])


def _rehearse_new(connection: Connection, plain: _Plain, _terms: Terms) -> None:
    _copy(connection, statements.COPY_SEEN, ["\tactive\n".join((*plain.people, ""))])


def _copy(connection: Connection, statement: str, pieces: Iterable[str]) -> None:
    """Send rows of COPY text; the server never hears of none."""
    rows = filter(None, pieces)
    if (first := next(rows, None)) is None:
        return
    driver: Any = connection.connection.driver_connection  # SQLAlchemy has no word for COPY
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in chain((first,), rows):
                copy.write(piece)
    except connection.dialect.loaded_dbapi.IntegrityError as problem:
        raise IntegrityError(statement, None, problem) from problem
