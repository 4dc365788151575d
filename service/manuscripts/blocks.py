"""Passages become blocks: shapes become kinds, and typed bullets and numbers become Markdown lists.

It never decides what belongs to an item and never drops a passage.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from service.manuscripts.manuscript import Block, BlockKind
from service.manuscripts.source import Passage, Shape

_KINDS = {
    Shape.PARAGRAPH: BlockKind.PARAGRAPH,
    Shape.HEADING: BlockKind.HEADING,
    Shape.QUOTE: BlockKind.QUOTE,
    Shape.LIST: BlockKind.LIST,
    Shape.IMAGE: BlockKind.IMAGE,
    Shape.NOTE: BlockKind.PARAGRAPH,
    Shape.DIVIDER: BlockKind.PARAGRAPH,
}
_BULLET = re.compile(r"(?P<mark>[•‣◦▪●○·]|\\?[-*+])\s+(?=\S)")
_NUMBER = re.compile(r"(?P<number>\d{1,3})\\?[.)]\s+(?=\S)")


def make_blocks(passages: Sequence[Passage]) -> tuple[Block, ...]:
    """Return the blocks of an item; consecutive bulleted or numbered lines are one list."""
    return tuple(_group(passages))


def _group(passages: Sequence[Passage]) -> Iterator[Block]:
    for mark, group in groupby(passages, key=_list_mark):
        members = list(group)
        if mark == "-" and (len(members) > 1 or _bullet(members[0]) not in "-*+"):
            yield _bulleted(members)
        elif mark == "1" and _counts_up(members):
            yield _numbered(members)
        else:
            yield from map(_block, members)


def _list_mark(passage: Passage) -> str:
    if passage.shape is not Shape.PARAGRAPH:
        return ""
    if _BULLET.match(passage.text):
        return "-"
    return "1" if _NUMBER.match(passage.text) else ""


def _counts_up(members: Sequence[Passage]) -> bool:
    numbers = [int(match["number"]) for passage in members if (match := _NUMBER.match(passage.text))]
    return len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _bulleted(members: Sequence[Passage]) -> Block:
    lines = ["- " + passage.text[_end(_BULLET, passage) :] for passage in members]
    marks = "".join(_bullet(passage) + passage.marks for passage in members)
    return Block(BlockKind.LIST, "\n".join(lines), (members[0].lines[0], members[-1].lines[1]), marks)


def _bullet(passage: Passage) -> str:
    match = _BULLET.match(passage.text)
    return match["mark"].lstrip("\\") if match else ""


def _numbered(members: Sequence[Passage]) -> Block:
    lines = [_NUMBER.sub(r"\g<number>. ", passage.text, count=1) for passage in members]
    marks = "".join(")" + passage.marks for passage in members)
    return Block(BlockKind.LIST, "\n".join(lines), (members[0].lines[0], members[-1].lines[1]), marks)


def _end(pattern: re.Pattern[str], passage: Passage) -> int:
    match = pattern.match(passage.text)
    return match.end() if match else 0


def _block(passage: Passage) -> Block:
    return Block(_KINDS[passage.shape], passage.text, passage.lines, passage.marks)
