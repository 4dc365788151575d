"""The file read ahead by a process of its own, so that reading and the server's work have a core each.

Owns both ends of the pipe between them, not the reading. The reader is at most two chunks ahead, and ends with its
parent: a pipe that nobody reads ends whoever writes to it, also after ``kill -9``.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator
from typing import IO, cast

from service.errors import Unavailable
from service.subscribers.importing.reading import ReadingTask, read_chunks
from service.subscribers.importing.staging import Chunk


def read_ahead(task: ReadingTask) -> Generator[Chunk, None, None]:
    """Yield what ``read_chunks`` yields, made beside; what it raises is raised here. Ending early ends the reader.

    Raises:
        Unavailable: when the reader is gone before the file's end; what it has handed over so far is whole.
    """
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,  # an interrupt from the keyboard is its parent's to answer
    ) as reader:
        try:
            yield from _receive(reader, task)
        finally:
            reader.kill()


def _receive(reader: subprocess.Popen[bytes], task: ReadingTask) -> Generator[Chunk, None, None]:
    asked, told = cast("IO[bytes]", reader.stdin), cast("IO[bytes]", reader.stdout)  # both are pipes
    try:
        pickle.dump(task, asked)
        asked.close()
        while (found := pickle.load(told)) is not None:  # noqa: S301 - from our own program, by a pipe of ours
            if isinstance(found, Exception):
                raise found
            yield found
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as problem:
        raise Unavailable(
            "The process that reads this file was ended from outside; the import goes on later."
        ) from problem


def main() -> int:
    """Read what standard input asks for; write the chunks to standard output, then None or what went wrong."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    gc.disable()  # nothing here goes round in a circle; looking for circles cost a quarter of the reading
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent, by a pipe of its own
    end: Exception | None = None
    try:
        for chunk in read_chunks(task):
            _send(chunk)
    except Exception as problem:  # noqa: BLE001 - it is raised where the chunks are used
        end = problem
    _send(end)
    return 0


def _send(what: Chunk | Exception | None) -> None:
    pickle.dump(what, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
