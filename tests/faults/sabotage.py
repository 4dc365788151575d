"""Faults inside the database itself: at a named moment of sending it errs, cuts its own connection, or stands still.

Triggers on the rows of deliveries, so the service runs as it is and every process meets the same fault. ``hits`` counts
attempts in a sequence, which no rollback takes back. Never touches a row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.waiting import wait_until

_LOCK = 4711  # any constant: whoever holds it keeps the blocked transactions waiting
FOR_EVER = 1_000_000


class Moment(StrEnum):
    """A move of a delivery at which the fault strikes, once for each transaction that makes it."""

    CLAIM = "old.state = 'queued' and new.state = 'claimed'"
    INTEND = "old.state = 'claimed' and new.state = 'sending'"
    RECORD = "old.state = 'sending' and new.state <> 'sending'"


class Sabotage:
    """One fault in one database, until ``end``."""

    def __init__(self, database_url: str) -> None:
        conninfo = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._connection.execute("create sequence sabotage_hits")

    @property
    def hits(self) -> int:
        """How many transactions have come to the moment, those that failed there included."""
        row = self._connection.execute("select last_value, is_called from sabotage_hits").fetchone()
        assert row is not None
        return int(row[0]) if row[1] else 0

    def err(self, moment: Moment, sqlstate: str, times: int = FOR_EVER, *, at_commit: bool = False) -> None:
        """Fail the next ``times`` transactions with this SQLSTATE, as a full disk (53100) or a deadlock (40P01) would."""
        action = sql.SQL("raise exception 'sabotage' using errcode = {}").format(sql.Literal(sqlstate))
        self._set(moment, action, times, at_commit=at_commit)

    def cut(self, moment: Moment, times: int = 1, *, at_commit: bool = False) -> None:
        """End the connection of the next ``times`` transactions, as a server that restarts or a firewall would."""
        self._set(moment, sql.SQL("perform pg_terminate_backend(pg_backend_pid())"), times, at_commit=at_commit)

    def block(self, moment: Moment, *, at_commit: bool = False) -> None:
        """Let every transaction wait at the moment, with its work done and nothing committed, until ``end``."""
        self._connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        self._set(moment, sql.SQL("perform pg_advisory_xact_lock({})").format(_LOCK), FOR_EVER, at_commit=at_commit)

    def wait_until_blocked(self) -> None:
        """Return once a transaction waits at the moment."""
        waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted and objid = %s"
        wait_until(lambda: self._connection.execute(waiting, (_LOCK,)).fetchone(), "a transaction to be blocked")

    def end(self) -> None:
        """Take the fault away; what waits goes on. Safe to repeat."""
        self._connection.execute("update sabotage set times = 0")
        self._connection.execute("select pg_advisory_unlock_all()")

    def close(self) -> None:
        """Leave the database; the triggers stay, and do nothing more."""
        self._connection.close()

    def _set(self, moment: Moment, action: sql.Composable, times: int, *, at_commit: bool) -> None:
        function = sql.SQL(_FUNCTION).format(action=action, times=sql.Literal(times))
        when = sql.SQL("deferrable initially deferred" if at_commit else "not deferrable")
        self._connection.execute(function)
        self._connection.execute(sql.SQL(_TRIGGER).format(when=when, move=sql.SQL(moment.value)))
