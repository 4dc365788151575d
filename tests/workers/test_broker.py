"""The broker's alarm: raised once when it has failed for long, withdrawn when it takes jobs again."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from sqlalchemy import select

from service.alarms.models import Alarm
from service.db import SessionFactory
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.workers.breakable import Broker
from workers import broker as module
from workers.broker import BrokerCare

LONG, SHORT = 60.0, 0.3  # seconds: for a broker that answers, and for one that never does
# What each fault makes Redis say; the words are its own.
FAULTS: list[tuple[Callable[[Broker], None], str, float]] = [
    (Broker.fill, "maxmemory", LONG),
    (Broker.follow_nobody, "read only replica", LONG),
    (Broker.kill, "refused", LONG),
    (Broker.hang, "Timeout", SHORT),
]


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock: one number, to be changed."""
    clock = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def patience() -> float:
    """Seconds that the broker may take for an answer."""
    return LONG


@pytest.fixture
def make_care(broker: Broker, services: Services, patience: float) -> Iterator[Callable[[], BrokerCare]]:
    """Makes one that asks the broker of this test."""
    waits = {"socket_timeout": patience, "socket_connect_timeout": patience}
    with redis.Redis.from_url(broker.url, **waits, retry=None) as client:
        yield lambda: BrokerCare(client, services.factory, timedelta(minutes=2))


def _standing(open_transaction: OpenTransaction) -> list[tuple[str, int]]:
    with open_transaction() as session:
        standing = session.scalars(select(Alarm).where(Alarm.settled_at.is_(None)))
        return [(alarm.sentence, alarm.times) for alarm in standing]


@pytest.mark.parametrize(("fault", "words", "patience"), FAULTS)
def test_case_08_a_broker_that_takes_no_job_for_two_minutes_calls_staff_once(
    make_care: Callable[[], BrokerCare], broker: Broker, open_transaction: OpenTransaction, seconds: list[float],
    fault: Callable[[Broker], None], words: str,
) -> None:  # fmt: skip
    care = make_care()
    care.look()
    fault(broker)
    care.look()
    seconds[0] += 119
    care.look()
    assert _standing(open_transaction) == []
    for _ in range(3):
        seconds[0] += 1
        care.look()
    ((sentence, times),) = _standing(open_transaction)
    assert times == 1
    assert sentence.startswith("The broker has not taken jobs for 2 minutes. It says: ")
    assert words in sentence
    assert broker.password not in sentence


def test_the_alarm_goes_when_the_broker_is_back_and_a_short_outage_raises_none(
    make_care: Callable[[], BrokerCare], broker: Broker, open_transaction: OpenTransaction, seconds: list[float]
) -> None:
    care = make_care()
    broker.fill()
    care.look()
    seconds[0] += 120
    care.look()
    assert len(_standing(open_transaction)) == 1
    broker.recover()
    care.look()
    assert _standing(open_transaction) == []
    broker.fill()
    care.look()
    seconds[0] += 60
    care.look()
    assert _standing(open_transaction) == []


def test_a_process_withdraws_the_alarm_of_the_one_before_it(
    make_care: Callable[[], BrokerCare], broker: Broker, open_transaction: OpenTransaction, seconds: list[float]
) -> None:
    before = make_care()
    broker.fill()
    before.look()
    seconds[0] += 120
    before.look()
    broker.recover()
    make_care().look()
    assert _standing(open_transaction) == []


def test_while_all_is_well_nothing_is_asked_of_the_database_again_and_again(broker: Broker) -> None:
    opened = []

    def refuse(*_: object, **__: object) -> None:
        opened.append(1)
        raise RuntimeError("asked")

    factory: SessionFactory = refuse  # type: ignore[assignment] # stands for one that nobody should call
    with redis.Redis.from_url(broker.url) as client:
        care = BrokerCare(client, factory)
        with pytest.raises(RuntimeError, match="asked"):
            care.look()  # an alarm of the process before may stand
        care._is_told = False  # noqa: SLF001 - as after that look
        care.look()
    assert opened == [1]
