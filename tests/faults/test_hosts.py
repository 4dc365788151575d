"""Several machines send one issue: none takes another's copies, whatever their clocks say."""

import time
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from sqlalchemy import text

from service import clock
from service.db import transaction
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState
from service.settings import Settings
from tests.faults.forks import Fork
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage
from tests.waiting import wait_until

MANY, READERS = 20_000, 1_200
DAY = timedelta(days=1)
_OTHERS = """
select exists(
    select from pg_stat_activity
    where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
)
"""


def test_case_18_two_processes_send_twenty_thousand_copies_to_twenty_thousand_people(
    stage: Stage, tmp_path: Path
) -> None:
    stage.release(MANY)
    hosts = [stage.start_sender(settings=_on_host(stage.settings, tmp_path / name)) for name in ("one", "two")]
    stage.wait_until_sent()
    for host in hosts:
        host.wait()
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: MANY}
    assert len(stage.relay.times_taken) == len(stage.relay.accepted) == MANY


def test_case_19_a_sender_that_slept_past_its_lease_is_refused_when_it_wakes(stage: Stage, tmp_path: Path) -> None:
    stage.release(READERS)
    stage.relay.hold_answers(after=20)
    sleeper = stage.start_sender(settings=_on_host(stage.settings, tmp_path / "sleeper"))
    stage.relay.wait_until_holding(1)
    wait_until(lambda: _falls_asleep(sleeper, stage), "the sender to fall asleep outside a transaction")
    in_flight = stage.relay.held
    stage.let_leases_end()
    stage.relay.give_answers()
    other = stage.start_sender(settings=_on_host(stage.settings, tmp_path / "other"))
    other.wait()
    asleep = stage.account()
    assert len(asleep.uncertain) >= in_flight
    assert not asleep.duplicated
    sleeper.thaw()
    sleeper.wait()
    awake = stage.account()
    # What it learns late is still true, and settles what the others had to call uncertain.
    assert_nothing_lost(awake, uncertain=range(len(asleep.uncertain) - in_flight + 1))


def test_case_20_leases_go_by_the_databases_clock_whatever_a_workers_says(stage: Stage, tmp_path: Path) -> None:
    stage.release(READERS)
    stage.relay.hold_answers(after=20)
    late = stage.start_sender(put_clock_back, _on_host(stage.settings, tmp_path / "late"))
    stage.relay.wait_until_holding()
    early = stage.start_sender(put_clock_forward, _on_host(stage.settings, tmp_path / "early"))
    wait_until(lambda: not stage.states[DeliveryState.QUEUED], "the other host to have its share")
    stage.relay.give_answers()
    stage.wait_until_sent()
    for host in (late, early):
        host.wait()
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS}


def _falls_asleep(sleeper: Fork, stage: Stage) -> bool:
    """Freeze it; thaw it again where it holds locks, for which everybody would wait as long as it sleeps."""
    sleeper.freeze()
    with transaction(stage.services.factory) as session:
        is_in_transaction = session.scalar(text(_OTHERS))
    if is_in_transaction:
        sleeper.thaw()
    return not is_in_transaction


def put_clock_back(sender: Sender) -> Sender:
    """Let this process live a day ago."""
    return _move_clock(sender, -DAY)


def put_clock_forward(sender: Sender) -> Sender:
    """Let this process live tomorrow."""
    return _move_clock(sender, DAY)


def _move_clock(sender: Sender, by: timedelta) -> Sender:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Moved":
            moved = datetime.now(tz) + by
            return cls.fromtimestamp(moved.timestamp(), tz)

    real = time.time
    clock.datetime = Moved  # type: ignore[attr-defined]
    time.time = lambda: real() + by.total_seconds()
    return sender


def _on_host(settings: Settings, folder: Path) -> Settings:
    """Return the settings of a machine with a disk of its own."""
    return replace(settings, journal_dir=folder / "journal")
