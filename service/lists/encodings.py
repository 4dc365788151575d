"""In which encoding a file's letters are. Owns the guess; never decodes silently what it guessed.

The whole file is weighed, at flat memory, before a line is read: a guess per line would give one person two names.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from service.errors import BadInput

_BLOCK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED: Final = re.compile("[\udc80-\udcff]")  # how ``surrogateescape`` writes a byte that is not UTF-8
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_RUNS_ENOUGH: Final = 100_000
# Lead bytes of the 3,755 commonest Chinese characters: GB/T 2312-1980, level 1, rows 16 to 55.
_COMMON_CHINESE_LEADS: Final = range(0xB0, 0xD8)
_EXAMPLE: Final = 80


@dataclass(frozen=True, slots=True)
class Encoding:
    """``name`` is Python's. ``example``: of a guess, the first line whose letters hang on it; else empty.

    ``is_damaged``: UTF-8 but for a few bytes, which are read as surrogates so that their lines can be told.
    """

    name: str
    example: str = ""
    is_damaged: bool = False


def find_encoding(source: BinaryIO) -> Encoding:
    """Return the encoding of a file that can be read again from its start.

    A byte order mark is believed; then UTF-8, also where fewer bytes are wrong than letters are right; then a guess.

    Raises:
        BadInput: when the letters fit no encoding that we can read.
    """
    source.seek(0)
    start = source.read(4)
    for mark, name in _MARKS:
        if start.startswith(mark):
            _check_decodes(source, name)
            return Encoding(name)
    right, wrong, zeros, size = _weigh(source)
    if zeros > size // 8:
        raise BadInput("Every other byte of this file is zero, as in UTF-16 without its mark: save it as UTF-8.")
    if not wrong:
        return Encoding("utf-8")
    if right >= wrong:
        return Encoding("utf-8", is_damaged=True)
    return _guess(source)


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    source.seek(0)
    while block := source.read(_BLOCK):
        yield block


def _weigh(source: BinaryIO) -> tuple[int, int, int, int]:
    """Return how many letters beyond ASCII are good UTF-8, how many bytes are not, and the zeros among all bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    right = wrong = zeros = size = 0
    for block in _blocks(source):
        zeros += block.count(0)
        size += len(block)
        if block.isascii() and not decoder.getstate()[0]:  # nothing to weigh, and no letter cut in two before it
            continue
        text = decoder.decode(block)
        escaped = len(_ESCAPED.findall(text))
        wrong += escaped
        right += len(text) - len(text.encode("ascii", "ignore")) - escaped
    return right, wrong + len(decoder.decode(b"", final=True)), zeros, size


def _guess(source: BinaryIO) -> Encoding:
    runs: list[bytes] = []
    for block in _blocks(source):
        runs += _HIGH_RUN.findall(block)
        if len(runs) > _RUNS_ENOUGH:
            break
    for name in _by_likelihood(runs):
        try:
            _check_decodes(source, name)
        except BadInput:
            continue
        return Encoding(name, example=_find_example(source, name))
    raise BadInput("The letters of this file fit no encoding that we can read: save it as UTF-8.")


def _by_likelihood(runs: list[bytes]) -> tuple[str, ...]:
    """Accents come alone or in pairs, Cyrillic and Chinese in long runs of high bytes, Chinese in even ones."""
    if sum(map(len, runs)) < 2.5 * len(runs):
        return "windows-1252", "windows-1251", "gb18030"
    even = [run for run in runs if len(run) % 2 == 0]
    leads = [byte for run in even for byte in run[::2]]
    common = sum(lead in _COMMON_CHINESE_LEADS for lead in leads)
    if len(even) >= 0.9 * len(runs) and common >= 0.8 * len(leads):
        return "gb18030", "windows-1251", "windows-1252"
    return "windows-1251", "windows-1252", "gb18030"


def _check_decodes(source: BinaryIO, name: str) -> None:
    decoder = codecs.getincrementaldecoder(name)()
    read = 0
    try:
        for block in _blocks(source):
            decoder.decode(block)
            read += len(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = read + error.start + 1
        raise BadInput(
            f"This file's mark says {name.upper()}, but about byte {at} does not fit: save it as UTF-8."
        ) from error


def _find_example(source: BinaryIO, name: str) -> str:
    source.seek(0)
    line = next(line for line in iter(lambda: source.readline(_BLOCK), b"") if not line.isascii())
    return line.decode(name, "replace").strip()[:_EXAMPLE]
