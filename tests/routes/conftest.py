"""A database for lessons, shared and emptied, and a clock that only tests move."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from service.alarms.models import Alarm
from service.db import SessionFactory, make_engine, make_session_factory, transaction
from service.routes.models import Bucket, Pace, RouteDay
from tests.routes.simulation import Clock


@pytest.fixture
def factory(database_url: str) -> Iterator[SessionFactory]:
    """Sessions on a database with no lessons; whatever a test leaves is taken away."""
    engine = make_engine(database_url, pool_size=4)
    built = make_session_factory(engine)
    yield built
    with transaction(built) as session:
        for table in (Pace, Bucket, RouteDay, Alarm):
            session.execute(delete(table))
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test passes time."""
    return Clock()
