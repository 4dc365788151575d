"""A look at many rows that gives up in time: what a page may wait for. Owns the limit, never the question."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.errors import Unavailable

PATIENCE: Final = timedelta(seconds=2)
_CANCELLED: Final = "57014"  # query_canceled, PostgreSQL's appendix A
_SETTING: Final = "statement_timeout"


class TookTooLong(Unavailable):
    """There are too many rows to look through while somebody waits; a narrower question may be answered."""

    code = "took_too_long"


@contextmanager
def at_most(session: Session, limit: timedelta = PATIENCE) -> Iterator[None]:
    """Let no statement inside take longer than ``limit``; the transaction goes on after one that did. Reads only.

    Raises:
        TookTooLong: when one was given up.
    """
    try:
        with session.begin_nested():
            usual = session.scalar(select(func.current_setting(_SETTING)))
            _set(session, f"{limit // timedelta(milliseconds=1)}ms")
            yield
            _set(session, str(usual))
    except OperationalError as problem:
        if getattr(problem.orig, "sqlstate", None) != _CANCELLED:
            raise
        raise TookTooLong("There are too many rows to look through while you wait.") from problem


def _set(session: Session, value: str) -> None:
    session.execute(select(func.set_config(_SETTING, value, True)))
