"""Forked processes that are killed: each has a successor at once, and one that ends by itself is told of."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.development.bench.crew import Crew
from service.errors import Unavailable
from tests.waiting import wait_until

Start = Callable[..., Crew]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a crew of one, called worker, that ends with the test."""
    crews: list[Crew] = []

    def start(work: Callable[[], None]) -> Crew:
        crews.append(Crew({"worker": work}, tmp_path / "crew.log"))
        return crews[-1]

    yield start
    for crew in crews:
        crew.stop()


def test_a_killed_process_has_a_successor_at_once(start: Start, tmp_path: Path) -> None:
    seen = tmp_path / "seen"

    def work() -> None:
        with seen.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(60)

    crew = start(work)
    wait_until(lambda: seen.exists() and seen.read_text().count("\n") == 1, "the worker")
    crew.kill("worker")
    crew.check()
    wait_until(lambda: seen.read_text().count("\n") == 2, "its successor")

    first, second = seen.read_text().split()
    assert first != second
    with pytest.raises(ProcessLookupError):
        os.kill(int(first), 0)
    crew.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(second), 0)


def test_a_process_that_ends_by_itself_is_told_of_with_its_last_words(start: Start) -> None:
    def work() -> None:
        raise ValueError("the relay speaks Latin")

    crew = start(work)

    with pytest.raises(Unavailable, match=r"(?s)worker ended by itself.*the relay speaks Latin"):
        wait_until(crew.check, "its end")


def test_work_is_done_again_and_again(start: Start, tmp_path: Path) -> None:
    seen = tmp_path / "seen"

    def work() -> None:
        with seen.open("a") as file:
            file.write("x")

    start(work)
    wait_until(lambda: seen.exists() and len(seen.read_text()) > 2, "three rounds")
