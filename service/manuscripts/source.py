"""What every reader hands over, whatever the file was: passages in reading order, and what it already set aside.

A passage is one paragraph, heading, list, quote, picture or note with the place it stood. Readers fill it;
nothing here decides which item a passage belongs to.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from service.manuscripts.manuscript import Aside, Lines

BOLD_LEVEL = 7
"""The heading level of a paragraph that is bold from end to end: how many authors make headings in Word."""


class Shape(StrEnum):
    """What the source itself says a passage is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTE = "quote"
    LIST = "list"
    IMAGE = "image"
    NOTE = "note"
    DIVIDER = "divider"


class Hint(StrEnum):
    """What the markup around a passage says about its part in the issue."""

    NONE = ""
    TITLE = "title"
    BYLINE = "byline"
    CAPTION = "caption"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of the source.

    ``text`` is Markdown, ``plain`` the same words as a reader sees them. ``level`` is a heading's level, 1 to 6,
    or `BOLD_LEVEL`; 0 is no heading. ``label`` names a note. ``raw`` is the source as typed, where that says more
    than ``plain``; ``marks`` are the characters in it, such as ``##``, that the shape stands for.
    """

    lines: Lines
    text: str
    plain: str
    shape: Shape = Shape.PARAGRAPH
    level: int = 0
    label: str = ""
    hint: Hint = Hint.NONE
    raw: str = ""
    marks: str = ""

    @property
    def line(self) -> int:
        """The first source line."""
        return self.lines[0]

    def set_aside(self, reason: str) -> Aside:
        """Return this passage, exactly as typed, as words left out for ``reason``."""
        return Aside(self.lines, self.raw or self.plain, reason)

    def in_doubt(self, reason: str) -> Aside:
        """Return a warning for staff about this passage; it stays where it is."""
        return Aside(self.lines, self.plain[:200], reason)


@dataclass(slots=True)
class Source:
    """A file as its reader understood it. ``asides`` were left out by the reader, ``doubts`` are for staff."""

    passages: list[Passage] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    doubts: list[Aside] = field(default_factory=list)
    headed: bool = False
    """Whether headings are marked in the file, so that a short line is not taken for one."""
