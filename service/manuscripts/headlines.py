"""Whether a line could be a headline, by its own look: short, one breath, no full stop.

It never looks at the lines around it; what a headline begins is decided in `outline`.
"""

import re

from service.manuscripts.bylines import parse_byline
from service.manuscripts.source import Hint, Passage, Shape

_LONGEST = 160
"""The longest headline of the issues that we have seen is 128 characters."""
_MOST_WORDS = 24
_LONGEST_CHINESE = 45

_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_ENDS_A_SENTENCE = re.compile(r"[.,;…。，；、!！][\"'”’»」』)\]）]*$")
_SENTENCE_INSIDE = re.compile(r"[^\W\d_]{3,}[.!?…][\"”’»]?\s+[\"“«]?[^\W\d_a-zа-яё]|[。！？].")
_COLON = re.compile(r"[:：]$")
_LIST_OR_NOTE = re.compile(r"(?:[\[［【〔(]?\d{1,3}[\]］】〕).]\s|[\[［【〔]\d|[¹²³⁰-⁹①-⑳]|[•‣◦▪●○*+–—-]\s)")
_ADDRESS = re.compile(r"https?://|www\.|\S@\S+\.\S")


def looks_like_headline(passage: Passage, *, before_byline: bool = False) -> bool:
    """Return whether the passage may be a headline.

    ``before_byline`` says that a byline follows, so that a question, an exclamation or a full stop may end it.
    """
    plain = passage.plain
    if passage.shape not in {Shape.PARAGRAPH, Shape.HEADING} or passage.hint in {Hint.CAPTION, Hint.BYLINE}:
        return False
    if "\n" in plain or not _is_short(plain) or _ADDRESS.search(plain) or _LIST_OR_NOTE.match(plain):
        return False
    first = plain.lstrip("\"'“„«‘「『《【([—–-… ")[:1]
    if not first.isalnum() or first.islower() or parse_byline(plain):
        return False
    return before_byline or not (_ENDS_A_SENTENCE.search(plain) or _SENTENCE_INSIDE.search(plain) or _introduces(plain))


def is_long(plain: str) -> bool:
    """Return whether these words are more than a line: what a headline stands above."""
    return len(plain) >= (25 if _CHINESE.search(plain[:50]) else 70)


def _is_short(plain: str) -> bool:
    if not 2 <= len(plain) <= _LONGEST or not any(character.isalpha() for character in plain):
        return False
    chinese = len(_CHINESE.findall(plain))
    return chinese <= _LONGEST_CHINESE and (2 * chinese > len(plain) or len(plain.split()) <= _MOST_WORDS)


def _introduces(plain: str) -> bool:
    """A few words and a colon head a section ("Conclusion:"); a longer line introduces what it says next."""
    return bool(_COLON.search(plain)) and len(plain.split()) > 5
