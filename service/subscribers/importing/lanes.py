"""Two chunks on their way into the database at once, by a connection each, so that the server uses two cores for them.

Owns the threads and the order: each chunk is committed after the one before it, as if they came one by one.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle

from sqlalchemy import Connection

from service.subscribers.importing.staging import Chunk

Wait = Callable[[], bool]
"""Returns once the chunk before is committed: whether somebody asked to stop there. Raises what went wrong with it."""


def take_in_order(
    connections: Sequence[Connection], chunks: Iterable[Chunk], take: Callable[[Connection, Chunk, Wait], bool]
) -> bool:
    """Have every chunk taken in by one of the connections. Returns whether somebody asked to stop.

    Args:
        take: takes one chunk in, and returns whether to stop after it; it must wait before it commits.
    """
    last: Future[bool] = Future()
    last.set_result(False)
    doing: deque[Future[bool]] = deque()
    with ThreadPoolExecutor(len(connections), "import") as pool:
        for chunk, connection in zip(chunks, cycle(connections), strict=False):
            last = pool.submit(take, connection, chunk, last.result)
            doing.append(last)
            # Whose turn comes next has its connection free again, and what went wrong is known.
            if len(doing) == len(connections) and doing.popleft().result():
                break
    return last.result()
