"""Whether a database may send from here: the living one, and every kind of copy of it (case 13)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, select, text, update

from service.adapters.redis import RedisEpochs, connect
from service.alarms.models import Alarm
from service.alarms.raising import list_standing_alarms
from service.db import SessionFactory, make_engine, make_session_factory, transaction
from service.deliveries.guard import (
    EVERY,
    LONGEST_STEP,
    REFUSED_EVERY,
    Guard,
    _key_of,
    _step,
    identify_database,
    place_of,
)
from service.deliveries.models import Instance
from service.errors import Conflict, Unavailable
from tests.routes.simulation import Clock

HERE = "https://letters.example.org"


@dataclass
class FakeEpochs:
    """What Redis remembers, or a Redis that is away."""

    told: dict[str, int] = field(default_factory=dict)
    is_away: bool = False
    before_read: Callable[[], None] = lambda: None

    def read(self, instance: str) -> int:
        """Return the highest epoch told."""
        self._refuse_away()
        self.before_read()
        return self.told.get(instance, 0)

    def raise_to(self, instance: str, epoch: int) -> int:
        """Tell of an epoch."""
        self._refuse_away()
        self.told[instance] = max(epoch, self.told.get(instance, 0))
        return self.told[instance]

    def _refuse_away(self) -> None:
        if self.is_away:
            raise Unavailable("Redis does not answer.")


@pytest.fixture
def factory(database_url: str) -> Iterator[SessionFactory]:
    """Sessions on a database that nobody has adopted yet."""
    engine = make_engine(database_url, pool_size=2)
    built = make_session_factory(engine)
    yield built
    with transaction(built) as session:
        session.execute(delete(Instance))
        session.execute(delete(Alarm))
    engine.dispose()


@pytest.fixture
def epochs() -> FakeEpochs:
    """The Redis of the living instance."""
    return FakeEpochs()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test passes time."""
    return Clock()


def instance_of(factory: SessionFactory) -> Instance:
    """Return the row."""
    with transaction(factory) as session:
        return session.scalars(select(Instance)).one()


def alarms_of(factory: SessionFactory) -> list[tuple[str, int]]:
    """Return the sentence of each alarm that stands, and how often it was raised."""
    with transaction(factory) as session:
        return [(alarm.sentence, alarm.times) for alarm in list_standing_alarms(session)]


def go_back_to(factory: SessionFactory, snapshot: Instance) -> None:
    """Make the database what it was when the snapshot was taken."""
    with transaction(factory) as session:
        session.execute(update(Instance).values(epoch=snapshot.epoch, public_url=snapshot.public_url))


def test_the_first_sender_of_a_new_database_adopts_it(factory: SessionFactory, epochs: FakeEpochs) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    row = instance_of(factory)
    with transaction(factory) as session:
        assert (row.id, row.public_url, row.database) == (1, HERE, identify_database(session))
    assert list(epochs.told.values()) == [row.epoch]
    assert row.epoch > 0
    Guard(factory, HERE, epochs).refuse_foreign()
    assert instance_of(factory).adopted_at == row.adopted_at


def test_it_looks_once_a_minute_and_moves_on_each_time(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock
) -> None:
    guard = Guard(factory, HERE, epochs, clock.monotonic)
    seen = []
    for _ in range(4):
        guard.refuse_foreign()
        seen.append(instance_of(factory).epoch)
        clock.pass_time(EVERY / 2)
    assert seen[0] == seen[1] < seen[2] == seen[3]


def test_case_13_a_restored_snapshot_beside_the_living_one_refuses_to_send(
    factory: SessionFactory, epochs: FakeEpochs, caplog: pytest.LogCaptureFixture
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    snapshot = instance_of(factory)
    Guard(factory, HERE, epochs).refuse_foreign()
    go_back_to(factory, snapshot)
    with caplog.at_level(logging.ERROR), pytest.raises(Conflict) as refusal:
        Guard(factory, HERE, epochs).refuse_foreign()
    assert refusal.value.message == (
        f"This is an older copy of the database that sends for {HERE}. "
        "If the other one is gone for good, run `postrider send adopt` here."
    )
    assert caplog.messages == [f"alarm guard: Nothing is sent from here. {refusal.value.message}"]
    assert instance_of(factory).epoch == snapshot.epoch


def test_case_13_a_copy_that_stood_level_stops_the_one_or_the_other_within_a_minute(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both started from one state at the same instant; their steps differ, so one of them falls behind."""
    Guard(factory, HERE, epochs).refuse_foreign()
    level = instance_of(factory)
    monkeypatch.setattr("service.deliveries.guard._step", lambda: 7)
    living = Guard(factory, HERE, epochs, clock.monotonic)
    living.refuse_foreign()
    ours = instance_of(factory)
    key = next(iter(epochs.told))
    epochs.told[key] = level.epoch + 700  # what the copy told, from a database of its own
    living.refuse_foreign()
    clock.pass_time(EVERY)
    with pytest.raises(Conflict, match="older copy"):
        living.refuse_foreign()
    assert instance_of(factory).epoch == ours.epoch


def test_two_databases_that_stand_level_do_not_take_the_same_step(factory: SessionFactory, epochs: FakeEpochs) -> None:
    steps: set[int] = set()
    for _ in range(8):
        before = instance_of(factory).epoch if steps else 0
        Guard(factory, HERE, epochs).refuse_foreign()
        steps.add(instance_of(factory).epoch - before)
    assert len(steps) > 1
    assert min(steps) > 0


@pytest.mark.parametrize("elsewhere", ["https://staging.example.org", "http://localhost:8000", "https://x.example/a"])
def test_case_13_the_same_database_under_another_address_refuses_to_send(
    factory: SessionFactory, epochs: FakeEpochs, elsewhere: str
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    with pytest.raises(Conflict, match=f"sends for {HERE}, and PUBLIC_URL here is {elsewhere}"):
        Guard(factory, elsewhere, epochs).refuse_foreign()


def test_case_13_a_dump_loaded_into_another_database_refuses_to_send(
    factory: SessionFactory, epochs: FakeEpochs
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    with transaction(factory) as session:
        session.execute(update(Instance).values(database="7300000000000000000/postrider/16384"))
    with pytest.raises(Conflict, match=f"This is a copy of the database that sends for {HERE}"):
        Guard(factory, HERE, epochs).refuse_foreign()


def test_case_13_a_copy_that_refuses_says_on_its_desk_what_to_type_until_it_is_adopted(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock
) -> None:
    living = Guard(factory, HERE, epochs, clock.monotonic)
    living.refuse_foreign()
    assert alarms_of(factory) == []
    copy = Guard(factory, "https://staging.example.org", epochs, clock.monotonic)
    for _ in range(3):  # it looks again and again, and says it once
        clock.pass_time(REFUSED_EVERY)
        with pytest.raises(Conflict) as refusal:
            copy.refuse_foreign()
    assert alarms_of(factory) == [(f"Nothing is sent from here. {refusal.value.message}", 1)]
    assert "postrider send adopt" in refusal.value.message
    Guard(factory, "https://staging.example.org", epochs).adopt()
    assert alarms_of(factory) == []
    clock.pass_time(REFUSED_EVERY)
    copy.refuse_foreign()


def test_the_alarm_goes_where_a_process_finds_that_it_may_send_again(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    mistaken = Guard(factory, "https://mistyped.example.org", epochs, clock.monotonic)
    with pytest.raises(Conflict):
        mistaken.refuse_foreign()
    assert len(alarms_of(factory)) == 1
    Guard(factory, HERE, epochs).refuse_foreign()  # started anew, with the right PUBLIC_URL
    assert alarms_of(factory) == []


def test_case_13_adopting_makes_a_copy_the_owner_and_stops_the_other_within_a_minute(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    snapshot = instance_of(factory)
    living = Guard(factory, HERE, epochs, clock.monotonic)
    living.refuse_foreign()
    last = instance_of(factory)
    go_back_to(factory, snapshot)
    for _ in range(2):
        Guard(factory, HERE, epochs).adopt()
    Guard(factory, HERE, epochs).refuse_foreign()
    go_back_to(factory, last)
    clock.pass_time(EVERY)
    with pytest.raises(Conflict, match="older copy"):
        living.refuse_foreign()


def test_adopting_after_a_move_takes_the_new_address_and_database_and_stops_the_old(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock
) -> None:
    old = Guard(factory, "https://old.example.org", epochs, clock.monotonic)
    old.refuse_foreign()
    before = instance_of(factory)
    moved = Guard(factory, HERE, epochs, clock.monotonic)
    with pytest.raises(Conflict):
        moved.refuse_foreign()
    Guard(factory, HERE, epochs).adopt()  # in another process
    with pytest.raises(Conflict):
        moved.refuse_foreign()
    clock.pass_time(REFUSED_EVERY)
    moved.refuse_foreign()
    go_back_to(factory, before)  # the database that was left behind
    clock.pass_time(EVERY)
    with pytest.raises(Conflict, match="older copy of the database that sends for https://old"):
        old.refuse_foreign()


def test_a_dump_that_is_adopted_sends(factory: SessionFactory, epochs: FakeEpochs) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    with transaction(factory) as session:
        session.execute(update(Instance).values(database="7300000000000000000/postrider/16384"))
    here = Guard(factory, HERE, epochs)
    with pytest.raises(Conflict):
        here.refuse_foreign()
    here.adopt()
    here.refuse_foreign()


def test_nothing_is_adopted_while_redis_can_not_say_how_far_the_other_came(
    factory: SessionFactory, epochs: FakeEpochs
) -> None:
    Guard(factory, "https://old.example.org", epochs).refuse_foreign()
    epochs.is_away = True
    with pytest.raises(Unavailable):
        Guard(factory, HERE, epochs).adopt()
    assert instance_of(factory).public_url == "https://old.example.org"


def test_another_sender_of_ours_that_moves_on_meanwhile_is_not_a_stranger(
    factory: SessionFactory, epochs: FakeEpochs
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    colleague = Guard(factory, HERE, FakeEpochs(epochs.told))
    epochs.before_read = colleague.refuse_foreign
    Guard(factory, HERE, epochs).refuse_foreign()


@pytest.mark.parametrize("is_flushed", [True, False])
def test_without_redis_or_its_memory_the_living_one_sends_on(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock, is_flushed: bool
) -> None:
    guard = Guard(factory, HERE, epochs, clock.monotonic)
    guard.refuse_foreign()
    epochs.is_away = not is_flushed
    epochs.told.clear()
    clock.pass_time(EVERY)
    guard.refuse_foreign()
    epochs.is_away = False
    clock.pass_time(EVERY)
    guard.refuse_foreign()
    assert list(epochs.told.values()) == [instance_of(factory).epoch]


def test_it_works_with_a_real_redis(
    factory: SessionFactory, fresh_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.adapters.redis.TIMEOUT", 60.0)  # one that is late counts as none at all
    with connect(fresh_redis_url) as client:
        Guard(factory, HERE, RedisEpochs(client)).refuse_foreign()
        snapshot = instance_of(factory)
        Guard(factory, HERE, RedisEpochs(client)).refuse_foreign()
        go_back_to(factory, snapshot)
        with pytest.raises(Conflict):
            Guard(factory, HERE, RedisEpochs(client)).refuse_foreign()


def test_a_database_whose_cluster_hides_its_number_is_known_by_its_name(factory: SessionFactory) -> None:
    with transaction(factory) as session:
        known = identify_database(session)
        session.execute(text("revoke execute on function pg_control_system() from public"))
        session.execute(text("create role nobody_special"))
        session.execute(text("grant create on schema public to nobody_special"))
        session.execute(text("set local role nobody_special"))
        hidden = identify_database(session)
        session.rollback()
    cluster, _, name = known.partition("/")
    assert cluster.isdigit()
    assert hidden == f"unknown/{name}"


def test_a_database_without_a_row_is_new_again(factory: SessionFactory, epochs: FakeEpochs) -> None:
    """Somebody emptied it: nobody of the old one's readers is in it either."""
    Guard(factory, HERE, FakeEpochs()).refuse_foreign()
    with transaction(factory) as session:
        session.execute(delete(Instance))
    Guard(factory, "https://new.example.org", epochs).refuse_foreign()


def test_an_address_that_is_spelt_another_way_is_no_other_owner(factory: SessionFactory, epochs: FakeEpochs) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    Guard(factory, "http://LETTERS.example.org/", epochs).refuse_foreign()
    assert len(epochs.told) == 1


def test_the_log_says_once_that_it_refuses_and_once_that_it_sends_again(
    factory: SessionFactory, epochs: FakeEpochs, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Guard(factory, "https://old.example.org", epochs).refuse_foreign()
    guard = Guard(factory, HERE, epochs, clock.monotonic)
    for _ in range(3):
        with pytest.raises(Conflict):
            guard.refuse_foreign()
        clock.pass_time(REFUSED_EVERY)
    Guard(factory, HERE, epochs).adopt()
    for _ in range(3):
        guard.refuse_foreign()
        clock.pass_time(EVERY)
    refused, again = caplog.messages
    assert "This database sends for https://old.example.org" in refused
    assert again == "sending is allowed again"


@pytest.mark.parametrize("is_old_ahead", [True, False])
@pytest.mark.parametrize(
    "changed", [{"public_url": "https://old.example.org"}, {"database": "7300000/postrider/16384"}]
)
def test_who_adopts_is_ahead_of_all_that_was_told_of_the_old_and_meets_it_nowhere_else(
    factory: SessionFactory, epochs: FakeEpochs, changed: dict[str, str], is_old_ahead: bool
) -> None:
    Guard(factory, HERE, epochs).refuse_foreign()
    before = instance_of(factory)
    with transaction(factory) as session:
        session.execute(update(Instance).values(changed))
    with pytest.raises(Conflict):
        Guard(factory, HERE, epochs).refuse_foreign()
    old = _key_of(changed.get("public_url", HERE), changed.get("database", before.database))
    new = _key_of(HERE, before.database)
    epochs.told[old if is_old_ahead else new] = before.epoch + 10 * LONGEST_STEP
    Guard(factory, HERE, epochs).adopt()
    row = instance_of(factory)
    assert row.epoch > before.epoch + 10 * LONGEST_STEP
    assert row.adopted_at > before.adopted_at
    assert epochs.told == {old: row.epoch, new: row.epoch}
    assert old != new


def test_every_step_goes_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.deliveries.guard.secrets.randbelow", lambda _: 0)
    assert _step() == 1


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.example", "https://a.example/", True),
        ("https://a.example", "https://A.example", True),
        ("http://a.example", "https://a.example", True),
        ("http://127.0.0.1:8000", "http://localhost:8001", True),
        ("http://[::1]:8000", "http://localhost:8001", True),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example/one", "https://a.example/two", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example", "http://localhost", False),
    ],
)
def test_an_address_is_the_same_house_by_host_and_path(one: str, other: str, is_same: bool) -> None:
    assert (place_of(one) == place_of(other)) is is_same
