"""Faults inside the database itself: at a named moment of sending it errs, cuts its own connection, or stands still.

A trigger on the rows of deliveries, so that the service runs as it is and every process of it meets the same fault.
``hits`` counts the attempts in a sequence, which no rollback takes back. Never changes a row of the service's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.waiting import wait_until

FOR_EVER = 1_000_000
_LOCK = 4711  # any number: whoever holds it keeps blocked transactions waiting
# pg_locks tells of every database of the server, and another test process may play the same fault in its own.
_BLOCKED = """
from pg_locks join pg_database on pg_database.oid = pg_locks.database
where datname = current_database() and locktype = 'advisory' and not granted and objid = %s
"""


class Moment(StrEnum):
    """A move of a copy at which the fault strikes, once in each transaction that makes it."""

    CLAIM = "old.state = 'queued' and new.state = 'claimed'"
    INTEND = "old.state = 'claimed' and new.state = 'sending'"
    RECORD = "old.state = 'sending' and new.state <> 'sending'"


_TABLES = "create sequence sabotage_hits; create table sabotage (until bigint); insert into sabotage values (0)"

# The transaction's own id, kept in a setting that ends with it, tells its first row from the rest.
_FUNCTION = """
create function sabotage() returns trigger language plpgsql as $$
begin
    if current_setting('sabotage.met', true) is distinct from pg_current_xact_id()::text then
        perform set_config('sabotage.met', pg_current_xact_id()::text, true);
        if nextval('sabotage_hits') <= (select until from sabotage) then
            {action};
        end if;
    end if;
    return null;
end $$
"""
_TRIGGER = """
create constraint trigger sabotage after update on deliveries {when}
for each row when ({move}) execute function sabotage()
"""


class Sabotage:
    """One fault in one database. ``at_commit`` strikes when all statements are done; else at the first row's change."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection
        self._connection.execute(_TABLES)

    @property
    def hits(self) -> int:
        """How many transactions have come to the moment, those that failed there included."""
        row = self._connection.execute("select case when is_called then last_value else 0 end from sabotage_hits")
        return int(str(row.fetchone()[0]))  # type: ignore[index] # one row, always

    def err(self, moment: Moment, sqlstate: str, times: int = FOR_EVER, *, at_commit: bool = False) -> None:
        """Fail the next ``times`` transactions with this SQLSTATE: 53100 is a full disk, 40P01 a deadlock."""
        action = sql.SQL("raise exception 'sabotage' using errcode = {}").format(sql.Literal(sqlstate))
        self._set(moment, action, times, at_commit=at_commit)

    def cut(self, moment: Moment, times: int = 1, *, at_commit: bool = False) -> None:
        """End the connection of the next ``times`` transactions, as a firewall or a restart would."""
        self._set(moment, sql.SQL("perform pg_terminate_backend(pg_backend_pid())"), times, at_commit=at_commit)

    def block(self, moment: Moment, *, at_commit: bool = False) -> None:
        """Let each transaction wait at the moment, its work done and nothing committed, until ``end``."""
        self._connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        action = sql.SQL("perform pg_advisory_xact_lock({})").format(sql.Literal(_LOCK))
        self._set(moment, action, FOR_EVER, at_commit=at_commit)

    def wait_until_blocked(self) -> None:
        """Return once a transaction waits at the moment."""
        query = f"select pid {_BLOCKED}"
        wait_until(lambda: self._connection.execute(query, (_LOCK,)).fetchone(), "a transaction to be blocked")

    def undo_blocked(self) -> None:
        """Roll back what is blocked; its process may be dead, for whom the server would else commit it in the end."""
        self._connection.execute(f"select pg_terminate_backend(pid) {_BLOCKED}", (_LOCK,))

    def end(self) -> None:
        """Take the fault away; whoever waits goes on. Safe to repeat."""
        self._connection.execute("update sabotage set until = 0")
        self._connection.execute("select pg_advisory_unlock_all()")

    def _set(self, moment: Moment, action: sql.Composable, times: int, *, at_commit: bool) -> None:
        when = sql.SQL("deferrable initially deferred" if at_commit else "not deferrable")
        self._connection.execute(sql.SQL(_FUNCTION).format(action=action))
        self._connection.execute(sql.SQL(_TRIGGER).format(when=when, move=sql.SQL(moment.value)))
        self._connection.execute("update sabotage set until = %s", (times,))


@contextmanager
def sabotage(database_url: str) -> Iterator[Sabotage]:
    """Lend one fault in this database, and end it however the test ends."""
    conninfo = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        fault = Sabotage(connection)
        try:
            yield fault
        finally:
            fault.end()
