"""The proof that nothing was lost: every character of the source is in an item or in what was left out.

It compares characters line by line, so a loss in one place is not hidden by a repetition in another.
It reads a finished manuscript and knows nothing of how it was made.
"""

from collections import Counter
from collections.abc import Iterator

from service.manuscripts.manuscript import Item, Lines, Manuscript

_BYTE_ORDER_MARK = "\ufeff"


def unaccounted(source_text: str, manuscript: Manuscript) -> str:
    """Return the characters of ``source_text`` that are nowhere in ``manuscript``, in source order; "" if none is.

    ``source_text`` has the lines that the manuscript's line numbers count: the decoded file for text and Markdown,
    the visible text at its place in the file for HTML, one paragraph a line for Word. White space and byte order
    marks are not counted; marks that a block's kind or a note's number stands for are.
    """
    lines = source_text.splitlines()
    home = _join_overlapping([lines_ for lines_, _ in _pieces(manuscript)], len(lines))
    held: dict[int, Counter[str]] = {}
    for (first, _), text in _pieces(manuscript):
        held.setdefault(home.get(first, first), Counter()).update(text)
    lost = []
    for number, line in enumerate(lines, 1):
        left = held.get(home.get(number, number), Counter())
        for character in line:
            if character.isspace() or character == _BYTE_ORDER_MARK:
                continue
            if left[character] > 0:
                left[character] -= 1
            else:
                lost.append(character)
    return "".join(lost)


def _join_overlapping(spans: list[Lines], last: int) -> dict[int, int]:
    """Return for each line the first line of the stretch of pieces that it belongs to."""
    home: dict[int, int] = {}
    reach, start = 0, 0
    for first, end in sorted(spans):
        if first > reach:
            start = first
        for number in range(max(first, reach + 1), min(end, last) + 1):
            home[number] = start
        reach = max(reach, end)
    return home


def _pieces(manuscript: Manuscript) -> Iterator[tuple[Lines, str]]:
    yield manuscript.title_lines, manuscript.title + manuscript.title_marks
    for item in manuscript.items:
        yield from _item_pieces(item)
    for aside in manuscript.left_out:
        yield aside.lines, aside.text


def _item_pieces(item: Item) -> Iterator[tuple[Lines, str]]:
    yield item.title_lines, item.title + item.title_marks
    yield item.byline_lines, "".join(item.byline)
    for block in item.blocks:
        yield block.lines, block.text + block.marks
    for note in item.notes:
        yield note.lines, note.text + note.marks
