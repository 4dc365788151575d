"""The words of this room: a manuscript, its items, their blocks and notes, and what was left out of them.

Every part remembers the source lines it came from, so that `accounting` can show that nothing was lost.
It never reads a file and never decides what a line is.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Lines: TypeAlias = tuple[int, int]
"""First and last source line, 1-based and inclusive. In a Word document a line is a paragraph."""

NOWHERE: Lines = (0, 0)


class ItemKind(StrEnum):
    """The parts of an issue, as the editors name them."""

    GREETING = "greeting"
    BRIEF = "brief"
    FEATURE = "feature"
    NOTE = "note"
    ASK = "ask"


class BlockKind(StrEnum):
    """What a stretch of an item is; its text is Markdown without the mark that says so."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTE = "quote"
    LIST = "list"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of an item. ``marks`` are source characters that its kind or a renumbered note now stands for."""

    kind: BlockKind
    text: str
    lines: Lines
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered note of an item; ``[^number]`` in a block's text points to it."""

    number: int
    text: str
    lines: Lines
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an issue. ``title`` and ``byline`` are plain words; block and note texts are Markdown."""

    kind: ItemKind
    title: str
    byline: tuple[str, ...]
    language: str
    blocks: tuple[Block, ...]
    notes: tuple[Note, ...] = ()
    title_lines: Lines = NOWHERE
    title_marks: str = ""
    byline_lines: Lines = NOWHERE

    def to_json(self) -> dict[str, Any]:
        """Return the item as plain JSON values."""
        return {
            "kind": self.kind.value,
            "title": self.title,
            "byline": list(self.byline),
            "language": self.language,
            "blocks": [{"kind": block.kind.value, "text": block.text} for block in self.blocks],
            "notes": [{"number": note.number, "text": note.text} for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Aside:
    """Words of the source with a reason in plain words: set aside (``left_out``) or in doubt (``warnings``)."""

    lines: Lines
    text: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the line that a person should look at, the words there, and the reason."""
        return {"line": self.lines[0], "text": self.text, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Manuscript:
    """An author's text as items, with everything that is not an item and everything staff must settle."""

    title: str
    items: tuple[Item, ...]
    left_out: tuple[Aside, ...]
    warnings: tuple[Aside, ...]
    title_lines: Lines = NOWHERE
    title_marks: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return ``{title, items, left_out, warnings}`` as plain JSON values, lists in reading order."""
        return {
            "title": self.title,
            "items": [item.to_json() for item in self.items],
            "left_out": [aside.to_json() for aside in self.left_out],
            "warnings": [aside.to_json() for aside in self.warnings],
        }


def item_markdown(item: Item) -> str:
    """Return an item's body as one Markdown document: what is stored, and what the editor shows.

    Headings become ``##``, quotes ``>``, notes ``[^1]:`` definitions at the end. Title and byline are not in it.
    """
    parts = [_block_markdown(block) for block in item.blocks]
    parts += [f"[^{note.number}]: " + note.text.replace("\n", "\n    ") for note in item.notes]
    return "\n\n".join(parts) + "\n" if parts else ""


def _block_markdown(block: Block) -> str:
    if block.kind is BlockKind.HEADING:
        return f"## {block.text}"
    if block.kind is BlockKind.QUOTE:
        return "\n".join(f"> {line}".rstrip() for line in block.text.split("\n"))
    return block.text
