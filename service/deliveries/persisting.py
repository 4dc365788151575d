"""A commit that must be made: tried again while the database is away, busy or full.

Never makes a commit twice by itself: what is repeated must be safe to repeat, since the answer to a commit can be lost.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.db import SessionFactory, passes, transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
FIRST_WAIT: Final = 0.05  # seconds
LONGEST_WAIT: Final = 5.0
LOOK_UP: Final = 0.25  # seconds until it is asked again whether to stop


def persist(factory: SessionFactory, work: Callable[[Session], T], wait: Callable[[float], bool]) -> T:
    """Run ``work`` in a transaction, again and again until it is committed. Returns what it returns.

    ``work`` must be safe to repeat, also after a commit. ``wait`` lets so many seconds pass, and answers whether to try
    again; where it says no, the last error is raised.
    """
    tries = 0
    while True:
        try:
            with transaction(factory) as session:
                return work(session)
        except DBAPIError as problem:
            tries += 1
            if not passes(problem):
                raise
            if tries == 1:
                log.warning("the database does not take what was sent; trying again: %s", type(problem.orig).__name__)
            if not wait(wait_before(tries)):
                raise


def pass_time(should_stop: Callable[[], bool], seconds: float, pass_some: Callable[[float], None] = time.sleep) -> bool:
    """Let ``seconds`` pass, a little at a time by ``pass_some``; returns False as soon as it is to stop."""
    until = time.monotonic() + seconds
    while not should_stop():
        left = until - time.monotonic()
        if left <= 0:
            return True
        pass_some(min(left, LOOK_UP))
    return False


def wait_before(tries: int) -> float:
    """Return the seconds to wait after this many failures: doubling from 0.05 to 5, half of it by chance."""
    longest = min(FIRST_WAIT * (1 << min(tries, 16)), LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, keeps no secret
