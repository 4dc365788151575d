"""What Redis counts for the whole fleet: token buckets by its own clock, and the highest epoch of an instance.

A Redis that is away, full or read-only is ``Unavailable`` within one short timeout; nothing here is ever the truth.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from service.errors import Unavailable

TIMEOUT: Final = 0.25  # seconds; a sending window waits for this
_BUCKET: Final = "postrider:bucket:"
_EPOCH: Final = "postrider:epoch:"

# KEYS: bucket. ARGV: per second, burst, tokens wanted (below 0: given back), debt. A bucket that has filled up is
# forgotten: that is the same as a full one.
_TAKE: Final = """
local rate, burst, want, debt = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(held[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(held[2]) or now)) * rate)
local granted = want
if want > 0 then granted = math.max(0, math.min(want, math.floor(tokens + debt + 0.000001))) end
tokens = math.min(burst, tokens - granted)
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return granted
"""
_RAISE: Final = """
local highest = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > highest then
  redis.call('SET', KEYS[1], ARGV[1])
  return tonumber(ARGV[1])
end
return highest
"""


def connect(url: str) -> "Redis":
    """Return a client that gives up after one short timeout instead of trying again; opens no connection yet."""
    return Redis.from_url(
        url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0), protocol=2
    )


class RedisLimiter:
    """See ``service.routes.limiter.Limiter``: one script, so that two senders never take the same token."""

    def __init__(self, client: "Redis") -> None:
        self._take = client.register_script(_TAKE)

    def take(self, bucket: str, per_second: float, burst: float, want: int, debt: float = 0.0) -> int:
        """Take tokens. Raises ``Unavailable`` when Redis does not count now."""
        with translated():
            return int(self._take(keys=[_BUCKET + bucket], args=[per_second, burst, want, debt]))

    def give_back(self, bucket: str, per_second: float, burst: float, count: int) -> None:
        """Put unused tokens back. Raises ``Unavailable`` when Redis does not count now."""
        self.take(bucket, per_second, burst, -count)


class RedisEpochs:
    """See ``service.deliveries.guard.Epochs``."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._raise = client.register_script(_RAISE)

    def read(self, instance: str) -> int:
        """Return the highest epoch that was ever told, 0 for none. Raises ``Unavailable``."""
        with translated():
            return int(self._client.get(_EPOCH + instance) or 0)

    def raise_to(self, instance: str, epoch: int) -> int:
        """Tell of an epoch, and return the highest. Raises ``Unavailable``."""
        with translated():
            return int(self._raise(keys=[_EPOCH + instance], args=[epoch]))


@contextmanager
def translated() -> Iterator[None]:
    """Turn every failure of Redis inside the block into ``Unavailable``.

    A script that Redis refuses because it is full (OOM) or a replica (READONLY) comes as an answer, not as a failure
    of the connection; both are a ``RedisError``.
    """
    try:
        yield
    except (RedisError, OSError) as problem:
        raise Unavailable(f"Redis does not answer ({type(problem).__name__}).") from problem
