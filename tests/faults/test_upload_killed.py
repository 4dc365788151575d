"""The web process dies while it takes in a file of readers: the whole file is here afterwards, or nothing of it."""

import tempfile
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url, text
from werkzeug.datastructures import FileStorage

from service.settings import Settings
from service.subscribers.importing import scratch
from service.web.app import create_app
from service.wiring import Services, wire
from tests.factories.publication import make_newsletter
from tests.faults.forks import Fork
from tests.fixtures.services import OpenTransaction
from tests.waiting import wait_for_follower, wait_until
from tests.web.desk.browsing import open_desk, token_of
from tests.web.desk.importing import post_whole

TABLES = ("imports", "import_chunks", "audit_entries")
LIST = b"email\n" + b"".join(b"reader%d@example.org\n" % number for number in range(120_000))


@pytest.mark.parametrize("table", TABLES)
def test_case_14_an_upload_whose_process_is_killed_leaves_nothing_and_can_be_repeated(
    table: str,
    services: Services,
    settings: Settings,
    app: Flask,
    publisher_account: int,
    open_transaction: OpenTransaction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_transaction() as session:
        make_newsletter(session)
    address = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with services.factory() as guard, psycopg.connect(address, autocommit=True) as watch:
        # The upload writes down to this table, and waits for it.
        guard.execute(text(f"lock table {table} in exclusive mode"))
        web = Fork(hand_in, settings, publisher_account, tmp_path)
        wait_for_follower(guard)
        web.kill()
        guard.rollback()
        wait_until(lambda: not _someone_works(watch), "the server to notice the death")
        assert _count(watch) == [0, 0, 0]
        assert (
            len(list(tmp_path.glob("postrider-import-*"))) == 1
        )  # its file on the disk, which nobody could delete any more
        monkeypatch.setattr(scratch, "_LEFT_AFTER", -1)
        assert _hand_in(app, publisher_account) == 302
        assert _count(watch) == [1, 3, 1]
        assert list(tmp_path.glob("postrider-import-*")) == []


def hand_in(settings: Settings, account_id: int, folder: Path) -> None:
    """Be a web process that takes one file of three pieces, with ``folder`` for what it writes on the way."""
    tempfile.tempdir = str(folder)
    _hand_in(create_app(wire(settings)), account_id)


def _hand_in(app: Flask, account_id: int) -> int:
    client = open_desk(app, account_id).client
    file = FileStorage(BytesIO(LIST), "list.csv")
    return post_whole(client, csrf_token=token_of(client), file=file).status_code


def _count(connection: "psycopg.Connection[tuple[int]]") -> list[int]:
    query = sql.SQL("select count(*) from {}")
    counts = [connection.execute(query.format(sql.Identifier(table))).fetchone() for table in TABLES]
    return [row[0] for row in counts if row is not None]


def _someone_works(connection: "psycopg.Connection[tuple[int]]") -> bool:
    """Whether a transaction is open beside ours."""
    query = "select 1 from pg_stat_activity where xact_start is not null and pid <> pg_backend_pid()"
    return connection.execute(query + " and datname = current_database()").fetchone() is not None
