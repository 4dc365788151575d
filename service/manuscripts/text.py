"""Plain text as pasted from the web or typed: one paragraph a line, or lines wrapped at a width, by what is found.

It turns characters into passages with their line numbers. It takes no words out and gives no line a meaning.
"""

import re
from itertools import pairwise
from statistics import median

from service.manuscripts.labels import is_label
from service.manuscripts.markup import escape
from service.manuscripts.scripts import take_out_scripts
from service.manuscripts.source import Passage, Shape, Source

_DIVIDER = re.compile(r"(?:[-–—_=*~•·.#⁂◆◇○●☆★+]\s*){3,}$")
_QUOTED = re.compile(r"(?:>\s?)+")
_STARTS_ANEW = re.compile(r"\s*(?:[\[［【〔(]?\d{1,3}[\]］】〕).]|[•‣◦▪●*+-]\s|by\s|By\s|BY\s|https?://)")
_SENTENCE_ENDS = (".", "!", "?", "…", ":", "”", '"', "。", "！", "？", "：")
_CHINESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def read_text(text: str, source: Source) -> Source:
    """Add the passages of a plain text to ``source`` and return it; nothing is lost, blank lines only separate."""
    lines = take_out_scripts(text, source).splitlines()
    width = _wrapping_width(lines)
    paragraph: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if paragraph and not (line.strip() and width and _continues(paragraph[-1][1], line, width)):
            source.passages.append(_passage(paragraph))
            paragraph = []
        if line.strip():
            paragraph.append((number, line))
    if paragraph:
        source.passages.append(_passage(paragraph))
    return source


def _passage(lines: list[tuple[int, str]]) -> Passage:
    raw = "\n".join(line.strip() for _, line in lines)
    span = (lines[0][0], lines[-1][0])
    if _DIVIDER.match(raw):
        return Passage(span, raw, raw, Shape.DIVIDER, raw=raw)
    quoted = _QUOTED.match(raw)
    if quoted:
        words = "\n".join(_QUOTED.sub("", line, count=1) for line in raw.split("\n"))
        plain = _join(words.split("\n"))
        if plain.strip():
            marks = "".join(match[0] for line in raw.split("\n") if (match := _QUOTED.match(line)))
            return Passage(span, escape(plain), plain, Shape.QUOTE, raw=raw, marks="".join(marks.split()))
    plain = _join(raw.split("\n"))
    return Passage(span, escape(plain), plain, raw=raw)


def _join(lines: list[str]) -> str:
    """Put wrapped lines together: with a space, but Chinese and Japanese are wrapped without one."""
    joined = lines[0].strip()
    for line in (part.strip() for part in lines[1:]):
        glue = "" if _CHINESE.match(joined[-1:]) and _CHINESE.match(line[:1]) else " "
        joined += glue + line
    return joined


def _wrapping_width(lines: list[str]) -> int:
    """Return the width that the text was wrapped to, or 0 when each line is a paragraph of its own."""
    longest = max((len(line.rstrip()) for line in lines), default=0)
    if not 40 <= longest <= 120:
        return 0
    above = [first.rstrip() for first, second in pairwise(lines) if first.strip() and second.strip()]
    if len(above) < 5 or median(map(len, above)) < 0.7 * longest:
        return 0
    if 2 * sum(line.endswith(_SENTENCE_ENDS) for line in above) > len(above):
        # Lines that mostly end with a full stop are paragraphs of similar length.
        return 0
    return longest


def _continues(before: str, line: str, width: int) -> bool:
    """A line was wrapped if the next line's first word would not have fitted on it."""
    if _STARTS_ANEW.match(line) or is_label(before) or is_label(line) or line.startswith(("\t", "  ", "\u3000")):
        return False
    first_word = line.split(maxsplit=1)[0]
    return len(before.rstrip()) + 1 + min(len(first_word), 30) > 0.9 * width
