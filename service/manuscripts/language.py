"""Which language an item is in: by its script first, by letter patterns for the scripts that languages share.

Answers BCP 47 base tags ("en", "ru", "zh"; "und" when there is nothing to go by). It never changes words.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

UNDETERMINED = "und"
_SAMPLE = 4_000
"""Characters looked at: a page of any language is more than enough."""
_SHORT = 40
"""Fewer letters than this say little: such a text is taken to be in the manuscript's main language."""

# Unicode blocks, https://www.unicode.org/Public/UNIDATA/Blocks.txt; one language stands for a script it owns.
_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("han", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"),
    ("ja", "\u3040-\u30ff"),
    ("ko", "\uac00-\ud7af\u1100-\u11ff"),
    ("cyrillic", "\u0400-\u052f"),
    ("latin", "A-Za-z\u00c0-\u024f\u1e00-\u1eff"),
    ("el", "\u0370-\u03ff"),
    ("he", "\u0590-\u05ff"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f"),
    ("hy", "\u0530-\u058f"),
    ("ka", "\u10a0-\u10ff"),
    ("th", "\u0e00-\u0e7f"),
    ("hi", "\u0900-\u097f"),
)
_LETTERS = {script: re.compile(f"[{ranges}]") for script, ranges in _SCRIPTS}
_LANGUAGES = {
    script: frozenset(languages.split())
    for script, languages in {
        "cyrillic": "ru uk be bg sr mk kk ky mn tg tt",
        "latin": "en fr de es it pt nl pl cs sk sl hr ro hu sv da no fi et lv lt tr sq ca vi id",
        "arabic": "ar fa ur ug",
    }.items()
}
_LINKS = re.compile(r"\]\([^)\s]*\)|https?://\S+|\S+@\S+")


def detect_language(text: str) -> str:
    """Return the language of ``text`` as a BCP 47 base tag, "und" when it has no letters."""
    sample = _LINKS.sub(" ", text[: 2 * _SAMPLE])[:_SAMPLE]
    script = _find_script(sample)
    if script == "han":
        return "zh"
    if script in _LANGUAGES:
        return _rank(sample, _LANGUAGES[script])
    return script


def languages_of(texts: Sequence[str]) -> list[str]:
    """Return the language of each text; one too short to tell takes the language of all of them together."""
    main = detect_language("\n".join(sorted(texts, key=len, reverse=True)))
    return [main if _is_short(text) else detect_language(text) for text in texts]


def _find_script(sample: str) -> str:
    counts = Counter({script: len(letters.findall(sample)) for script, letters in _LETTERS.items()})
    # A Chinese character is about half a word, a letter a fifth of one.
    counts["han"] *= 3
    if counts["ja"] * 10 > counts["han"]:
        counts["ja"] += counts["han"]
    script, count = counts.most_common(1)[0]
    return script if count else UNDETERMINED


def _is_short(text: str) -> bool:
    sample = _LINKS.sub(" ", text[: 2 * _SAMPLE])[:_SAMPLE]
    chinese = len(_LETTERS["han"].findall(sample))
    return sum(character.isalpha() for character in sample) + 5 * chinese < _SHORT


def _rank(sample: str, allowed: frozenset[str]) -> str:
    return next((language for language, _ in _ranker()(sample) if language in allowed), UNDETERMINED)


@cache
def _ranker() -> Callable[[str], list[tuple[str, float]]]:
    # Imported on first use: the model takes about 100 MB and half a second, and Chinese issues never need it.
    from py3langid import rank  # noqa: PLC0415

    ranker: Callable[[str], list[tuple[str, float]]] = rank
    return ranker
