"""Plain words into Markdown and back: what CommonMark would change is escaped, and nothing else.

The rules follow the CommonMark specification 0.31.2 and the footnote syntax of markdown-it; the tests ask
markdown-it itself whether every escaped text reads as the words that were typed. It never parses a document.
"""

import re
from collections import Counter
from collections.abc import Iterator
from html.entities import html5
from unicodedata import category

PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")

_SPECIAL = re.compile(r"[\\`*_\[\]<>&#+\-=~^\d]")
_LINE_STARTS = (
    # The group is where the backslash goes: CommonMark 4.2, 5.1, 5.2, 4.1, 4.3, 4.5, 4.6.
    re.compile(r"()#{1,6}(?:[ \t]|$)"),
    re.compile(r"()>"),
    re.compile(r"()[-+*](?:[ \t]|$)"),
    re.compile(r"\d{1,9}()[.)](?:[ \t]|$)"),
    re.compile(r"()(?:-[ \t]*){3,}$"),
    re.compile(r"()(?:=+|-+)[ \t]*$"),
    re.compile(r"()(?:`{3,}|~{3,})"),
    re.compile(r"()<[A-Za-z/!?]"),
)
_STARRED_LINE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{0,31}));")
_TAG_OR_AUTOLINK = re.compile(r"<(?=[A-Za-z/!?])")
_RUN = re.compile(r"\*+|_+")
_BACKTICKS = re.compile(r"`+")


def escape(plain: str) -> str:
    """Return Markdown that reads as exactly these words, with as few backslashes as CommonMark allows."""
    return insert_backslashes(plain, escape_positions(plain)) if _SPECIAL.search(plain) else plain


def insert_backslashes(plain: str, positions: set[int]) -> str:
    """Return ``plain`` with a backslash before each of the character ``positions``."""
    if not positions:
        return plain
    return "".join("\\" + character if i in positions else character for i, character in enumerate(plain))


def escape_positions(plain: str, *, styled: bool = False) -> set[int]:
    """Return the positions in ``plain`` that need a backslash.

    ``styled`` says that emphasis or links will be put around parts of it, so that every mark in it must be escaped.
    """
    positions = set(_line_start_positions(plain))
    positions.update(_backslash_positions(plain))
    positions.update(_backtick_positions(plain, styled=styled))
    positions.update(_emphasis_positions(plain, styled=styled))
    positions.update(_bracket_positions(plain, styled=styled))
    last = plain.rfind(">")
    positions.update(match.start() for match in _TAG_OR_AUTOLINK.finditer(plain, 0, last + 1))
    for match in _ENTITY.finditer(plain):
        if match[1] is None or match[1] + ";" in html5:
            positions.add(match.start())
    if any(plain[position] == "`" for position in positions):
        # An escaped backtick still closes a code span, so all of them are escaped or none: CommonMark 6.1.
        positions.update(match.start() for match in re.finditer("`", plain))
    return positions


def _line_start_positions(plain: str) -> Iterator[int]:
    if plain.startswith("[") and "]:" in plain:
        yield 0  # the address of a reference link, 4.7, or a note
    offset = 0
    for line in plain.split("\n"):
        if _STARRED_LINE.match(line):
            yield from (offset + position for position, character in enumerate(line) if character in "*_")
        for pattern in _LINE_STARTS:
            match = pattern.match(line)
            if match:
                yield offset + match.start(1)
        offset += len(line) + 1


def _backslash_positions(plain: str) -> Iterator[int]:
    for match in re.finditer(r"\\", plain):
        following = plain[match.end() : match.end() + 1]
        if following in PUNCTUATION or following == "\n":
            yield match.start()


def _backtick_positions(plain: str, *, styled: bool) -> Iterator[int]:
    """A code span needs two runs of the same length: 6.1."""
    runs = list(_BACKTICKS.finditer(plain))
    lengths = Counter(len(run[0]) for run in runs)
    for run in runs:
        if styled or lengths[len(run[0])] > 1:
            yield from range(run.start(), run.end())


def _emphasis_positions(plain: str, *, styled: bool) -> Iterator[int]:
    """Emphasis needs a run that can open and, after it, one of the same character that can close: 6.2."""
    open_seen: dict[str, bool] = {}
    flanking: dict[str, list[range]] = {"*": [], "_": []}
    pairs: set[str] = set()
    for run in _RUN.finditer(plain):
        mark = run[0][0]
        opens, closes = can_open_and_close(plain, run.start(), run.end())
        if opens or closes:
            flanking[mark].append(range(run.start(), run.end()))
        if closes and open_seen.get(mark):
            pairs.add(mark)
        open_seen[mark] = open_seen.get(mark, False) or opens
    for mark, ranges in flanking.items():
        if mark in pairs or styled:
            for positions in ranges:
                yield from positions


def can_open_and_close(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Return whether the run of ``*`` or ``_`` at ``text[start:end]`` can open and can close emphasis: 6.2."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    left = not _is_space(after) and (not _is_punctuation(after) or _is_space(before) or _is_punctuation(before))
    right = not _is_space(before) and (not _is_punctuation(before) or _is_space(after) or _is_punctuation(after))
    if text[start] == "*":
        return left, right
    return left and (not right or _is_punctuation(before)), right and (not left or _is_punctuation(after))


def _is_space(character: str) -> bool:
    return character in "\t\n\f\r " or category(character) == "Zs"


def _is_punctuation(character: str) -> bool:
    return character in PUNCTUATION or category(character)[0] in "PS"


def _bracket_positions(plain: str, *, styled: bool) -> Iterator[int]:
    """A link needs ``](``: 6.3. ``[^`` and ``^[`` are notes. Inside links every bracket counts."""
    if styled:
        yield from (match.start() for match in re.finditer(r"[\[\]]", plain))
        return
    yield from (match.start() + 1 for match in re.finditer(r"\]\(", plain))
    yield from (match.start() for match in re.finditer(r"\[(?=\^)", plain))
    yield from (match.start() + 1 for match in re.finditer(r"\^\[", plain))


_IMAGE = re.compile(r"!\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)")
_LINK = re.compile(r"\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+|[^<>@\s]+@[^<>@\s]+)>")
_EMPHASIS = re.compile(r"(?<![\w*_\\])(\*{1,3}|_{1,3})(?=[^\s*_])([^*_\n]*[^\s*_\\])\1(?![\w*_])")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]+)\1(?!`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain_words(markdown: str) -> str:
    """Return the words of a Markdown line as a reader sees them; what is not clearly markup stays."""
    words = _LINK.sub(r"\1", _IMAGE.sub(r"\1", markdown))
    words = _AUTOLINK.sub(r"\1", words)
    for _ in range(2):
        words = _EMPHASIS.sub(r"\2", words)
    return _ESCAPED.sub(r"\1", _CODE.sub(r"\2", words)).strip()
