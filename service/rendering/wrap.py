"""Lines of plain text, broken where a reader would break them. Owns widths and breaks in any script; knows no mail.

Latin and Cyrillic break at spaces. Chinese, Japanese and Korean break between characters, except before closing and
after opening punctuation (the core of JIS X 4051). A word longer than the line, such as an address, stays whole.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final
from unicodedata import category, east_asian_width

WIDTH: Final = 72  # columns; leaves room for two levels of "> " before 78 (RFC 5322 section 2.1.1)

_NOT_FIRST: Final = frozenset("、。，．,.:;!?：；！？）)］]｝}〉》」』】〕〗〙›»”’…‥・ー々%‰℃—–")
_NOT_LAST: Final = frozenset("（(［[｛{〈《「『【〔〖〘‹«“‘￥$£€№")
_SPACES: Final = re.compile(r"[ \t]+")  # a no-break space is a letter here


def display_width(text: str) -> int:
    """Return how many columns ``text`` takes in a fixed-width face: wide characters two, marks and joiners none."""
    return sum(_column_count(character) for character in text)


def wrap(
    text: str,
    *,
    first: str = "",
    rest: str | None = None,
    width: int = WIDTH,
    measure: Callable[[str], int] = display_width,
) -> list[str]:
    """Break ``text`` into lines of at most ``width`` columns.

    Its own line ends are kept. The first line starts with ``first``, the others with ``rest`` (the same unless given);
    both count. ``measure`` tells how wide a piece is, for pieces that stand for something longer.
    """
    lines: list[str] = []
    following = first if rest is None else rest
    for part in text.split("\n"):
        lines.extend(_fill(part, following if lines else first, following, width, measure))
    return lines


def _fill(text: str, first: str, rest: str, width: int, measure: Callable[[str], int]) -> Iterator[str]:
    line, used, empty = first, measure(first), True
    for gap, atom in _atoms(text):
        taken = measure(gap + atom)
        if not empty and used + taken > width:
            yield line.rstrip(" ")
            line, used, empty = rest, measure(rest), True
        addition = atom if empty else gap + atom
        line, used, empty = line + addition, used + measure(addition), False
    yield line.rstrip(" ")


def _atoms(text: str) -> Iterator[tuple[str, str]]:
    """Yield (gap, atom): the pieces that must not be broken, each with the space that stands before it."""
    gap = ""
    for word in _SPACES.split(text.strip(" \t")):
        atom = ""
        for character in word:
            if atom and _may_break(atom[-1], character):
                yield gap, atom
                gap, atom = "", ""
            atom += character
        if atom:
            yield gap, atom
        gap = " "


def _may_break(before: str, after: str) -> bool:
    if before in _NOT_LAST or after in _NOT_FIRST or _column_count(after) == 0:
        return False
    return _column_count(before) == 2 or _column_count(after) == 2


def _column_count(character: str) -> int:
    if category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
