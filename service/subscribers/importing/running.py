"""Runs one import: its claim, who helps with it, and its end. What becomes of a chunk is ``committing``'s.

Each chunk is one transaction with the import's figures, so a process that dies anywhere leaves whole chunks, and the
next one goes on after them. A large file is read ahead by a process of its own, while the server takes in two chunks.
"""

import logging
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from service.db import SessionFactory
from service.errors import BadInput
from service.languages.choosing import choose
from service.subscribers.importing.ahead import read_ahead
from service.subscribers.importing.committing import Outlook, commit_chunk, prepare
from service.subscribers.importing.lanes import take_in_order
from service.subscribers.importing.merge import Terms
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.importing.progress import Claim, LeaseLostError, claim_import, finish_import, start_over
from service.subscribers.importing.reading import ReadingTask, read_chunks
from service.subscribers.importing.upload import fetch_file

log = logging.getLogger(__name__)

CHUNK: Final = 25_000  # lines; two are in the server's hands, and two in the reader's
WORTH_HELP: Final = 1_000_000  # bytes; a smaller file is in before another process and connection have started
MOST_CLAIMS: Final = 10
"""A file that ended as many processes is not tried again."""


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
        # The newsletter belongs to the neighbours, ``issues``; of it only this word is needed.
        language = session.scalar(text("select language from newsletters where id = :id"), {"id": row.newsletter_id})
    if row.cancel_asked_at is not None:
        return ImportState.CANCELLED
    task = ReadingTask(path, row.filename, row.mapping, row.id, choose([language or ""]), row.done_lines, size)
    terms = Terms(row.id, row.newsletter_id, row.statement, row.account_id, row.is_dry_run)
    outlook = Outlook()
    is_large = row.size_bytes > WORTH_HELP
    # A rehearsal remembers the lines before in a table of its one connection.
    lanes = 2 if is_large and not row.is_dry_run else 1
    with ExitStack() as stack:
        chunks = stack.enter_context(closing((read_ahead if is_large else read_chunks)(task)))
        connections = [_open_lane(stack, factory) for _ in range(lanes)]
        is_stopped = take_in_order(
            connections,
            chunks,
            lambda connection, chunk, wait: commit_chunk(connection, claim, chunk, terms, outlook, wait),
        )
    return ImportState.CANCELLED if is_stopped else ImportState.DONE


def _open_lane(stack: ExitStack, factory: SessionFactory) -> Connection:
    connection: Connection = stack.enter_context(factory.kw["bind"].connect())
    stack.callback(connection.invalidate)  # its tables and its tuning end with it
    prepare(connection)
    return connection
