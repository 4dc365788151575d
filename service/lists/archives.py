"""A file as it was sent becomes the lists in it: one CSV, or those of a zip archive. Opens no more than it must.

Nothing is extracted by its name, and what comes out is counted as it comes: the sizes in an archive are its own word.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import SEEK_END, BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as DamagedDeflate  # noqa: N812 - an exception, which zlib names in small letters

from service.errors import BadInput
from service.lists.detect import is_known
from service.lists.rows import RowReader

MOST_UNPACKED: Final = 400_000_000  # bytes of one list
MOST_ENTRIES: Final = 20_000  # Substack's archive has three for each post
MOST_LISTS: Final = 20
_DIRECTORY_BYTES: Final = 8_000_000  # of the archive's table of contents, all of which is read into memory
_BLOCK: Final = 1 << 20
_START: Final = 1 << 16  # bytes, in which the header of a list is; there may be thousands of tables to look into
# All that other houses write. Of bzip2 and LZMA, zipfile unpacks a block whole, however little of it is read (Python's
# ``ZipExtFile._read1``): a hundred bytes would take all memory.
_PACKED: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})
_END: Final = b"PK\x05\x06"  # APPNOTE.TXT §4.3.16: 22 bytes, then a comment of at most 65,535
_END_REACH: Final = 22 + 65_535
# Of a workbook, the place in it where its sheets are; ODF 1.3 part 2 §3.3, ECMA-376 part 1 §8, and a Numbers file.
_WORKBOOKS: Final = (
    ("xl/", "an Excel workbook: save it as CSV (UTF-8)"),
    ("META-INF/manifest.xml", "a LibreOffice document: save it as CSV (UTF-8)"),
    ("Index/Document.iwa", "a Numbers document: export it as CSV (UTF-8)"),
)
_OTHER_KINDS: Final = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV (UTF-8)"),
    (b"%PDF", "a PDF: export the list as CSV"),
    (b"\x1f\x8b", "packed by gzip: unpack it first"),
    (b"{", "JSON: export the list as CSV"),
    (b"[", "JSON: export the list as CSV"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One list in a file. ``open`` gives its bytes, anew at each call, to be closed by whoever called it."""

    name: str
    open: Callable[[], BinaryIO]


def open_export(path: Path, filename: str) -> list[Part]:
    """Return the lists in a file: of an archive those whose header is known, else its only CSV.

    Args:
        path: where the file lies now.
        filename: what its sender calls it.

    Raises:
        BadInput: when it is neither CSV nor a zip archive with a list in it.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK"):
        return _list_parts(path)
    for sign, kind in _OTHER_KINDS:
        if start.startswith(sign):
            raise BadInput(f"This file is {kind}.")
    return [Part(filename, lambda: path.open("rb"))]


def _check_directory(file: BinaryIO) -> None:
    """Refuse a table of contents too large for memory, before the zipfile module reads it."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - _END_REACH))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise BadInput("This zip archive is damaged: its end is missing. Send it again.")
    entries = int.from_bytes(tail[end + 10 : end + 12], "little")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if entries > MOST_ENTRIES or directory > _DIRECTORY_BYTES:
        raise BadInput(f"This zip archive has more than {MOST_ENTRIES:,} files in it: send only the lists.")


def _list_parts(path: Path) -> list[Part]:
    with open_archive(path) as archive:
        tables = [entry for entry in archive.infolist() if _is_table(entry)]
        known = [entry for entry in tables[:MOST_ENTRIES] if _has_known_header(archive, entry)]
    chosen = known or (tables if len(tables) == 1 else [])
    if not chosen:
        names = [entry.filename for entry in archive.infolist()]
        for sign, kind in _WORKBOOKS:
            if any(name.startswith(sign) for name in names):
                raise BadInput(f"This file is {kind}.")
        others = ", ".join(names[:5]) or "nothing"
        raise BadInput(f"There is no list of people that we know in this zip archive; it holds {others[:300]}.")
    if len(chosen) > MOST_LISTS:
        raise BadInput(
            f"This zip archive has {len(chosen)} lists in it; the most that we read at once is {MOST_LISTS}."
        )
    return [Part(PurePosixPath(entry.filename).name, partial(_unpack, path, entry.filename)) for entry in chosen]


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """Lend a zip archive for the block. What is read from it there must be counted by whoever reads it.

    Raises:
        BadInput: when its table of contents is too large or damaged, and for whatever in it can't be opened.
    """
    with path.open("rb") as file:
        _check_directory(file)
    try:
        with ZipFile(path) as archive:
            _check_entries(archive)
            yield archive
    except (BadZipFile, DamagedDeflate, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        # RuntimeError is how zipfile asks for a password, NotImplementedError how it names an unknown compression,
        # UnicodeDecodeError how it reads the name of a file.
        raise BadInput("This zip archive is damaged, locked, or packed in a way that we cannot open.") from error


def _check_entries(archive: ZipFile) -> None:
    if any(entry.compress_type not in _PACKED or entry.header_offset < 0 for entry in archive.infolist()):
        raise BadZipFile


def _is_table(entry: ZipInfo) -> bool:
    where = PurePosixPath(entry.filename)
    return where.suffix.lower() == ".csv" and not where.name.startswith(".") and "__MACOSX" not in where.parts


def _has_known_header(archive: ZipFile, entry: ZipInfo) -> bool:
    with archive.open(entry) as packed:
        start = packed.read(_START)
    try:
        return is_known(RowReader(BytesIO(start)).header)
    except BadInput:
        return False


def _unpack(path: Path, name: str) -> BinaryIO:
    unpacked = TemporaryFile()  # noqa: SIM115 - it is the caller's to close
    try:
        with open_archive(path) as archive, archive.open(name) as packed:
            while block := packed.read(_BLOCK):
                unpacked.write(block)
                _check_size(unpacked.tell(), name)
    except BaseException:
        unpacked.close()
        raise
    return unpacked


def _check_size(size: int, name: str) -> None:
    if size > MOST_UNPACKED:
        raise BadInput(f"“{name[:80]}” unpacks to more than {MOST_UNPACKED // 1_000_000} MB.")
