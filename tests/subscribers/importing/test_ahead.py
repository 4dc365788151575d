"""One thing is made while the one before is used; nothing is lost, and no thread stays behind."""

from collections.abc import Iterator
from contextlib import closing
from threading import active_count

import pytest

from service.subscribers.importing.ahead import make_ahead


def test_all_comes_in_order() -> None:
    assert list(make_ahead(iter(range(100)))) == list(range(100))


def test_an_error_is_raised_where_the_things_are_used() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("2")

    things = make_ahead(make())
    assert next(things) == 1
    with pytest.raises(ValueError, match="2"):
        next(things)


def test_ending_early_ends_the_thread() -> None:
    before = active_count()
    with closing(make_ahead(iter(range(10**9)))) as things:
        assert next(things) == 0
        assert active_count() == before + 1
    assert active_count() == before
