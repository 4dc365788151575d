"""The web process dies while it imports a manuscript: there is a whole draft afterwards, or nothing of it at all."""

from io import BytesIO

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url, text

from service.settings import Settings
from service.web.app import create_app
from service.wiring import Services, wire
from tests.factories.publication import make_newsletter
from tests.faults.forks import Fork
from tests.fixtures.services import OpenTransaction
from tests.waiting import wait_for_follower, wait_until
from tests.web.desk.browsing import open_desk

TABLES = ("issues", "items", "manuscripts", "audit_entries")
MANUSCRIPT = b"# The Ferry\n\nDear readers,\n\nwelcome aboard.\n\n## One line returns\n\nIt sails again from April.\n"


@pytest.mark.parametrize("table", TABLES)
def test_case_14_an_import_whose_process_is_killed_leaves_no_half_rows_and_can_be_repeated(
    table: str,
    services: Services,
    settings: Settings,
    app: Flask,
    publisher_account: int,
    open_transaction: OpenTransaction,
) -> None:
    with open_transaction() as session:
        make_newsletter(session)
    address = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with services.factory() as guard, psycopg.connect(address, autocommit=True) as watch:
        # The import writes down to this table, and waits for it.
        guard.execute(text(f"lock table {table} in exclusive mode"))
        before = _count(watch)
        web = Fork(hand_in, settings, publisher_account)
        wait_for_follower(guard)
        web.kill()
        guard.rollback()
        wait_until(lambda: not _others(watch), "the server to notice the death")
        assert _count(watch) == before
        assert _hand_in(app, publisher_account) == 302
        assert all(more > less for more, less in zip(_count(watch), before, strict=True))


def hand_in(settings: Settings, account_id: int) -> None:
    """Be a web process that takes one manuscript."""
    _hand_in(create_app(wire(settings)), account_id)


def _hand_in(app: Flask, account_id: int) -> int:
    desk = open_desk(app, account_id)
    return desk.post("/desk/issues/import", newsletter="crossings", file=(BytesIO(MANUSCRIPT), "ferry.md")).status_code


def _count(connection: "psycopg.Connection[tuple[int]]") -> list[int]:
    query = sql.SQL("select count(*) from {}")
    counts = [connection.execute(query.format(sql.Identifier(table))).fetchone() for table in TABLES]
    return [row[0] for row in counts if row is not None]


def _others(connection: "psycopg.Connection[tuple[int]]") -> bool:
    """Whether a transaction is open beside ours."""
    query = "select 1 from pg_stat_activity where xact_start is not null and pid <> pg_backend_pid()"
    return connection.execute(query + " and datname = current_database()").fetchone() is not None
