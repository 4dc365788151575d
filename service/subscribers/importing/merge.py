"""One chunk into the tables, in one transaction: looked up, judged, added, filled in, ended, written down.

The only maker of people and consent in bulk. Owns the order of the steps; the rules are in ``classify``, their SQL in
``statements``. Whom nobody here knows goes by COPY straight into the tables, sorted by key so that their indexes grow
page by page; all others are judged by the server. A dry run walks the same way and leaves only the report.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
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


class UnexpectedError(Exception):
    """Somebody was added unlooked for who must not be: the transaction must be done again, and look."""


class Merged(NamedTuple):
    """``counts``: how many lines had which outcome. ``met``: whether anything was known of somebody before."""

    counts: Mapping[LineOutcome, int]
    met: bool


def merge_chunk(connection: Connection, chunk: Chunk, terms: Terms, *, looks: bool) -> Merged:
    """Do with every line of a chunk what the rules say.

    Runs in the caller's transaction, over ``statements.TABLES``; the lines of one address have their effect in order.

    Args:
        looks: whether to look first who is known, which costs a sixth of the work. Where nobody is expected to be, one
            look at those who came in finds out as surely, as does the constraint on addresses.

    Raises:
        UnexpectedError: somebody came in unlooked for whose address must not be mailed.
        IntegrityError: somebody is here whom a line would add, unlooked for or signed up since the look. After both
            the transaction must be done again.
    """
    counts = dict.fromkeys(LineOutcome, 0)
    counts[LineOutcome.SKIPPED] += chunk.refusals
    _copy(connection, statements.COPY_REFUSED, [chunk.refused])
    has_erased = bool(connection.scalar(text(statements.HAS_ERASED)))
    if has_erased and chunk.refusals:
        _forget_refused(connection, chunk, terms)
    met = False
    looks = looks or has_erased or terms.is_dry_run
    for round_ in chunk.rounds:
        known = _find_known(connection, round_, terms, has_erased=has_erased) if looks else frozenset()
        plain, others = _part(round_, known)
        if others:
            _judge(connection, others, terms, counts, has_erased=has_erased)
        if plain.people:
            (_rehearse_new if terms.is_dry_run else _add_new)(connection, plain, terms, looked=looks)
            counts[LineOutcome.ADDED] += len(plain.people)
        met = met or (round_ is chunk.rounds[0] and bool(known))
        looks = True  # whoever comes a second time is here since the first
    return Merged(counts, met)


def _forget_refused(connection: Connection, chunk: Chunk, terms: Terms) -> None:
    """Keep no address of an erased person that stood in a line which could not be read."""
    lines = [int(row.split("\t", 2)[1]) for row in chunk.refused.splitlines()]
    connection.execute(text(statements.FORGET_REFUSED), {"import": terms.import_id, "lines": lines})


class _Plain(NamedTuple):
    """Lines that add somebody of whom nothing is known here, side by side, in the order of their keys."""

    people: Sequence[str]
    ties: Sequence[str]


def _find_known(connection: Connection, round_: Round, terms: Terms, *, has_erased: bool) -> Set[int]:
    """Return which of a round's hopeful lines, by their places from 0, are of somebody of whom anything is known."""
    if not round_.numbers:
        return frozenset()
    find = statements.FIND_SEEN if terms.is_dry_run else statements.FIND_KNOWN
    asked = text(find + (statements.FIND_ERASED if has_erased else ""))
    return {place - 1 for place in connection.scalars(asked, {"keys": round_.keys})}


def _part(round_: Round, known: Set[int]) -> tuple[_Plain, str]:
    """Return the lines that simply add somebody; and all others, as rows of ``incoming``."""
    if not round_.numbers:
        return _Plain((), ()), round_.others
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
    # Nobody else analyzes a temporary table.
    for statement in ("analyze incoming", judge, "analyze met"):
        connection.execute(text(statement), terms.to_parameters())
    wanted: set[str] = set()
    for found in connection.execute(text(statements.SUM_UP)).mappings():
        counts[LineOutcome(found["outcome"])] += found["lines"]
        wanted |= {word for word, is_wanted in found.items() if is_wanted is True}
    steps = [step for wants, step in statements.PERFORM if wants & wanted]
    for statement in (*([statements.REHEARSE] if terms.is_dry_run else steps), statements.WRITE_DOWN):
        connection.execute(text(statement), terms.to_parameters())
    connection.execute(text("truncate incoming, met"))


def _add_new(connection: Connection, plain: _Plain, terms: Terms, *, looked: bool) -> None:
    """Add people of whom nothing is known here; where nobody has looked, as far as one can hope."""
    ids = _take_ids(connection, len(plain.people))
    _copy(connection, statements.COPY_PEOPLE, _number(ids, plain.people, f"\t{terms.import_id}\n"))
    end = f"\t{terms.newsletter_id}\tactive\t{terms.import_id}\n"
    _copy(connection, statements.COPY_TIES, _number(ids, plain.ties, end))
    if not looked and connection.scalar(text(statements.HAS_SUPPRESSED), {"first": ids[0], "last": ids[-1]}):
        raise UnexpectedError


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


def _rehearse_new(connection: Connection, plain: _Plain, _terms: Terms, *, looked: bool) -> None:
    del looked  # a rehearsal always has
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
