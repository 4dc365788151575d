"""Migrations and models tell the same story."""

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from service import schema
from service.errors import Unavailable
from service.models import metadata
from service.schema import migrate
from service.settings import ROOT

SETTINGS = ("lock_timeout", "statement_timeout")


def list_differences(url: str) -> list[object]:
    """Return what differs between the models and the database; an empty list when they agree."""
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences: list[object] = list(compare_metadata(context, metadata))
    engine.dispose()
    return differences


def test_migrations_make_exactly_what_the_models_say(fresh_database_url: str) -> None:
    assert list_differences(fresh_database_url) == []


def test_the_comparison_sees_a_difference(fresh_database_url: str) -> None:
    column = metadata.tables["issues"].columns["preheader"]
    column.nullable = True
    try:
        assert list_differences(fresh_database_url) != []
    finally:
        column.nullable = False


def test_migrating_again_changes_nothing(fresh_database_url: str) -> None:
    migrate(fresh_database_url)
    assert list_differences(fresh_database_url) == []


@pytest.fixture
def halfway(fresh_database_url: str) -> str:
    """A database that was migrated as far as 0028; the next one needs a lock on the issues."""
    _empty(fresh_database_url)
    engine = create_engine(fresh_database_url)
    with engine.connect() as connection:
        command.upgrade(schema._config(connection), "0028")  # noqa: SLF001 - a part of the way, which nobody else goes
        connection.commit()
    engine.dispose()
    return fresh_database_url


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration waits for a lock for a tenth of a second."""
    make = schema._config  # noqa: SLF001 - the only way to a shorter wait

    def hurry(connection: object) -> Config:
        config = make(connection)
        config.attributes["lock_timeout"] = "100ms"
        return config

    monkeypatch.setattr(schema, "_config", hurry)


def _empty(url: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.mark.usefixtures("hurried")
def test_a_table_in_use_has_a_migration_give_up_with_a_sentence_and_the_next_run_goes_on(
    halfway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(_plain(halfway)) as other:
        other.execute("lock table issues in access exclusive mode")
        with pytest.raises(Unavailable, match="something else has held a table for too long"):
            migrate(halfway)
    monkeypatch.undo()  # the server's own care for its tables may hold the next one up for a moment
    migrate(halfway)
    assert list_differences(halfway) == []


def test_a_lock_is_waited_for_seconds_and_the_work_under_it_takes_as_long_as_it_takes(
    halfway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []

    def upgrade(config: Config, _: str) -> None:
        run_upgrade(config, "head")
        settings = [config.attributes["connection"].execute(text(f"show {one}")) for one in SETTINGS]
        seen.append(tuple(row.scalar_one() for row in settings))

    run_upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", upgrade)
    migrate(halfway)
    assert seen == [("5s", "0")]


def test_two_processes_that_migrate_at_once_do_not_wait_for_each_other_for_ever(fresh_database_url: str) -> None:
    """An index that is built concurrently waits for every older transaction, and a waiting statement is one."""
    _empty(fresh_database_url)
    with ThreadPoolExecutor(3) as processes:
        for done in [processes.submit(migrate, fresh_database_url) for _ in range(3)]:
            done.result()
    assert list_differences(fresh_database_url) == []


def test_migrations_are_numbered_in_one_line() -> None:
    names = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [int(re.match(r"(\d{4})_\w+\.py", name)[1]) for name in names] == list(range(1, len(names) + 1))  # type: ignore[index]
