"""One transaction per request. Owns how a view opens it and what a database that is away looks like from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.db import passes, transaction
from service.errors import Unavailable
from service.web.services import get_services


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open the request's transaction: commit at the end, roll back on any error, then let waiting jobs leave.

    Raises:
        Unavailable: when the database does not answer, gives no connection in time, or breaks off.
    """
    with asking_records(), transaction(get_services().factory) as session:
        yield session


@contextmanager
def asking_records() -> Iterator[None]:
    """Say in a sentence that the database does not answer, for code that opens transactions of its own.

    Raises:
        Unavailable: see ``unit_of_work``.
    """
    try:
        yield
    except SQLAlchemyError as problem:
        if not passes(problem):
            raise
        raise Unavailable("Our records don’t answer at this moment. Please try again in a minute.") from problem
