"""How fast a file of people comes in, beside COPY of the same people; and whether it came in right. Measures only.

The reference is COPY of the rows that are good, in the file's order, into a table with the columns and the indexes of
``subscribers``: no look at who is known, no consent, no tie to a newsletter. Beside it, for honesty, COPY into copies
of both tables that an import fills.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import Engine, text

from service.db import SessionFactory, make_engine, make_session_factory, transaction
from service.development.bench.apart import run_apart
from service.development.bench.specimen import add_specimen_newsletter
from service.development.bench.stage import make_folder
from service.development.embedded import run_servers
from service.jobs import use_publisher
from service.lists.archives import open_export
from service.schema import migrate
from service.subscribers.importing.models import Import
from service.subscribers.importing.running import run_import
from service.subscribers.importing.undo import ask_undo, undo_import
from service.subscribers.importing.upload import store_file
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import SuppressionReason

HEADER: Final = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
SUPPRESSED: Final = 500
_BLOCK: Final = 1 << 20
_TABLES: Final = ("subscribers", "subscriptions", "suppressions")
# Of a hundred rows: one that is no address, one of somebody who is in the file already, one who left there.
_BAD, _TWICE, _LEFT = 17, 41, 73

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """``ratio``: rows of the file a second, to rows a second by COPY into one table; ``ratio_both``, into two.

    ``peak_mb``: the most memory that the importing process and its reader held, together. ``changed_again``: rows that
    importing the file a second time changed. ``undone``: whether undoing left every row as it was before.
    """

    rows: int
    added: int
    seconds: float
    rows_per_second: int
    copy_rows_per_second: int
    ratio: float
    ratio_both: float
    peak_mb: int
    again_rows_per_second: int
    changed_again: int
    suppressed: int
    undo_seconds: float
    undone: bool

    def to_plain_data(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def measure_importing(rows: int, say: Callable[[str], None]) -> ImportFigures:
    """Bring in a file of so many rows, once more, and take it back.

    Raises:
        Conflict: in production.
        Unavailable: a server does not start.
    """
    with make_folder() as folder, run_servers(folder) as servers:
        migrate(servers.database_url)
        use_publisher(lambda *_: None)  # no worker runs here
        engine = make_engine(servers.database_url)
        try:
            return _measure(engine, servers.database_url, folder / "email_list.csv", rows, say)
        finally:
            engine.dispose()


def _measure(engine: Engine, url: str, path: Path, rows: int, say: Callable[[str], None]) -> ImportFigures:
    factory = make_session_factory(engine)
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(line for line, _ in _make_rows(rows))
    with transaction(factory) as session:
        newsletter_id = add_specimen_newsletter(session, "plain").id
        for address in islice((address for _, address in _make_rows(rows) if address), SUPPRESSED):
            suppress(session, address, SuppressionReason.STAFF)
    before = _fingerprint(factory)
    say(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB.")
    good = sum(1 for _ in _good(rows))
    copied = path.with_suffix(".copy")
    people = _time_copy(
        engine,
        copied,
        "subscribers",
        "address, mailed_address, address_key, language",
        (f"{address}\t{address}\t{address}\ten\n" for address in _good(rows)),
    )
    ties = _time_copy(
        engine,
        copied,
        "subscriptions",
        "subscriber_id, newsletter_id, state",
        (f"{number}\t{newsletter_id}\tactive\n" for number in range(1, good + 1)),
    )
    say(f"COPY of {good:,} good rows: {good / people:,.0f} a second into one table.")
    (import_id, seconds), peak = run_apart(_bring, url, newsletter_id, path)
    row = _look(factory, import_id)
    say(f"Import: {row.rows / seconds:,.0f} a second, {row.added:,} added, {row.skipped:,} skipped.")
    after = _fingerprint(factory)
    (again_id, again_seconds), _ = run_apart(_bring, url, newsletter_id, path)
    again = _look(factory, again_id)
    changed = again.added + again.updated + (0 if _fingerprint(factory) == after else 1)
    begins = time.monotonic()
    for import_id in (again.id, row.id):
        with transaction(factory) as session:
            ask_undo(session, import_id)
        undo_import(factory, import_id)
    undo_seconds = time.monotonic() - begins
    per_second = row.rows / seconds
    return ImportFigures(
        rows=row.rows,
        added=row.added,
        seconds=round(seconds, 2),
        rows_per_second=round(per_second),
        copy_rows_per_second=round(good / people),
        ratio=round(per_second * people / good, 3),
        ratio_both=round(per_second * (people + ties) / good, 3),
        peak_mb=round(peak),
        again_rows_per_second=round(again.rows / again_seconds),
        changed_again=changed,
        suppressed=row.suppressed,
        undo_seconds=round(undo_seconds, 2),
        undone=_fingerprint(factory) == before,
    )


def _make_rows(count: int) -> Iterator[Row]:
    """Yield each row of the file and its address, empty where the row brings nobody in; the same at each call."""
    chance = Random(5)  # noqa: S311 - addresses to measure with
    last = "first@mail0.example.org"
    for number in range(count):
        kind = number % 100
        address = f"reader{chance.randrange(10**9)}.{number}@mail{chance.randrange(10**4)}.example.org"
        written = {_BAD: f"reader{number}", _TWICE: last}.get(kind, address)
        disabled = "true" if kind == _LEFT else "false"
        is_good = kind not in {_BAD, _TWICE, _LEFT}
        yield f"{written},false,,other,{disabled},2024-01-02T03:04:05.678Z,\n", address if is_good else ""
        last = address


def _good(count: int) -> Iterator[str]:
    return (address for _, address in _make_rows(count) if address)


def _time_copy(engine: Engine, path: Path, table: str, columns: str, lines: Iterator[str]) -> float:
    """Return the seconds that COPY of such lines takes into a new table like ``table``, the better of two."""
    with path.open("w") as file:
        file.writelines(lines)
    return min(_copy_file(engine, path, table, columns) for _ in range(2))


def _copy_file(engine: Engine, path: Path, table: str, columns: str) -> float:
    with engine.connect() as connection, path.open("rb") as file:
        connection.execute(text("drop table if exists reference"))
        connection.execute(text(f"create table reference (like {table} including all)"))
        connection.commit()
        driver: Any = connection.connection.driver_connection  # SQLAlchemy has no word for COPY
        begins = time.monotonic()
        with driver.cursor() as cursor, cursor.copy(f"copy reference ({columns}) from stdin") as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        driver.commit()
        return time.monotonic() - begins


def _bring(url: str, newsletter_id: int, path: Path) -> tuple[int, float]:
    """Bring the file in as a worker does, from its arrival to its end. Returns the import's id, and the seconds."""
    use_publisher(lambda *_: None)
    factory = make_session_factory(make_engine(url))
    begins = time.monotonic()
    (part,) = open_export(path, path.name)
    import_id = store_file(factory, newsletter_id, part, statement="They agreed at the sample's desk.")
    run_import(factory, import_id)
    return import_id, time.monotonic() - begins


def _look(factory: SessionFactory, import_id: int) -> Import:
    with factory() as session:
        return session.get_one(Import, import_id)


def _fingerprint(factory: SessionFactory) -> list[tuple[Any, ...]]:
    """Return the number of rows of each table that an import fills, and a sum that changes with any letter of them."""
    with factory() as session:
        return [
            tuple(
                session.execute(
                    text(f"select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {table} t")  # noqa: S608 - ours
                ).one()
            )
            for table in _TABLES
        ]
