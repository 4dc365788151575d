"""Health: what is away is named, and only then it is 503."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from redis import Redis

from service.db import make_engine, make_session_factory
from service.web.app import create_app
from service.wiring import Services

NO_DATABASE = {"factory": make_session_factory(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))}
NO_BROKER = {"redis": Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)}


@pytest.fixture(autouse=True)
def patient_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the broker answer late: production counts one that takes a quarter of a second as away."""
    monkeypatch.setattr("service.adapters.redis.TIMEOUT", 60.0)


def test_a_sound_instance_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "broker": "ok"})


@pytest.mark.parametrize(
    ("parts", "says"),
    [(NO_DATABASE, {"database": "away", "broker": "ok"}), (NO_BROKER, {"database": "ok", "broker": "away"})],
    ids=["database", "broker"],
)
def test_a_part_that_is_away_is_named(services: Services, parts: dict[str, object], says: dict[str, str]) -> None:
    answer = create_app(replace(services, **parts)).test_client().get("/healthz")  # type: ignore[arg-type]  # by name
    assert (answer.status_code, answer.json) == (503, says)
