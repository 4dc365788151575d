"""What is done from time to time is done once each time, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, update

from service.db import transaction
from service.turns import Turn, take_turn
from service.wiring import Services
from tests.fixtures.services import OpenTransaction

HOUR = timedelta(hours=1)


def test_a_turn_is_due_at_first_and_again_after_its_time(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        assert take_turn(session, "sweep the yard", HOUR)
        assert not take_turn(session, "sweep the yard", HOUR)
        assert take_turn(session, "feed the cat", HOUR)
    with open_transaction() as session:
        session.execute(update(Turn).values(taken_at=func.now() - HOUR))
        assert take_turn(session, "sweep the yard", HOUR)


def test_a_turn_whose_work_failed_is_due_again(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        assert take_turn(session, "sweep the yard", HOUR)
        session.rollback()
    with open_transaction() as session:
        assert take_turn(session, "sweep the yard", HOUR)


def test_case_12_many_who_ask_at_once_take_one_turn(services: Services) -> None:
    def ask(_: int) -> bool:
        with transaction(services.factory) as session:
            return take_turn(session, "sweep the yard", HOUR)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(16))) == 1
