"""One fault is one alarm, until somebody has seen to it."""

import pytest

from service.alarms.raising import get_alarm, list_standing_alarms, raise_alarm, settle_alarm
from service.errors import NotFound
from tests.fixtures.services import OpenTransaction


def test_an_alarm_stands_once_is_counted_and_may_come_again(
    open_transaction: OpenTransaction, publisher_account: int
) -> None:
    with open_transaction() as session:
        raise_alarm(session, "books", "One cent is missing.")
        raise_alarm(session, "books", "Two cents are missing.")
        raise_alarm(session, "relay", "The relay refuses us.")
    with open_transaction() as session:
        books, relay = list_standing_alarms(session)
        assert (books.times, books.sentence) == (2, "Two cents are missing.")
        settle_alarm(session, books.id, publisher_account)
        settle_alarm(session, books.id, publisher_account)
        assert list_standing_alarms(session) == [relay]
        raise_alarm(session, "books", "One cent is missing.")
    with open_transaction() as session:
        assert [(alarm.key, alarm.times) for alarm in list_standing_alarms(session)] == [("relay", 1), ("books", 1)]


def test_asking_for_what_never_was_is_said(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session, pytest.raises(NotFound):
        get_alarm(session, 4711)
