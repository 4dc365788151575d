"""The schema moves on while an issue is going out: what the code before has in hand is its own, the rest goes on."""

from collections.abc import Mapping, Sequence

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, RowMapping, Table, create_engine, insert, text

from service.deliveries.states import DeliveryState
from service.schema import migrate
from service.settings import ROOT
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage
from tests.waiting import wait_until

BEFORE_BATCHES = "0018"
TABLES = ("newsletters", "subscribers", "subscriptions", "issues", "items", "editions", "links", "deliveries")
READERS = 600
# What senders of the code before have done of it: each state, its number of copies, and whether its lease still runs.
SENT, CLAIMED, SENDING, CLAIMED_BY_DEAD, SENDING_BY_DEAD = 100, 20, 5, 7, 3
Rows = Mapping[str, Sequence[RowMapping]]


@pytest.fixture
def half_sent(stage: Stage) -> Stage:
    """An issue that the code before 0019 is sending, in a database that has just been migrated under it."""
    stage.release(READERS)
    engine = create_engine(stage.settings.database_url)
    with engine.begin() as connection:
        rows = _read(connection)
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE_BATCHES)
        connection.commit()
    with engine.begin() as connection:
        _write(connection, rows)
        _send_some(connection, stage)
    engine.dispose()
    migrate(stage.settings.database_url)
    return stage


def test_case_22_the_new_code_sends_the_rest_and_leaves_alone_what_the_old_has_in_hand(half_sent: Stage) -> None:
    stage = half_sent
    sender = stage.start_sender()
    rest = READERS - CLAIMED - SENDING - SENDING_BY_DEAD
    wait_until(lambda: stage.states[DeliveryState.SENT] == rest, "everyone else to be sent")
    held = {DeliveryState.CLAIMED: CLAIMED, DeliveryState.SENDING: SENDING}
    assert stage.states == {DeliveryState.SENT: rest, DeliveryState.UNCERTAIN: SENDING_BY_DEAD, **held}
    assert sender.is_alive  # the issue is not finished: the old sender has not said what became of its copies

    _end_old_sendings(stage)
    stage.let_leases_end()
    sender.wait()
    account = stage.account()
    assert_nothing_lost(account, uncertain=SENDING_BY_DEAD)
    assert account.states[DeliveryState.SENT] == READERS - SENDING_BY_DEAD


def _read(connection: Connection) -> Rows:
    return {name: connection.execute(text(f"select * from {name}")).mappings().all() for name in TABLES}  # noqa: S608 - our own names


def _write(connection: Connection, rows: Rows) -> None:
    """Store the rows in the tables as they were then: without the columns that came later."""
    metadata = MetaData()
    for name in TABLES:
        table = Table(name, metadata, autoload_with=connection)
        known = [{column: row[column] for column in row if column in table.c} for row in rows[name]]
        for column in table.c:
            column.identity = None  # the ids are given, not made
        statement = insert(table).values(dict.fromkeys(known[0]))
        words = str(statement.compile(dialect=connection.dialect)).replace(
            " VALUES ", " overriding system value VALUES "
        )
        connection.exec_driver_sql(words, known)


def _send_some(connection: Connection, stage: Stage) -> None:
    """Bring the first copies to where the senders of the code before have them."""
    ids = connection.execute(text("select id, recipient from deliveries order by id")).all()
    place = iter(ids)
    for state, count, lease in (
        ("sent", SENT, None),
        ("claimed", CLAIMED, "1 hour"),
        ("sending", SENDING, "1 hour"),
        ("claimed", CLAIMED_BY_DEAD, "-1 minute"),
        ("sending", SENDING_BY_DEAD, "-1 minute"),
    ):
        for _ in range(count):
            row = next(place)
            connection.execute(
                text(
                    "update deliveries set state = :state, fence = 1, lease_until = now() + cast(:lease as interval)"
                    " where id = :id"
                ),
                {"state": state, "lease": lease, "id": row.id},
            )
            if state == "sent":
                stage.relay.take(row.recipient.encode(), b"")


def _end_old_sendings(stage: Stage) -> None:
    """Let the sender of the code before get its answers, and write them down as it did."""
    engine = create_engine(stage.settings.database_url)
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "update deliveries set state = 'sent', lease_until = null, attempts = attempts + 1"
                " where state = 'sending' and fence = 1 returning recipient"
            )
        ).all()
    engine.dispose()
    assert len(rows) == SENDING
    for row in rows:
        stage.relay.take(row.recipient.encode(), b"")
