"""A file is read beside as it is read here; what goes wrong there is told here, and no reader stays behind."""

import os
import subprocess
import sys
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from service.errors import BadInput, Unavailable
from service.subscribers.importing.ahead import read_ahead
from service.subscribers.importing.reading import ReadingTask, read_chunks
from tests.faults.forks import PATIENCE, Fork


@pytest.fixture
def task(tmp_path: Path) -> ReadingTask:
    """A file of people of whom every tenth left, every eleventh has no address, and some are in it twice."""
    path = tmp_path / "list.csv"
    lines = [
        f"{'nobody' if number % 11 == 0 else f'p{number % 4_000}@x.org'},Жанна,{'left' if number % 10 == 0 else 'yes'}"
        for number in range(5_000)
    ]
    path.write_text("\n".join(["email,name,status", *lines, ""]))
    return ReadingTask(path, "list.csv", {}, import_id=7, language="ru", done_lines=100, size=1_000)


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is started to read."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **terms: object) -> None:
            super().__init__(*args, **terms)  # type: ignore[call-overload]  # whatever the code under test gives
            started.append(self)

    monkeypatch.setattr("service.subscribers.importing.ahead.subprocess.Popen", Noted)
    return started


def test_a_file_read_beside_is_the_file_read_here(task: ReadingTask) -> None:
    beside, here = list(read_ahead(task)), list(read_chunks(task))
    assert [chunk.last_line for chunk in here] == [1_100, 2_100, 3_100, 4_100, 5_001]
    assert beside == here


def test_what_is_wrong_with_the_file_is_told_as_if_it_were_read_here(task: ReadingTask) -> None:
    task.path.write_text("email\na@x.org\n" + "y" * 1_100_000)
    with pytest.raises(BadInput, match="no list of people"):
        list(read_ahead(task))


def test_ending_early_ends_the_reader(task: ReadingTask, readers: list[subprocess.Popen[bytes]]) -> None:
    chunks = read_ahead(task)
    next(chunks)
    (reader,) = readers
    assert reader.poll() is None
    chunks.close()
    assert reader.returncode == -9


def test_a_reader_that_is_killed_is_missed(task: ReadingTask, readers: list[subprocess.Popen[bytes]]) -> None:
    chunks = read_ahead(task)
    assert next(chunks) == next(read_chunks(task))
    readers[0].kill()
    with pytest.raises(Unavailable, match="goes on later"):
        list(chunks)


def test_a_reader_loads_nothing_of_the_database() -> None:
    loaded = "import sys; import service.subscribers.importing.ahead; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


def be_importer(task: ReadingTask, life: Connection) -> None:
    """Take one chunk, say so, and stand still; whoever holds ``life`` open is alive, and a reader inherits it."""
    os.dup2(life.fileno(), 2)
    chunks = read_ahead(task)
    next(chunks)
    life.send("here")
    life.close()
    time.sleep(PATIENCE)


def test_a_reader_ends_with_its_importer_also_where_that_is_killed(task: ReadingTask) -> None:
    ours, theirs = Pipe(duplex=False)
    importer = Fork(be_importer, task, theirs)
    theirs.close()
    assert ours.recv() == "here"
    importer.kill()
    assert ours.poll(PATIENCE)  # the other end is closed by whoever held it last
    with pytest.raises(EOFError):
        ours.recv()
