"""What Redis counts, and that a Redis in any trouble is only ``Unavailable``."""

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from service.adapters import redis as adapter
from service.adapters.redis import RedisEpochs, RedisLimiter, connect
from service.development.children import Child
from service.development.valkey import ValkeyServer
from service.errors import Unavailable
from service.routes.limiter import SharedLimiter
from tests.routes.simulation import FakeLimiter

HOURLY = 1 / 3_600  # so slow that a test sees no token come back
SLOWLY = 1 / 1_000  # a token in a quarter of an hour: what a test itself takes makes no difference
BUCKET = "postrider:bucket:main"


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis has all the time that it needs: on a busy machine a healthy one may take longer than a sender waits."""
    monkeypatch.setattr(adapter, "TIMEOUT", 60.0)


@pytest.fixture
def client(fresh_redis_url: str, patience: None) -> Iterator["redis.Redis"]:  # noqa: ARG001 - asked for what it does
    """An emptied Redis."""
    with connect(fresh_redis_url) as opened:
        yield opened


@pytest.fixture
def limiter(client: "redis.Redis") -> RedisLimiter:
    """Buckets in it."""
    return RedisLimiter(client)


@pytest.fixture
def private_url(tmp_path: Path, patience: None) -> Iterator[str]:  # noqa: ARG001 - asked for what it does
    """The address of a Redis of this test's own, that it may break."""
    server = ValkeyServer(tmp_path / "valkey", durable=False)
    child = start(server)
    yield server.url
    child.stop()


def start(server: ValkeyServer) -> Child:
    """Start a server and wait until it answers."""
    child = Child(server.prepare())
    child.wait_until_ready()
    return child


def age(client: "redis.Redis", seconds: float) -> None:
    """Make the bucket older, as if that time had passed."""
    at = float(client.hget(BUCKET, "at") or 0)
    client.hset(BUCKET, "at", str(at - seconds))


def test_a_new_bucket_is_full_and_gives_out_no_more_than_it_holds(limiter: RedisLimiter) -> None:
    assert [limiter.take("main", HOURLY, 10.0, 6) for _ in range(3)] == [6, 4, 0]
    assert limiter.take("other", HOURLY, 1.0, 6) == 1


@pytest.mark.parametrize(("seconds", "granted"), [(160, 0), (1_200, 1), (3_040, 3), (9e6, 10), (-9e6, 0)])
def test_case_20_a_bucket_fills_by_the_clock_of_redis_up_to_its_burst(
    limiter: RedisLimiter, client: "redis.Redis", seconds: float, granted: int
) -> None:
    limiter.take("main", SLOWLY, 10.0, 10)
    age(client, seconds)
    assert limiter.take("main", SLOWLY, 10.0, 64) == granted


def test_a_bucket_filled_in_small_steps_loses_nothing(limiter: RedisLimiter, client: "redis.Redis") -> None:
    limiter.take("main", 1 / 60, 1.0, 1)
    granted = 0
    for _ in range(48):
        age(client, 7.5)
        granted += limiter.take("main", 1 / 60, 1.0, 5)
    assert granted == 6


def test_an_urgent_mail_borrows_and_unused_tokens_come_back(limiter: RedisLimiter) -> None:
    assert limiter.take("main", HOURLY, 2.0, 9) == 2
    assert limiter.take("main", HOURLY, 2.0, 9, debt=2.0) == 2
    limiter.give_back("main", HOURLY, 2.0, 3)
    assert limiter.take("main", HOURLY, 2.0, 9) == 1
    limiter.give_back("main", HOURLY, 2.0, 99)
    assert limiter.take("main", HOURLY, 2.0, 9) == 2


def test_a_bucket_that_is_full_again_is_forgotten(limiter: RedisLimiter, client: "redis.Redis") -> None:
    limiter.take("main", SLOWLY, 10.0, 8)
    assert 7_000_000 < client.pttl(BUCKET) <= 8_001_000  # eight tokens in thousandths of a second, and one second


def test_many_senders_at_once_take_each_token_once(limiter: RedisLimiter) -> None:
    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(lambda _: limiter.take("main", HOURLY, 50.0, 3), range(40)))
    assert sum(granted) == 50


def test_the_highest_epoch_stays(client: "redis.Redis") -> None:
    epochs = RedisEpochs(client)
    assert epochs.read("here") == 0
    assert [epochs.raise_to("here", epoch) for epoch in (5, 3, 9)] == [5, 5, 9]
    assert epochs.read("here") == 9
    assert epochs.read("elsewhere") == 0


def refuse_everything(url: str) -> None:
    """Check that each question to this Redis is ``Unavailable``, and that the database counts instead."""
    with connect(url) as broken:
        limiter, epochs = RedisLimiter(broken), RedisEpochs(broken)
        with pytest.raises(Unavailable, match="Redis does not answer"):
            limiter.take("main", 1.0, 1.0, 1)
        with pytest.raises(Unavailable):
            limiter.give_back("main", 1.0, 1.0, 1)
        with pytest.raises(Unavailable):
            epochs.raise_to("here", 1)
        assert SharedLimiter(limiter, FakeLimiter({"main": 1})).take("main", 1.0, 1.0, 1) == 1


def test_case_08_a_full_redis_is_unavailable_and_the_database_counts(private_url: str) -> None:
    with connect(private_url) as client:
        assert RedisLimiter(client).take("main", 1.0, 1.0, 1) == 1
        client.config_set("maxmemory", 1)
    refuse_everything(private_url)


def test_case_08_a_read_only_replica_is_unavailable_and_the_database_counts(private_url: str) -> None:
    with connect(private_url) as client:
        client.replicaof("127.0.0.1", 1)
    refuse_everything(private_url)


@pytest.mark.usefixtures("patience")
def test_case_06_a_killed_redis_is_unavailable_and_counts_again_when_it_is_back(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path / "valkey", durable=False)
    child = start(server)
    with connect(server.url) as client:
        limiter = RedisLimiter(client)
        assert limiter.take("main", HOURLY, 1.0, 1) == 1
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()
        for _ in range(2):
            with pytest.raises(Unavailable):
                limiter.take("main", HOURLY, 1.0, 1)
        child = start(server)
        assert limiter.take("main", HOURLY, 1.0, 1) == 1
        child.stop()


def test_case_06_a_flushed_redis_forgets_its_scripts_and_counts_on(
    limiter: RedisLimiter, client: "redis.Redis"
) -> None:
    assert limiter.take("main", HOURLY, 5.0, 5) == 5
    client.flushall()
    client.script_flush()
    assert limiter.take("main", HOURLY, 5.0, 9) == 5


def test_a_redis_that_hangs_is_unavailable_after_one_short_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        refuse_everything(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
