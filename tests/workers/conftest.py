"""Processes of these tests get a broker that the test can break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.breakable import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that runs."""
    server = Broker(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def fresh_redis_url(broker: Broker) -> str:
    """What ``running`` uses here: the broker that the test can break."""
    return broker.url
