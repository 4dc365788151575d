"""A base64 part of which only the lines that a hole touches are encoded for each reader. Owns where these lines are.

Base64 runs across the holes, and what follows one shifts with its length. Tokens are all of one length and names of a
few, so for each set of lengths the other lines are encoded once.
"""

import struct
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from service.rendering.stencil import Stencil
from service.rendering.transfer import LINE

_RAW: Final = LINE // 4 * 3  # bytes that one line holds
_LAYOUTS: Final = 48  # sets of lengths that are kept: about 100 kB each


class Base64Lines:
    """``pieces`` are UTF-8, or the number of the value that goes there; ``before`` and ``after`` are not encoded."""

    def __init__(self, pieces: Iterable[bytes | int], before: bytes, after: bytes) -> None:
        self._pieces, self._before, self._after = tuple(pieces), before, after
        self._layouts: dict[tuple[int, ...], _Layout] = {}

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the encoded part as pieces to join, with ``values`` in the holes by their numbers."""
        lengths = tuple(map(len, values))
        layout = self._layouts.get(lengths) or self._lay_out(lengths)
        return layout.fill(values)

    def _lay_out(self, lengths: tuple[int, ...]) -> "_Layout":
        if len(self._layouts) >= _LAYOUTS:
            self._layouts.clear()
        layout = self._layouts[lengths] = _Layout(self._pieces, lengths, self._before, self._after)
        return layout


class _Layout:
    """The part for values of certain lengths: constant lines, and a stencil of the raw bytes of all others."""

    def __init__(self, pieces: Sequence[bytes | int], lengths: Sequence[int], before: bytes, after: bytes) -> None:
        sizes = [len(piece) if isinstance(piece, bytes) else lengths[piece] for piece in pieces]
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + size)
        touched = {
            line
            for piece, (start, end) in zip(pieces, pairwise(starts), strict=True)
            if not isinstance(piece, bytes)
            for line in range(start // _RAW, -(-end // _RAW))
        }
        raw = b"".join(piece if isinstance(piece, bytes) else bytes(lengths[piece]) for piece in pieces)
        self._raw = Stencil(_touched_bytes(pieces, starts, touched))
        self._pieces = _encode_untouched(raw, touched, before, after)
        self._cut = struct.Struct("".join(_encoded_width(raw, line) for line in sorted(touched))).unpack

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the pieces to join."""
        pieces = self._pieces.copy()
        pieces[1::2] = self._cut(b2a_base64(b"".join(self._raw.fill(values)), newline=False))
        return pieces


def _touched_bytes(pieces: Sequence[bytes | int], starts: Sequence[int], touched: set[int]) -> Iterable[bytes | int]:
    """Yield the holes and the constant bytes that share a line with one."""
    for piece, start in zip(pieces, starts, strict=False):
        if not isinstance(piece, bytes):
            yield piece
            continue
        for line in range(start // _RAW, -(-(start + len(piece)) // _RAW)):
            if line in touched:
                yield piece[max(0, line * _RAW - start) : max(0, (line + 1) * _RAW - start)]


def _encoded_width(raw: bytes, line: int) -> str:
    """Return the format of one encoded line; only the last one may be shorter."""
    return f"{-(-min(_RAW, len(raw) - line * _RAW) // 3) * 4}s"


def _encode_untouched(raw: bytes, touched: set[int], before: bytes, after: bytes) -> list[bytes]:
    """Return the constant lines, with an empty piece at each odd place for a touched one."""
    pieces, constant = [], [before]
    for line in range(-(-len(raw) // _RAW)):
        if line:
            constant.append(b"\r\n")
        if line in touched:
            pieces += [b"".join(constant), b""]
            constant = []
        else:
            constant.append(b2a_base64(raw[line * _RAW : (line + 1) * _RAW], newline=False))
    return [*pieces, b"".join([*constant, after])]
