"""What `postrider run` refuses before anything starts, in one line each."""

import socket
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.adapters.celery import BULK, POST
from service.cli.run import run
from service.development.console import Console
from service.development.environment import fill_environment
from service.development.launch import run_service
from service.development.ports import find_free_port
from service.development.programs import WORKERS
from service.errors import Conflict, PostriderError, Unavailable
from service.settings import load_settings


class Output(Console):
    """A console that remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, text: str) -> None:
        """Remember one line."""
        self.shown.append(text)


def test_a_busy_port_is_named_with_the_way_out_and_nothing_starts(tmp_path: Path) -> None:
    output = Output()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict) as refusal:
            run_service({}, port, output, tmp_path)

    assert refusal.value.message == (
        f"port {port} (web) is already in use; stop the other program, or set WEB_PORT to a free port."
    )
    assert output.shown == []
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_production_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="POSTRIDER_ENV is production"):
        run_service({"POSTRIDER_ENV": "production"}, find_free_port(), Output(), tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://user:secret@127.0.0.1:1/news"}, "DATABASE_URL: the database does not answer"),
        ({"DATABASE_URL": "no address"}, "DATABASE_URL: the database does not answer"),
        ({"REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "REDIS_URL: the broker does not answer"),
        ({"REDIS_URL": "no address"}, "REDIS_URL: the broker does not answer"),
    ],
)
def test_a_named_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    given = {"DATABASE_URL": "", **given}
    with pytest.raises(Unavailable, match=sentence) as refusal:
        run_service(given, find_free_port(), Output(), tmp_path)

    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(
    ("problem", "code"), [(Conflict("it is in use"), 2), (Unavailable("web ended by itself"), 1), (None, 0)]
)
def test_the_command_says_one_line_and_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch, problem: PostriderError | None, code: int
) -> None:
    def pretend(*_: object) -> None:
        if problem:
            raise problem

    monkeypatch.setattr(import_module("service.cli.run"), "run_service", pretend)
    result = CliRunner().invoke(run, ["--port", "8000"])

    assert result.exit_code == code
    assert result.stderr == (f"error: {problem}\n" if problem else "")


def test_every_queue_has_a_worker() -> None:
    assert set(WORKERS) == {POST, BULK}


def test_a_bare_environment_is_filled_to_valid_settings_with_a_lasting_secret(tmp_path: Path) -> None:
    addresses = {"database_url": "postgresql+psycopg://a@b/c", "redis_url": "redis://b/0", "smtp_url": "smtp://b:25"}
    first, second = (fill_environment({"PATH": "/bin"}, tmp_path, **addresses, web_port=8001) for _ in range(2))

    settings = load_settings(first)
    assert (settings.environment, settings.public_url) == ("development", "http://localhost:8001")
    assert settings.inbox_dir == tmp_path / "inbox"
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_what_the_environment_names_stays(tmp_path: Path) -> None:
    given = {"SMTP_URL": "smtp://relay.example:25", "SECRET_KEY": "k" * 40, "PUBLIC_URL": "http://letters.example"}
    filled = fill_environment(given, tmp_path, database_url="", redis_url="", smtp_url="smtp://127.0.0.1:2525")

    assert {name: filled[name] for name in given} == given
    assert not (tmp_path / "secret-key").exists()
