"""How a single command finds its servers."""

import os
from pathlib import Path

import psycopg
import pytest

from service.development import attach
from service.development.attach import start_servers_for_command
from service.development.running import announce, claim_var
from service.errors import Conflict
from service.settings import load_settings

NAMES = ("POSTRIDER_ENV", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "SMTP_URL", "INBOX_DIR")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no server."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "given",
    [
        {"DATABASE_URL": "postgresql://db.example/news", "REDIS_URL": "redis://broker.example/0"},
        {"POSTRIDER_ENV": "production"},
    ],
)
def test_named_servers_and_production_are_left_as_they_are(
    monkeypatch: pytest.MonkeyPatch, folder: Path, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with start_servers_for_command(folder):
        assert {name: os.environ[name] for name in NAMES if name in os.environ} == given
    assert list(folder.iterdir()) == []


def test_a_running_service_lends_its_addresses_and_keeps_running(folder: Path) -> None:
    told = {"DATABASE_URL": "postgresql://127.0.0.1:1/news", "REDIS_URL": "redis://127.0.0.1:1/0"}
    with claim_var(folder):
        announce(folder, "http://localhost:8000", told, [])
        with start_servers_for_command(folder):
            assert {name: os.environ[name] for name in told} == told
        assert (folder / "running.json").exists()
    assert "DATABASE_URL" not in os.environ


def test_without_any_server_both_are_started_migrated_and_stopped_again(folder: Path) -> None:
    with start_servers_for_command(folder):
        settings = load_settings()
        with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
            assert connection.execute("select count(*) from alembic_version").fetchone() == (1,)

    assert [name for name in NAMES if name in os.environ] == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(settings.database_url.replace("+psycopg", ""), connect_timeout=2)


def test_a_command_beside_another_that_never_ends_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach, "PATIENCE", attach.PATIENCE * 0)

    with claim_var(folder), pytest.raises(Conflict, match="Another postrider command"):
        start_servers_for_command(folder).__enter__()
