"""One piece of work in a process of its own, and the most memory that it and its children held. Never what it does."""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, TypeVar

from service.development.bench.counting import read_peak_mb
from service.errors import Unavailable

T = TypeVar("T")

_LOOK: Final = 0.02  # seconds between two looks: a process keeps its peak, but takes it along when it ends


def run_apart(work: Callable[..., T], *arguments: Any) -> tuple[T, float]:
    """Return what ``work``, a function of a module, returns; and the peaks of its processes together, in MB.

    Raises:
        Unavailable: it ended without a word; what it said is on standard error.
    """
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_work, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    peaks: dict[int, float] = {}
    while not ours.poll(_LOOK):
        for each in _list_family(process.pid or 0):
            with suppress(OSError):  # it has ended meanwhile
                peaks[each] = max(peaks.get(each, 0), read_peak_mb([each]))  # one that has just ended holds nothing
    try:
        result: T = ours.recv()
    except EOFError:
        raise Unavailable("What was to be measured ended by itself.") from None
    finally:
        process.join()
    return result, sum(peaks.values())


def _work(told: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    told.send(work(*arguments))


def _list_family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children")
    with suppress(OSError):
        return [process, *map(int, children.read_text().split())]
    return []
