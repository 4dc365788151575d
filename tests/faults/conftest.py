"""Fixtures of the fault tests: the relay with its log stands wherever the service would have mail go."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.settings import Settings
from service.wiring import Services
from tests.faults.relay import LoggingRelay, run_relay
from tests.faults.sabotage import Sabotage, sabotage
from tests.faults.stage import Stage, open_stage


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[LoggingRelay]:
    """A relay that writes down each mail before it answers."""
    with run_relay(tmp_path / "relay") as running:
        yield running


@pytest.fixture
def smtp_sink(relay: LoggingRelay) -> LoggingRelay:
    """The same, under the name that the settings of tests and ``running`` ask for."""
    return relay


@pytest.fixture
def stage(settings: Settings, services: Services, relay: LoggingRelay) -> Iterator[Stage]:
    """An issue to be released, senders to be started and killed, and their account."""
    with open_stage(settings, services, relay) as opened:
        yield opened


@pytest.fixture
def fault(fresh_database_url: str) -> Iterator[Sabotage]:
    """One fault inside this test's database."""
    with sabotage(fresh_database_url) as prepared:
        yield prepared


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance from a seed that a failing test reports; FAULT_SEED repeats it."""
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    request.node.add_report_section("call", "seed", f"FAULT_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - chooses faults, keeps no secret
