"""Runs one import, chunk by chunk. Owns their transactions and the end; what becomes of a line is ``merge``'s.

Each chunk is one transaction with the import's figures, so a process that dies anywhere leaves whole chunks, and the
next one goes on after them. The file is read ahead while the server takes in the chunk before.
"""

import logging
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, exists, insert, select, text
from sqlalchemy.exc import IntegrityError

from service.db import SessionFactory
from service.errors import BadInput
from service.languages.choosing import choose
from service.subscribers.importing.ahead import read_ahead
from service.subscribers.importing.merge import Terms, merge_chunk
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.importing.progress import (
    Claim,
    LeaseLostError,
    claim_import,
    finish_import,
    note_chunk,
    start_over,
)
from service.subscribers.importing.reading import ReadingTask, read_chunks
from service.subscribers.importing.staging import Chunk
from service.subscribers.importing.statements import TABLES
from service.subscribers.importing.upload import fetch_file
from service.subscribers.models import ConsentEvent
from service.subscribers.states import ConsentSource, SubscriptionEvent

log = logging.getLogger(__name__)

CHUNK: Final = 50_000  # lines
_WORTH_A_PROCESS: Final = 1_000_000  # bytes; a smaller file is read before another process has started
MOST_CLAIMS: Final = 10
"""A file that ended as many processes is not tried again."""
_TRIES: Final = 3  # of one chunk
# A plan compiled for one statement costs more than it saves; a chunk is sorted in memory; a small sample tells enough.
_TUNING: Final = (
    "set jit = off",
    "set work_mem = '64MB'",
    "set temp_buffers = '64MB'",
    "set default_statistics_target = 10",
)


def run_import(factory: SessionFactory, import_id: int, *, chunk: int = CHUNK) -> None:
    """Bring in the people of a stored file, from where it stands, and write down what became of each line.

    Safe to repeat and to run twice at once: one process holds the lease, and a chunk counts once, with its lines.
    """
    claim = claim_import(factory, import_id)
    if claim is None:
        return
    if claim.fence > MOST_CLAIMS:
        finish_import(factory, claim, ImportState.FAILED, f"This import stopped {MOST_CLAIMS} times; look at the log.")
        return
    try:
        with fetch_file(factory, import_id) as path:
            state = _take_in(factory, claim, path, chunk)
    except LeaseLostError:
        log.warning("import %d is another worker's by now", import_id)
    except BadInput as problem:
        finish_import(factory, claim, ImportState.FAILED, problem.message)
    else:
        finish_import(factory, claim, state)


def _take_in(factory: SessionFactory, claim: Claim, path: Path, size: int) -> ImportState:
    start_over(factory, claim)
    with factory() as session:
        row = session.get_one(Import, claim.import_id)
    if row.cancel_asked_at is not None:
        return ImportState.CANCELLED
    with factory.kw["bind"].connect() as connection:
        try:
            language = _prepare(connection, row.newsletter_id)
            terms = Terms(row.id, row.newsletter_id, row.statement, row.account_id, row.is_dry_run)
            task = ReadingTask(path, row.filename, row.mapping, row.id, language, row.done_lines, size)
            read = read_ahead if row.size_bytes > _WORTH_A_PROCESS else read_chunks
            with closing(read(task)) as chunks:
                for chunk in chunks:
                    if _commit_chunk(connection, claim, chunk, terms):
                        return ImportState.CANCELLED
        finally:
            connection.invalidate()  # its tables and its tuning end with it
    return ImportState.DONE


def _prepare(connection: Connection, newsletter_id: int) -> str:
    """Make the tables of this connection. Returns the language of those whose file says none that we have."""
    driver: Any = connection.connection.driver_connection
    driver.prepare_threshold = None  # a plan that is kept expects a hundred keys of any chunk
    with connection.begin():
        for statement in (*_TUNING, *TABLES):
            connection.execute(text(statement))
        # The newsletter belongs to the neighbours, ``issues``; of it only this word is needed.
        language = connection.scalar(text("select language from newsletters where id = :id"), {"id": newsletter_id})
    return choose([language or ""])


def _commit_chunk(connection: Connection, claim: Claim, chunk: Chunk, terms: Terms) -> bool:
    """Take a chunk in. Returns whether somebody asked to stop here."""
    for left in reversed(range(_TRIES)):
        try:
            with connection.begin():
                if not terms.is_dry_run:
                    _note_consent(connection, terms)
                counts = merge_chunk(connection, chunk, terms)
                return note_chunk(connection, claim, counts, chunk.last_line, chunk.done_bytes)
        except IntegrityError:  # somebody signed up between the look and the insert
            if not left:
                raise
    raise AssertionError("unreachable")


def _note_consent(connection: Connection, terms: Terms) -> None:
    """Add the one proof of all whom the file brings, with its first chunk."""
    noted = exists().where(ConsentEvent.import_id == terms.import_id)
    if not connection.scalar(select(noted)):
        connection.execute(
            insert(ConsentEvent).values(
                import_id=terms.import_id,
                event=SubscriptionEvent.IMPORT,
                source=ConsentSource.IMPORT,
                wording=terms.statement,
                evidence={},
                account_id=terms.account_id,
            )
        )
