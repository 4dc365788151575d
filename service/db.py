"""The session and the one way to a transaction. Owns commit, rollback, what waits for the commit, and which errors
pass; never any query.

Work that must leave only after a commit (publishing a job) is registered with ``after_commit`` and run by
``transaction()``, not by SQLAlchemy's own event: that also fires on a savepoint's release (SQLAlchemy 2.1).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Text, create_engine, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_AFTER_COMMIT = "after_commit"
_READ_ONLY = "25006"  # for a moment, the address of a database leads to its old primary
# A server tuned to forget its last commits in a crash would forget who was mailed, and they would be mailed again.
_DURABLE = "synchronous_commit=on"
_OPTIONS = ("timezone=utc", "statement_timeout=60000", "idle_in_transaction_session_timeout=30000", _DURABLE)

SessionFactory = sessionmaker[Session]


class Base(DeclarativeBase):
    """The parent of every model; ids are wide, text has no length, datetimes are aware, constraints have names."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}


def word_type(words: type[StrEnum]) -> Enum:
    """Return the column type for a word: its value as text in the database, the enum's member in Python."""
    return Enum(words, values_callable=lambda kind: [word.value for word in kind], native_enum=False, length=40)


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine whose connections speak UTC, notice a dead server and give up on a statement after 60 s.

    A process that was frozen inside a transaction loses it after 30 s: its row locks would stand in everybody's way.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error that is logged must not say whose row it was
        connect_args={"options": " ".join(f"-c {option}" for option in _OPTIONS), "connect_timeout": 5},
    )


def make_session_factory(engine: Engine) -> SessionFactory:
    """Return the factory that ``transaction`` takes; objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(factory: SessionFactory) -> Iterator[Session]:
    """Open one transaction: commit at the end, roll back on any error, then run what waited for the commit."""
    with factory() as session:
        with session.begin():
            yield session
        run_after_commit(session)


def passes(problem: SQLAlchemyError) -> bool:
    """Return whether the same work may succeed later: no connection, a restart, a deadlock, a full disk."""
    if not isinstance(problem, DBAPIError):
        return isinstance(problem, PoolTimeoutError)
    # OperationalError is what psycopg makes of classes 08, 40, 53, 55, 57 and 58 (PostgreSQL, appendix A).
    if isinstance(problem, OperationalError | InterfaceError) or problem.connection_invalidated:
        return True
    return getattr(problem.orig, "sqlstate", None) == _READ_ONLY


@contextmanager
def hold_lock(factory: SessionFactory, name: str) -> Iterator[None]:
    """Let nobody else in under ``name`` until the block ends, on any machine; waits at most the statement's timeout.

    The lock hangs on a connection of its own, outside any transaction: the block may call the network and open
    transactions. A process that dies lets go. Needs a session of PostgreSQL: a pooler must pool by session.
    """
    with factory.kw["bind"].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(select(func.pg_advisory_lock(func.hashtextextended(name, 0))))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(func.hashtextextended(name, 0))))


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run ``action`` once this session's transaction has committed; never if it rolls back."""
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def run_after_commit(session: Session) -> None:
    """Run and forget the waiting actions. Only for code that ends a transaction itself."""
    for action in session.info.pop(_AFTER_COMMIT, []):
        action()
