"""One transaction per request. Owns how a view opens it and what a database that is away looks like from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from service.db import transaction
from service.errors import Unavailable
from service.web.services import get_services


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open the request's transaction: commit at the end, roll back on any error, then let waiting jobs leave.

    Raises:
        Unavailable: when the database does not answer, gives no connection in time, or breaks off.
    """
    try:
        with transaction(get_services().factory) as session:
            yield session
    except (InterfaceError, OperationalError, PoolTimeoutError) as problem:
        raise Unavailable("Our records don’t answer at this moment. Please try again in a minute.") from problem
