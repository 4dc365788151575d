"""Constant bytes with numbered holes between them, filled by one slice assignment. Knows nothing of what fills them."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter


class Stencil:
    """``parts`` in order: bytes, or the number of the value that goes there."""

    def __init__(self, parts: Iterable[bytes | int]) -> None:
        constants, numbers = [b""], []
        for part in parts:
            if isinstance(part, bytes):
                constants[-1] += part
            else:
                numbers.append(part)
                constants.append(b"")
        self._pieces = [b""] * (2 * len(numbers) + 1)
        self._pieces[0::2] = constants
        self._pick = _picker(numbers)

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the pieces to join, with ``values`` in the holes by their numbers."""
        pieces = self._pieces.copy()
        pieces[1::2] = self._pick(values)
        return pieces


def _picker(numbers: list[int]) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda values: [values[number] for number in numbers]  # itemgetter of one number returns no sequence
