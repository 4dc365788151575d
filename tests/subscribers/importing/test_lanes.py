"""Two chunks are taken in at once and committed in their order; what stops or fails one stops those after it."""

import random
from threading import Barrier, Lock
from typing import cast

import pytest
from sqlalchemy import Connection

from service.subscribers.importing import running
from service.subscribers.importing.lanes import Wait, take_in_order
from service.subscribers.importing.staging import Chunk
from tests.subscribers.importing.files import HEADER, Bringer, figures

LANES = cast("list[Connection]", ["north", "south"])


def make_chunks(count: int) -> list[Chunk]:
    """Return chunks that differ in their last line."""
    return [
        Chunk([], "", 0, is_first=False, meets_last=False, last_line=number, done_bytes=0) for number in range(count)
    ]


def test_two_are_at_work_at_once_and_commit_in_order() -> None:
    both, committed = Barrier(2, timeout=60), list[tuple[int, str]]()

    def take(connection: Connection, chunk: Chunk, wait: Wait) -> bool:
        both.wait()  # nobody passes alone
        assert wait() is False
        committed.append((chunk.last_line, str(connection)))
        return False

    assert take_in_order(LANES, make_chunks(6), take) is False
    assert committed == [(number, ["north", "south"][number % 2]) for number in range(6)]


def test_no_connection_is_used_by_two() -> None:
    in_use = {str(lane): Lock() for lane in LANES}

    def take(connection: Connection, _chunk: Chunk, wait: Wait) -> bool:
        assert in_use[str(connection)].acquire(blocking=False)
        wait()
        in_use[str(connection)].release()
        return False

    assert take_in_order(LANES, make_chunks(50), take) is False


@pytest.mark.parametrize("lanes", [LANES[:1], LANES])
def test_nothing_is_committed_after_a_stop(lanes: list[Connection]) -> None:
    committed: list[int] = []

    def take(_connection: Connection, chunk: Chunk, wait: Wait) -> bool:
        if wait():
            return True
        committed.append(chunk.last_line)
        return chunk.last_line == 2

    assert take_in_order(lanes, make_chunks(9), take) is True
    assert committed == [0, 1, 2]


@pytest.mark.parametrize("lanes", [LANES[:1], LANES])
def test_nothing_is_committed_after_a_failure(lanes: list[Connection]) -> None:
    committed: list[int] = []

    def take(_connection: Connection, chunk: Chunk, wait: Wait) -> bool:
        wait()
        if chunk.last_line == 2:
            raise ConnectionError("2")
        committed.append(chunk.last_line)
        return False

    with pytest.raises(ConnectionError, match="2"):
        take_in_order(lanes, make_chunks(9), take)
    assert committed == [0, 1]


def test_no_chunks_are_no_work() -> None:
    assert take_in_order(LANES, [], lambda *_: True) is False


def test_lines_of_one_address_in_two_chunks_have_their_effect_in_order(
    bringer: Bringer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)  # noqa: S311 - cases for a test
    rows = []
    for number in range(200):
        address = f"p{number if chance.random() < 0.8 else number - chance.randrange(1, 15)}@{{}}.org"
        rows.append(f"{address},,,{chance.choice(['active', 'active', 'unsubscribed'])},,,,,,,")
    file = "\n".join([HEADER, *rows]) + "\n"
    alone = bringer.bring(file.replace("{}", "alone"), chunk=10)
    monkeypatch.setattr(running, "WORTH_HELP", 0)
    helped = bringer.bring(file.replace("{}", "helped"), chunk=10)
    assert figures(alone) == figures(helped)
    told = [(line, address.replace("helped", "alone"), *rest) for line, address, *rest in bringer.lines(helped.id)]
    assert told == bringer.lines(alone.id)
    people = bringer.people()
    assert all(people[key.replace("alone", "helped")] == state for key, state in people.items())
