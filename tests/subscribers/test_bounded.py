"""A look that takes too long is given up, and nothing else with it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from service.subscribers.bounded import TookTooLong, at_most
from tests.fixtures.services import OpenTransaction

SHORT, LONG = timedelta(milliseconds=200), timedelta(hours=1)


def test_what_takes_too_long_is_given_up_and_the_transaction_goes_on(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        usual = session.scalar(select(func.current_setting("statement_timeout")))
        with pytest.raises(TookTooLong), at_most(session, SHORT):
            session.execute(select(func.pg_sleep(30)))
        assert session.scalar(select(func.current_setting("statement_timeout"))) == usual


def test_the_limit_ends_with_the_block(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        usual = session.scalar(select(func.current_setting("statement_timeout")))
        with at_most(session, LONG):
            assert session.scalar(select(func.current_setting("statement_timeout"))) == "1h"
        assert session.scalar(select(func.current_setting("statement_timeout"))) == usual


def test_another_failure_is_not_taken_for_slowness(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session, pytest.raises(DataError), at_most(session):
        session.execute(select(1 / func.length("")))
