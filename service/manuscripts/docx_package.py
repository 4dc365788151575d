"""A Word file's package checked before anything is unpacked: is it Word, is it small enough, is it well made.

It also finds the words in the package that the converter never shows: page headers, deleted text, comments, formulas.
It never writes to disk and never opens a picture.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from service.errors import BadInput
from service.manuscripts.manuscript import Aside

MAX_ENTRIES = 2_000
MAX_XML_BYTES = 5_000_000
"""Unpacked, the parts that hold words: half a million characters of text or more, ten seconds of work to convert."""
MAX_UNPACKED_BYTES = 200_000_000
"""Unpacked, pictures and all. Pictures are never unpacked here, but a file that claims more is no manuscript."""
MAX_XML_DEPTH = 100
"""Word nests a table inside a text box 20 to 40 deep; the converter recurses, and Python stops at 1,000 calls."""

_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"

# What mammoth 1.13 looks into, from `handlers` in mammoth/docx/body_xml.py; words under any other tag are not shown.
_SHOWN = frozenset(
    """document body t r p fldChar tab noBreakHyphen softHyphen sym tbl tr tc customXml ins moveTo object
    smartTag drawing group rect roundrect shape textbox txbxContent pict hyperlink br inline anchor sdt
    sdtContent AlternateContent Fallback footnotes footnote endnotes endnote""".split()  # noqa: SIM905 - words read better in a row
)
_REASONS = {
    "del": "deleted with tracked changes",
    "moveFrom": "moved elsewhere with tracked changes",
    "comment": "a reviewer's comment",
    "oMath": "a Word formula: type it into the text",
    "ruby": "a word with its reading above it: type it into the text",
    "fldSimple": "a field that Word fills in: type it into the text",
}
_UNSEEN = frozenset({"del", "moveFrom", "comment"})
_KINDS = (
    ("xl/", "an Excel workbook"),
    ("ppt/", "a PowerPoint presentation"),
    ("META-INF/", "an EPUB book or an archive"),
    ("content.xml", "an OpenDocument file (.odt)"),
)


def open_package(data: bytes) -> ZipFile:
    """Return the package of a Word document, checked.

    Raises BadInput when the archive is damaged, is not Word's, or would unpack to more than the limits above.
    """
    try:
        package = ZipFile(BytesIO(data))
        entries = package.infolist()
    except Exception as error:
        raise BadInput("This Word document is damaged: the archive in it cannot be opened. Save it again.") from error
    names = [entry.filename for entry in entries]
    if "word/document.xml" not in names:
        kind = next((kind for start, kind in _KINDS if any(name.startswith(start) for name in names)), "a zip archive")
        raise BadInput(f"This is {kind}, not a manuscript: send text, Markdown, HTML or a Word document (.docx).")
    if len(names) != len(set(names)):
        raise BadInput("This Word document is damaged: it holds two parts of one name. Save it again.")
    _check_sizes(entries)
    for name in names:
        if _has_words(name):
            _check_xml(package, name)
    return package


def _check_sizes(entries: list[ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    words = sum(entry.file_size for entry in entries if _has_words(entry.filename))
    if len(entries) > MAX_ENTRIES:
        raise BadInput(f"This Word document has {len(entries):,} parts; the most that we open is {MAX_ENTRIES:,}.")
    if unpacked > MAX_UNPACKED_BYTES:
        raise BadInput(
            f"Unpacked, this document is {unpacked:,} bytes; the most that we open is {MAX_UNPACKED_BYTES:,}."
        )
    if words > MAX_XML_BYTES:
        raise BadInput(f"Unpacked, the text is {words:,} bytes; the most that we open is {MAX_XML_BYTES:,}.")


def _has_words(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _check_xml(package: ZipFile, name: str) -> None:
    """Read a part once without building anything, so that no trick in it reaches the converter."""
    parser = expat.ParserCreate()
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise BadInput(f"This Word document nests more than {MAX_XML_DEPTH} parts in {name}: send the text itself.")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def refuse_doctype(*_: object) -> None:
        # The Open Packaging Conventions (ECMA-376 part 2, 9.1) forbid DTDs; entities are how XML bombs are built.
        raise BadInput(f"This Word document declares entities in {name}, which Word never does: save it again.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(package.read(name), True)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"This Word document is damaged: its part {name} cannot be read. Save it again.") from error


def find_unshown(package: ZipFile) -> Iterator[tuple[Aside, bool]]:
    """Yield the words that the converter does not show, at the paragraph that they stand in.

    With each comes whether readers of the document do see them, so that staff must hear of the loss.
    """
    document = _read(package, "word/document.xml")
    last = max(1, sum(_tag(element) == "p" for element in document.iter()))
    yield from _unshown_in(document)
    for name in sorted(package.namelist()):
        if not name.endswith(".xml"):
            continue
        if name.startswith(("word/footnotes", "word/endnotes")):
            yield from ((replace(aside, lines=(last, last)), loss) for aside, loss in _unshown_in(_read(package, name)))
        elif name.startswith("word/comments.xml"):
            yield from _paragraphs_of(_read(package, name), "a reviewer's comment", last)
        elif name.startswith(("word/header", "word/footer")):
            yield from _paragraphs_of(_read(package, name), "page header or footer", last if "footer" in name else 1)


def _read(package: ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(package.read(name))  # noqa: S314 - `_check_xml` refused everything that declares entities


def _paragraphs_of(root: ElementTree.Element, reason: str, line: int) -> Iterator[tuple[Aside, bool]]:
    for paragraph in (element for element in root.iter() if _tag(element) == "p"):
        words = _words(paragraph)
        if words:
            yield Aside((line, line), words, reason), False


def _unshown_in(root: ElementTree.Element) -> Iterator[tuple[Aside, bool]]:
    """Walk one part and yield each stretch of words under a tag that the converter does not look into."""
    number = 0
    waiting: list[tuple[ElementTree.Element, bool]] = [(root, False)]
    while waiting:
        element, has_fallback = waiting.pop()
        tag = _tag(element)
        number += tag == "p"
        if tag in _SHOWN:
            fallback = any(_tag(child) == "Fallback" for child in element)
            waiting += [(child, fallback) for child in reversed(element)]
        # A text run's own words are shown; the choice beside a fallback says the same in a newer way.
        elif (words := _words(element)) and not _is_text(element) and not (has_fallback and tag == "Choice"):
            line = max(1, number)
            reason = _REASONS.get(tag, f"in a part that cannot be read ({tag})")
            yield Aside((line, line), words, reason), tag not in _UNSEEN


def _words(element: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in element.iter() if _is_text(part)).strip()


def _is_text(element: ElementTree.Element) -> bool:
    return element.tag == _MATH_TEXT or _tag(element) in {"t", "delText"}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
