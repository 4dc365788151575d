"""One thing made while the one before is used, by a thread of its own. Owns the hand-over, not the work."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import Final, TypeVar

T = TypeVar("T")

_LOOK: Final = 0.05  # seconds between two looks of a thread that is asked to stop


def make_ahead(things: Iterator[T]) -> Generator[T, None, None]:
    """Yield what ``things`` yields, one ahead; an error there is raised here. Ending early ends the thread."""
    ready: Queue[tuple[T] | BaseException | None] = Queue(maxsize=1)
    is_over = Event()

    def work() -> None:
        try:
            for thing in things:
                ready.put((thing,))
                if is_over.is_set():
                    return
        except BaseException as problem:  # noqa: BLE001 - it is raised where the things are used
            ready.put(problem)
        else:
            ready.put(None)

    thread = Thread(target=work, name="reading ahead", daemon=True)
    thread.start()
    try:
        while (made := ready.get()) is not None:
            if isinstance(made, BaseException):
                raise made
            yield made[0]
    finally:
        is_over.set()
        while thread.is_alive():
            with suppress(Empty):
                ready.get_nowait()
            thread.join(_LOOK)
