"""The words of a segment's text and where they stand. Knows quotes and brackets; never what a word means."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.errors import BadInput

MARKS: Final = "(),;"
END: Final = ""  # the word after the last
# A phone turns straight quotes into its owner's: English “…”, German „…“ or »…«, Russian «…», Swedish ”…”.
QUOTES: Final = {'"': '"', "“": "“”", "”": "“”", "„": "“”", "«": "»", "»": "«»"}
_LONGEST_QUOTED: Final = 40


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a mark, or what stood in quotes; ``start`` is its first character's place. The end is an empty word."""

    text: str
    start: int
    is_quoted: bool = False

    def is_any(self, *words: str) -> bool:
        """Return whether this is one of these words of the grammar, in any case; what stands in quotes never is."""
        return not self.is_quoted and self.text.lower() in words

    @property
    def shown(self) -> str:
        """The word as a sentence of ours quotes it."""
        return f"“{self.text[:_LONGEST_QUOTED]}{'…' if len(self.text) > _LONGEST_QUOTED else ''}”"


def split_words(text: str) -> list[Word]:
    """Return the words of ``text`` in order, and an empty one for the end.

    What stands in quotes is one word. Words are in Unicode's composed form, as names are stored, with single spaces.

    Raises:
        BadInput: for a quote that never ends, and for a character that no database can hold.
    """
    for at, char in enumerate(text):
        if unicodedata.category(char) in {"Cc", "Cs"} and not char.isspace():
            raise misread(text, at, "A character that can’t be shown stands here; please delete it.")
    return [*_scan(text), Word(END, len(text))]


def misread(text: str, at: int, sentence: str) -> BadInput:
    """Return the error for the character ``at`` of ``text``: its place, counted from 1, then the sentence."""
    column = at - text.rfind("\n", 0, at)
    place = f"Line {text.count(chr(10), 0, at) + 1}, column {column}" if "\n" in text else f"Column {column}"
    return BadInput(f"{place}: {sentence}")


def _scan(text: str) -> Iterator[Word]:
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in MARKS:
            yield Word(char, at)
            at += 1
        elif char in QUOTES:
            end = _find_end(text, at)
            yield Word(_compose(text[at + 1 : end]), at, is_quoted=True)
            at = end + 1
        else:
            end = next((place for place in range(at, len(text)) if _is_boundary(text[place])), len(text))
            yield Word(_compose(text[at:end]), at)
            at = end


def _find_end(text: str, start: int) -> int:
    """Return where the quote that begins at ``start`` ends."""
    for place in range(start + 1, len(text)):
        if text[place] in QUOTES[text[start]]:
            return place
    raise misread(text, start, "A quote begins here and never ends.")


def _is_boundary(char: str) -> bool:
    return char.isspace() or char in MARKS or char in QUOTES


def _compose(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
