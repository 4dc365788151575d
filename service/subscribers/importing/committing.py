"""One chunk in one transaction, with the import's figures and, first of all, the proof of its people's consent.

Owns the connection's tables and tuning, and when a transaction is done again; what becomes of a line is ``merge``'s.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, insert, select, text
from sqlalchemy.exc import IntegrityError

from service.subscribers.importing.lanes import Wait
from service.subscribers.importing.merge import Terms, UnexpectedError, merge_chunk
from service.subscribers.importing.progress import Claim, note_chunk
from service.subscribers.importing.staging import Chunk
from service.subscribers.importing.statements import TABLES
from service.subscribers.models import ConsentEvent
from service.subscribers.states import ConsentSource, SubscriptionEvent

_TRIES: Final = 4  # of one chunk
# A plan compiled for one statement costs more than it saves; a chunk is sorted in memory; a small sample tells enough.
# No chunk waits for the disk: a crash takes the last ones whole, with the figures that say where to go on, and whatever
# waits for the disk later, as the import's end does and every mail's claim, waits for them too.
_TUNING: Final = (
    "set synchronous_commit = off",
    "set jit = off",
    "set work_mem = '64MB'",
    "set temp_buffers = '64MB'",
    "set default_statistics_target = 10",
)


def prepare(connection: Connection) -> None:
    """Make a connection's tables, which end with it."""
    driver: Any = connection.connection.driver_connection
    driver.prepare_threshold = None  # a plan that is kept expects a hundred keys of any chunk
    with connection.begin():
        for statement in (*_TUNING, *TABLES):
            connection.execute(text(statement))


@dataclass(slots=True)
class Outlook:
    """Whether something may be known of a file's next people: so it is taken to be at first, then as the last were."""

    expects_known: bool = True


def commit_chunk(
    connection: Connection, claim: Claim, chunk: Chunk, terms: Terms, outlook: Outlook, wait: Wait
) -> bool:
    """Take a chunk in, after the one before it is in. Returns whether somebody asked to stop here."""
    if chunk.meets_last and wait():
        return True
    for left in reversed(range(_TRIES)):
        try:
            with connection.begin() as transaction:
                if chunk.is_first and not terms.is_dry_run:
                    _note_consent(connection, terms)
                counts, outlook.expects_known = merge_chunk(connection, chunk, terms, looks=outlook.expects_known)
                if wait():
                    transaction.rollback()
                    return True
                return note_chunk(connection, claim, counts, chunk.last_line, chunk.done_bytes)
        except (UnexpectedError, IntegrityError):  # somebody is known after all, or signed up since the look
            outlook.expects_known = True
            if not left:
                raise
    raise AssertionError("unreachable")


def _note_consent(connection: Connection, terms: Terms) -> None:
    """Add the one proof of all whom the file brings, unless an earlier process has done so."""
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
