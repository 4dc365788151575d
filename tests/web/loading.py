"""How many rows a page takes from the database as objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event


@contextmanager
def count_loaded(model: type[Any]) -> Iterator[list[Any]]:
    """Note each row of ``model`` that is loaded inside."""
    loaded: list[Any] = []

    def note(row: Any, _context: object) -> None:
        loaded.append(row)

    event.listen(model, "load", note)
    try:
        yield loaded
    finally:
        event.remove(model, "load", note)
