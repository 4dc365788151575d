"""Bytes become characters. Owns the guess at an encoding and the warning that goes with a guess.

It never guesses silently and never replaces a character that it cannot read: it refuses the file instead.
"""

import re
from collections import Counter

from service.errors import BadInput
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

MAX_LINES = 100_000
"""Two million bytes of poetry. More lines than that are a table or a trick, and minutes of work."""

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)

# C0 and C1 controls that no writer types. Tab and the line ends of str.splitlines stay.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\ufffe\uffff]+")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")

# The ten commonest letters of Russian, about two thirds of any text: https://ruscorpora.ru/ letter frequencies.
_COMMON_CYRILLIC = frozenset("оеаинтсрвл")
_LEAST_CYRILLIC = 0.3
# Lead bytes of the 3,755 commonest Chinese characters: GB/T 2312-1980, level 1, rows 16 to 55.
_COMMON_CHINESE_LEADS = range(0xB0, 0xD8)


def decode(data: bytes) -> tuple[str, Source]:
    """Turn a file's bytes into text.

    Returns the text without a byte order mark, and a source that holds the warning if the encoding was guessed.
    Raises BadInput when no encoding fits, naming the first byte that is not UTF-8.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_as_marked(data[len(mark) :], encoding), Source()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_by_guess(data, error.start)
    if "\x00" in text:
        return _decode_by_guess(data, data.index(b"\x00"))
    return text, Source()


def clean_lines(text: str, source: Source) -> str:
    """Return ``text`` with one kind of line end and without control characters, which no mail program shows.

    The control characters are listed in ``source.asides``. Lines are those of str.splitlines, U+2028 included.
    Raises BadInput when there are more than `MAX_LINES`.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise BadInput(f"The text has {len(lines):,} lines; the most that we read is {MAX_LINES:,}. Send it in parts.")
    for number, line in enumerate(lines, 1):
        found = "".join(_CONTROLS.findall(line))
        if found:
            source.asides.append(Aside((number, number), found, "control characters, which no reader sees"))
    # The unit separator is white space to Python and an error to XML.
    return "\n".join(_CONTROLS.sub("", line).replace("\x1f", " ") for line in lines)


def _decode_as_marked(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file says that it is {encoding.upper()}, but byte {error.start + 1} does not fit: save it as UTF-8."
        ) from error


def _decode_by_guess(data: bytes, position: int) -> tuple[str, Source]:
    encoding = _guess_sixteen_bit(data) if b"\x00" in data else _guess_eight_bit(data)
    try:
        text = data.decode(encoding) if encoding else "\x00"
    except UnicodeDecodeError:
        text = "\x00"
    if _CONTROLS.search(text):
        found = "is zero, as in no text" if data[position] == 0 else "is not UTF-8, and no other encoding fits"
        raise BadInput(
            f"The file is not text that we can read: byte {position + 1} {found}. Save it as UTF-8 and send it again."
        )
    return text, Source(doubts=[_doubt(text, encoding)])


def _doubt(text: str, encoding: str) -> Aside:
    reason = f"The file is not UTF-8: it was read as {encoding}; check the letters."
    for number, line in enumerate(text.splitlines(), 1):
        if not line.isascii():
            return Aside((number, number), line.strip()[:200], reason)
    return Aside((1, 1), "", reason)


def _guess_sixteen_bit(data: bytes) -> str:
    """Latin text in UTF-16 has a zero in every second byte."""
    if len(data) % 2:
        return ""
    even, odd = data[::2].count(0), data[1::2].count(0)
    few = max(4, len(data) // 8)
    if odd > few and odd > 4 * even:
        return "utf-16-le"
    if even > few and even > 4 * odd:
        return "utf-16-be"
    return ""


def _guess_eight_bit(data: bytes) -> str:
    """Accents and curly quotes come alone or in pairs, Cyrillic and Chinese in long runs of high bytes."""
    runs = _HIGH_RUN.findall(data)
    if sum(len(run) for run in runs) < 2.5 * len(runs):
        return "windows-1252"
    if _looks_chinese(runs):
        return "gb18030"
    scores = {encoding: _cyrillic_score(data, encoding) for encoding in ("windows-1251", "koi8-r", "cp866")}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > _LEAST_CYRILLIC else ""


def _looks_chinese(runs: list[bytes]) -> bool:
    if any(len(run) % 2 for run in runs):
        return False
    leads = [byte for run in runs for byte in run[::2]]
    common = sum(lead in _COMMON_CHINESE_LEADS or lead in {0xA1, 0xA3} for lead in leads)
    return common >= 0.9 * len(leads)


def _cyrillic_score(data: bytes, encoding: str) -> float:
    """The share of common small letters: a wrong Cyrillic code page swaps the case or the letters."""
    counts = Counter(data.decode(encoding, errors="replace"))
    letters = sum(count for character, count in counts.items() if not character.isascii())
    return sum(count for character, count in counts.items() if character in _COMMON_CYRILLIC) / max(letters, 1)
