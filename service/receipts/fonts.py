"""The typefaces of printed pages, and which text needs which. Owns what happens to a character that has no glyph.

A server has no fonts of its own: these stand in ``templates/print/fonts`` with their licence.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it has no types

from service.settings import ROOT

FOLDER: Final = ROOT / "templates" / "print" / "fonts"
SERIF: Final = {"": "NotoSerif-Regular.ttf", "B": "NotoSerif-Bold.ttf"}  # by style; Latin, Greek and Cyrillic
FALLBACKS: Final = {  # asked in this order for what the serif lacks; each has one weight
    "han": "NotoSerifCJKsc-Regular.ttf",
    "arabic": "NotoNaskhArabic-Regular.ttf",
    "hebrew": "NotoSerifHebrew-Regular.ttf",
    "devanagari": "NotoSerifDevanagari-Regular.ttf",
    "thai": "NotoSerifThai-Regular.ttf",
    "armenian": "NotoSerifArmenian-Regular.ttf",
    "georgian": "NotoSerifGeorgian-Regular.ttf",
}
NO_GLYPH: Final = "\N{REPLACEMENT CHARACTER}"

_JOINERS: Final = "\u200c\u200d"  # they shape Persian and Indian words; every other invisible character goes
_VARIATIONS: Final = re.compile("[\ufe00-\ufe0f]")


def make_printable(text: str) -> str:
    """Return ``text`` on one line as it can be printed: no controls, no hidden directions, a mark for no glyph."""
    bare = _VARIATIONS.sub("", unicodedata.normalize("NFC", text))
    return "".join(_printable(character) for character in " ".join(bare.split()))


def list_fallbacks(text: str) -> list[str]:
    """Return the fonts that printable ``text`` needs beside the serif."""
    missing = {ord(character) for character in text} - covered_by(SERIF[""])
    needed = []
    for family, file in FALLBACKS.items():
        if missing & covered_by(file):
            needed.append(family)
            missing -= covered_by(file)
    return needed


@cache
def covered_by(file: str) -> frozenset[int]:
    """Return the code points that a font file of the folder has glyphs for."""
    with TTFont(path_of(file), lazy=True) as font:
        return frozenset(font.getBestCmap())


def path_of(file: str) -> Path:
    """Return where a font file stands."""
    return FOLDER / file


@cache
def _covered() -> frozenset[int]:
    return frozenset().union(*(covered_by(file) for file in (SERIF[""], *FALLBACKS.values())))


def _printable(character: str) -> str:
    if character in _JOINERS:
        return character
    if unicodedata.category(character) in {"Cc", "Cf"}:
        return ""
    return character if ord(character) in _covered() else NO_GLYPH
