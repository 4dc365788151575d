"""An import in the world: killed, taken over, cancelled, met by a sign-up, and rehearsed; never half a row."""

import itertools
import random
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.db import transaction
from service.errors import Conflict
from service.jobs import Job
from service.settings import Settings
from service.subscribers.importing import running
from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.importing.progress import cancel_import, claim_import, nudge_imports
from service.subscribers.importing.running import MOST_CLAIMS, run_import
from service.subscribers.importing.upload import fetch_file
from service.subscribers.models import Subscriber
from service.subscribers.people import ensure_subscriber, ensure_subscription
from service.wiring import wire
from tests.faults.forks import Fork
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.importing.files import HEADER, Bringer, figures
from tests.waiting import wait_until

STATEMENTS = 150
WORDS = ("active", "active", "active", "unsubscribed", "pending", "suppressed")


def make_rows(seed: int) -> str:
    """Return a file of few people who are in it many times."""
    chance = random.Random(seed)  # noqa: S311 - cases for a test
    rows = []
    for _ in range(24):
        address = f"p{chance.randrange(8)}@seed{seed}.org"
        name, tags = chance.choice(["", "Ann", "Bob"]), chance.choice(["", "a", '"a,b"'])
        ended = chance.choice(["", "2024-05-06"])
        rows.append(f"{address},{name},,{chance.choice(WORDS)},,{ended},,{tags},,,")
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.parametrize(("chunk", "files"), [(1, 2), (7, 3), (1_000, 6)])
def test_a_dry_run_tells_of_every_line_what_the_real_run_then_does(bringer: Bringer, chunk: int, files: int) -> None:
    for seed in range(files):
        file = make_rows(seed)
        rehearsed = bringer.bring(file, chunk=chunk, is_dry_run=True)
        assert not any(key.endswith(f"seed{seed}.org") for key in bringer.people())
        real = bringer.bring(file, chunk=chunk)
        assert figures(rehearsed) == figures(real)
        assert bringer.lines(rehearsed.id) == bringer.lines(real.id)
        again = bringer.bring(file, chunk=chunk, is_dry_run=True)
        once_more = bringer.bring(file, chunk=chunk)
        assert bringer.lines(again.id) == bringer.lines(once_more.id)


@pytest.mark.parametrize("has_help", [False, True])
def test_the_size_of_the_chunks_changes_nobody(
    bringer: Bringer, monkeypatch: pytest.MonkeyPatch, has_help: bool
) -> None:
    files = [make_rows(seed).replace(f"seed{seed}", "{}") for seed in range(6)]
    for number, file in enumerate(files):
        with monkeypatch.context() as patched:
            if has_help:
                patched.setattr(running, "WORTH_HELP", 0)
            small = bringer.bring(file.replace("{}", f"small{number}"), chunk=3)
        large = bringer.bring(file.replace("{}", f"large{number}"), chunk=500)
        assert figures(small) == figures(large)
    people = bringer.people()
    assert people
    for key, state in people.items():
        assert people[key.replace("small", "large")] == state


def be_importer(settings: Settings, import_id: int, worth_help: int, folder: Path) -> None:
    """Be a worker that brings in a file, ten lines at a time, and stands still within its 20th chunk or so."""
    running.WORTH_HELP = worth_help  # type: ignore[misc]  # this process is the test's own
    tempfile.tempdir = str(folder)
    statements = itertools.count()

    def stand_still(*_: object) -> None:
        if next(statements) == STATEMENTS:
            threading.Event().wait()

    event.listen(Engine, "after_cursor_execute", stand_still)
    run_import(wire(settings).factory, import_id, chunk=10)


@pytest.mark.parametrize("worth_help", [0, 1_000_000])
def test_case_14_an_import_that_is_killed_leaves_whole_chunks_and_is_finished_by_another(
    bringer: Bringer, settings: Settings, open_transaction: OpenTransaction, worth_help: int, tmp_path: Path
) -> None:
    rows = "".join(f"p{number}@x.org,,,active,,,,,,,\n" for number in range(2_000))
    import_id = bringer.store(f"{HEADER}\n{rows}")
    worker = Fork(be_importer, settings, import_id, worth_help, tmp_path)
    wait_until(lambda: bringer.look(import_id).rows > 0, "the first chunks to be in")
    worker.kill()
    stopped = bringer.look(import_id)
    assert stopped.state is ImportState.RUNNING
    assert 0 < stopped.rows < 2_000
    assert (len(bringer.people()), stopped.done_lines) == (stopped.rows, stopped.rows + 1)
    run_import(bringer.factory, import_id)
    assert bringer.look(import_id).rows == stopped.rows  # the dead worker's lease is not over yet
    with open_transaction() as session:
        session.execute(update(Import).values(lease_until=None))
    run_import(bringer.factory, import_id)
    assert figures(bringer.look(import_id)) == (2_000, 2_000, 0, 0, 0, 0)
    assert len(bringer.people()) == 2_000


def test_a_worker_that_lost_its_lease_leaves_nothing(
    bringer: Bringer, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = bringer.store(f"{HEADER}\na@x.org,,,active,,,,,,,\n")
    slow = claim_import(bringer.factory, import_id)
    assert claim_import(bringer.factory, import_id) is None
    with open_transaction() as session:
        session.execute(update(Import).values(lease_until=None))
    quick = claim_import(bringer.factory, import_id)
    for claim, people in ((slow, {}), (quick, {"a@x.org": "active"}), (slow, {"a@x.org": "active"})):
        monkeypatch.setattr("service.subscribers.importing.running.claim_import", lambda *_, claim=claim: claim)
        run_import(bringer.factory, import_id)
        assert bringer.people() == people
    assert figures(bringer.look(import_id)) == (1, 1, 0, 0, 0, 0)


def test_an_import_that_is_asked_to_stop_stops_after_the_chunk_at_hand(
    bringer: Bringer, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    import_id = bringer.store(f"{HEADER}\na@x.org,,,active,,,,,,,\nb@x.org,,,active,,,,,,,\n")
    with open_transaction() as session:
        cancel_import(session, import_id)
        cancel_import(session, import_id)
    assert published_jobs.of(Job.RUN_IMPORT) == [(import_id,), (import_id,)]
    run_import(bringer.factory, import_id)
    assert (bringer.look(import_id).state, bringer.people()) == (ImportState.CANCELLED, {})
    with pytest.raises(Conflict, match="undone"), open_transaction() as session:
        cancel_import(session, import_id)


def on_first(engine: Engine, start: str, act: Callable[[], None]) -> None:
    """Act once, after the first statement that starts so."""
    acted: list[bool] = []

    @event.listens_for(engine, "after_cursor_execute")
    def look(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not acted and statement.strip().startswith(start):
            acted.append(True)
            act()


@pytest.mark.parametrize(("worth_help", "at_hand"), [(0, {4, 8}), (1_000_000, {4})])
def test_cancelling_between_two_chunks_keeps_what_is_in(
    bringer: Bringer, monkeypatch: pytest.MonkeyPatch, worth_help: int, at_hand: set[int]
) -> None:
    monkeypatch.setattr(running, "WORTH_HELP", worth_help)
    rows = "".join(f"p{number}@x.org,,,active,,,,,,,\n" for number in range(20))
    import_id = bringer.store(f"{HEADER}\n{rows}")

    def cancel() -> None:
        with transaction(bringer.factory) as session:
            cancel_import(session, import_id)

    on_first(bringer.factory.kw["bind"], "with asked", cancel)
    run_import(bringer.factory, import_id, chunk=4)
    stopped = bringer.look(import_id)
    assert (stopped.state, len(bringer.people())) == (ImportState.CANCELLED, stopped.rows)
    assert stopped.rows in at_hand


def test_somebody_who_signs_up_meanwhile_is_met_not_added_twice(bringer: Bringer) -> None:
    def sign_up() -> None:
        with transaction(bringer.factory) as session:
            person = ensure_subscriber(session, parse_address("b@x.org"), name="Their own")
            ensure_subscription(session, person, bringer.newsletter_id)

    on_first(bringer.factory.kw["bind"], "with asked", sign_up)
    row = bringer.bring(f"{HEADER}\na@x.org,,,active,,,,,,,\nb@x.org,Bob,,active,,,,,,,\n")
    assert figures(row) == (2, 1, 0, 0, 0, 1)
    assert bringer.lines(row.id) == [(3, "b@x.org", "skipped", "They were asked and have not confirmed.")]
    assert bringer.people() == {"a@x.org": "active", "b@x.org": "pending"}
    with bringer.factory() as session:
        assert session.scalar(select(Subscriber.name).where(Subscriber.address_key == "b@x.org")) == "Their own"


def test_a_rehearsal_that_was_stopped_begins_again(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    file = make_rows(3)
    whole = bringer.bring(file, chunk=5, is_dry_run=True)
    import_id = bringer.store(file, is_dry_run=True)
    looks: list[str] = []

    @event.listens_for(bringer.factory.kw["bind"], "before_cursor_execute")
    def stop(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "with asked" in statement:
            looks.append(statement)
            if len(looks) == 3:
                raise ConnectionError

    with pytest.raises(ConnectionError):
        run_import(bringer.factory, import_id, chunk=5)
    with open_transaction() as session:
        session.execute(update(Import).where(Import.id == import_id).values(lease_until=None))
    run_import(bringer.factory, import_id, chunk=5)
    assert figures(bringer.look(import_id)) == figures(whole)
    assert bringer.lines(import_id) == bringer.lines(whole.id)


def test_a_file_that_ended_many_processes_is_given_up(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    import_id = bringer.store(f"{HEADER}\na@x.org,,,active,,,,,,,\n")
    with open_transaction() as session:
        session.execute(update(Import).values(fence=MOST_CLAIMS))
    run_import(bringer.factory, import_id)
    row = bringer.look(import_id)
    assert (row.state, bringer.people()) == (ImportState.FAILED, {})
    assert "look at the log" in row.problem


def test_lost_jobs_are_found_by_the_rows(
    bringer: Bringer, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    import_id = bringer.store(f"{HEADER}\na@x.org,,,active,,,,,,,\n")
    with open_transaction() as session:
        nudge_imports(session)
    assert published_jobs.of(Job.RUN_IMPORT) == [(import_id,)]
    run_import(bringer.factory, import_id)
    with open_transaction() as session:
        nudge_imports(session)
    assert published_jobs.of(Job.RUN_IMPORT) == [(import_id,)]


def test_a_file_that_does_not_arrive_whole_leaves_nothing(
    bringer: Bringer, monkeypatch: pytest.MonkeyPatch, open_transaction: OpenTransaction
) -> None:
    def fail(session: Session, import_id: int, content: BinaryIO) -> None:
        session.add(ImportChunk(import_id=import_id, number=0, content=content.read(10)))
        session.flush()
        raise ConnectionError

    monkeypatch.setattr("service.subscribers.importing.upload._store_pieces", fail)
    with pytest.raises(ConnectionError):
        bringer.store(f"{HEADER}\na@x.org,,,active,,,,,,,\n")
    with open_transaction() as session:
        assert session.scalars(select(Import)).all() == []
        assert session.scalars(select(ImportChunk)).all() == []


def test_a_file_of_many_pieces_is_the_same_on_the_way_out(bringer: Bringer) -> None:
    content = (HEADER + "\n" + "p@x.org," + "x" * 99 + ",,active,,,,,,,\n" * 30_000).encode()
    import_id = bringer.store(content)
    with fetch_file(bringer.factory, import_id) as path:
        assert path.read_bytes() == content
    assert not path.exists()
