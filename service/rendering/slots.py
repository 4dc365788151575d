"""The holes in a rendered issue that each reader fills: the marks that stand for them until the body is joined.

A mark is letters and digits only, so Markdown, Jinja, MJML and escaping all leave it alone. It carries a nonce made
from the content it stands in, so that no author can write one. Owns the marks, never what fills them.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SlotKind(StrEnum):
    """What fills a hole: the values are the letters that marks are written with."""

    NAME = "n"  # the reader's name, or the fallback that the author wrote
    CLICK = "k"  # a tracked link; the argument is its number
    UNSUBSCRIBE = "u"
    VIEW = "v"
    PIXEL = "p"  # the whole image element, or nothing when opens are not counted
    VALUE = "w"  # a value of a letter; the argument is its name


@dataclass(frozen=True)
class Slot:
    """One hole: its kind, and the fallback, link number or value name that belongs to it."""

    kind: SlotKind
    argument: str = ""


# What sizes are counted with, in characters: tracked links carry a signed token, names are rarely longer than this.
_EXPECTED_WIDTH: Final = {SlotKind.NAME: 40, SlotKind.PIXEL: 240}
_EXPECTED_URL: Final = 128


@dataclass(frozen=True)
class Marks:
    """The marks of one rendered text, told apart from every other text by ``nonce`` (hexadecimal digits)."""

    nonce: str

    def write(self, slot: Slot) -> str:
        """Return the mark that stands for ``slot``."""
        return f"zs{self.nonce}{slot.kind}{slot.argument.encode().hex()}z"

    def split(self, text: str) -> Iterator[str | Slot]:
        """Yield the pieces of ``text`` in order: a string (perhaps empty) before, between and after each slot."""
        pieces = re.split(f"zs{self.nonce}([nkuvpw])([0-9a-f]*)z", text)
        yield pieces[0]
        for kind, argument, following in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            yield Slot(SlotKind(kind), bytes.fromhex(argument).decode())
            yield following

    def shown(self, text: str) -> str:
        """Return ``text`` about as long as a reader sees it: names as their fallbacks, addresses as long as usual."""
        return "".join(piece if isinstance(piece, str) else _stand_in(piece) for piece in self.split(text))

    def count_bytes(self, text: str) -> int:
        """Return the bytes of ``text`` in UTF-8 when every hole is filled with as long a value as we expect."""
        return sum(
            len(piece.encode()) if isinstance(piece, str) else _EXPECTED_WIDTH.get(piece.kind, _EXPECTED_URL)
            for piece in self.split(text)
        )


def make_marks(*content: object) -> Marks:
    """Return the marks for a text made from ``content``: the same content always gives the same nonce."""
    return Marks(hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:20])


def _stand_in(slot: Slot) -> str:
    return slot.argument if slot.kind is SlotKind.NAME else "x" * _EXPECTED_URL
