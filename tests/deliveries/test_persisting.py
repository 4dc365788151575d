"""Which errors of the database pass by themselves, and that trying again neither spins nor lasts for ever."""

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from service.db import passes
from service.deliveries.persisting import FIRST_WAIT, LONGEST_WAIT, pass_time, persist, wait_before
from service.wiring import Services


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (OperationalError("", {}, errors.AdminShutdown()), True),
        (OperationalError("", {}, errors.CannotConnectNow()), True),
        (OperationalError("", {}, errors.DeadlockDetected()), True),
        (OperationalError("", {}, errors.SerializationFailure()), True),
        (OperationalError("", {}, errors.DiskFull()), True),
        (OperationalError("", {}, errors.TooManyConnections()), True),
        (OperationalError("", {}, errors.QueryCanceled()), True),
        (InterfaceError("", {}, errors.InterfaceError("the connection is closed")), True),
        (InternalError("", {}, errors.ReadOnlySqlTransaction()), True),
        (InternalError("", {}, errors.InFailedSqlTransaction()), False),
        (IntegrityError("", {}, errors.UniqueViolation()), False),
        (ProgrammingError("", {}, errors.UndefinedTable()), False),
    ],
    ids=lambda value: type(value.orig).__name__ if isinstance(value, DBAPIError) else None,
)
def test_what_may_go_by_itself_is_tried_again_and_what_is_wrong_is_not(problem: DBAPIError, answer: bool) -> None:
    assert passes(problem) is answer


def test_work_is_done_again_until_it_is_committed(services: Services) -> None:
    tries: list[int] = []

    def work(session: Session) -> int:
        tries.append(session.scalars(text("select 1")).one())
        if len(tries) < 4:
            raise OperationalError("", {}, errors.DeadlockDetected())
        return 42

    assert persist(services.factory, work, lambda _: True) == 42
    assert len(tries) == 4


def test_what_is_wrong_is_raised_at_once(services: Services) -> None:
    def work(session: Session) -> None:
        session.execute(text("select from nowhere"))

    with pytest.raises(ProgrammingError):
        persist(services.factory, work, lambda _: pytest.fail("it waited"))


def test_told_to_stop_it_raises_the_last_error(services: Services) -> None:
    waits: list[float] = []

    def work(_: Session) -> None:
        raise OperationalError("", {}, errors.DiskFull())

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) < 12

    with pytest.raises(OperationalError):
        persist(services.factory, work, wait)
    assert len(waits) == 12
    assert min(waits[-4:]) >= LONGEST_WAIT / 2


def test_waits_grow_and_stay_bounded() -> None:
    assert all(FIRST_WAIT / 2 <= wait_before(1) <= FIRST_WAIT * 2 for _ in range(20))
    assert all(LONGEST_WAIT / 2 <= wait_before(tries) <= LONGEST_WAIT for tries in range(8, 2000, 100))


def test_time_passes_in_small_parts_until_it_is_to_stop() -> None:
    parts: list[float] = []
    assert not pass_time(lambda: len(parts) >= 3, 3600, parts.append)
    assert len(parts) == 3
    assert max(parts) <= 1
    assert pass_time(lambda: False, 0.0, parts.append)
