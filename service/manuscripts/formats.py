"""What kind of file this is, by what is in it first and by its name second. Refuses what is no manuscript.

Every refusal is one sentence that says what was found and what to send instead. It never reads the words.
"""

import re
from enum import StrEnum
from pathlib import PurePath

from service.errors import BadInput

MAX_TEXT_BYTES = 2_000_000
"""About 300,000 English words: twenty times the longest issue we know of, and seconds of work to read."""
MAX_FILE_BYTES = 25_000_000
"""A Word file may carry pictures; 25 MB is also what most mailboxes let an author send."""


class Format(StrEnum):
    """The kinds of file that an author can send."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    DOCX = "docx"


_ZIP = b"PK\x03\x04"
_REFUSED = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old Word document (.doc) or one with a password"),
    (re.compile(rb"\{\\rtf"), "a rich text document (.rtf)"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "a picture (PNG)"),
    (re.compile(rb"\xff\xd8\xff"), "a picture (JPEG)"),
    (re.compile(rb"GIF8[79]a"), "a picture (GIF)"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "a picture (WebP)"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "a picture (TIFF)"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a picture or film"),
    (re.compile(rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07"), "a compressed archive"),
    (re.compile(rb"PK\x05\x06"), "an empty zip archive"),
)
_SVG = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!doctype svg[^>]*>\s*)?<svg\b", re.IGNORECASE | re.DOTALL
)

# A page or a copied piece of one starts with markup; prose that only mentions a tag does not.
_START = r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,5000}?-->\s*)?"
_PAGE_START = re.compile(_START + r"<(?:!doctype\s+html|(?:html|head|body)[\s>])", re.IGNORECASE | re.DOTALL)
_PIECE_START = re.compile(
    _START + r"<(?:meta|title|div|p|article|main|section|header|table|h[1-6]|[uo]l|blockquote|figure|span|font|a)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?[a-z][a-z0-9]*[\s>]", re.IGNORECASE)

_MARKDOWN_SIGNS = (
    (2, re.compile(r"^#{1,6} +\S", re.MULTILINE)),
    (2, re.compile(r"\[[^\]\n]{1,200}\]\((?:https?:|mailto:|/)[^)\s]{1,500}\)")),
    (2, re.compile(r"^\[\^[^\]\s]{1,40}\]:", re.MULTILINE)),
    (1, re.compile(r"(?<![*\w])\*\*[^\s*][^*\n]{0,200}\*\*(?!\*)")),
    (1, re.compile(r"^(?:```|~~~)", re.MULTILINE)),
    (1, re.compile(r"^[^\n]{2,80}\n(?:={3,}|-{3,})$", re.MULTILINE)),
)


def check_bytes(data: bytes) -> None:
    """Refuse, with a BadInput sentence, what cannot be a manuscript whatever its name: empty, too large, no text."""
    if not data.strip(b"\x00\t\n\v\f\r "):
        raise BadInput("The file is empty: there is nothing to read.")
    for beginning, kind in _REFUSED:
        if beginning.match(data):
            raise BadInput(f"This is {kind}, not a manuscript: send text, Markdown, HTML or a Word document (.docx).")
    limit = MAX_FILE_BYTES if is_zip(data) else MAX_TEXT_BYTES
    if len(data) > limit:
        raise BadInput(f"The file is {len(data):,} bytes; the most that we read is {limit:,}. Send it in parts.")


def is_zip(data: bytes) -> bool:
    """Return whether the file is a zip archive, as every Word document is."""
    return data.startswith(_ZIP)


def detect_text_format(text: str, filename: str) -> Format:
    """Return the format of a file that is text: by its content first, by the name's ending second.

    Raises BadInput for a drawing (SVG), which is text too.
    """
    if _SVG.match(text[:10_000]):
        raise BadInput("This is a picture (SVG), not a manuscript: send text, Markdown, HTML or a Word document.")
    ending = PurePath(filename).suffix.lower()
    score = sum(weight * min(2, len(sign.findall(text))) for weight, sign in _MARKDOWN_SIGNS)
    if _is_html(text, ending, score):
        return Format.HTML
    if score >= (1 if ending in {".md", ".markdown"} else 3):
        return Format.MARKDOWN
    return Format.TEXT


def _is_html(text: str, ending: str, markdown_score: int) -> bool:
    beginning = text[:10_000]
    if _PAGE_START.match(beginning):
        return True
    if ending in {".html", ".htm", ".xhtml"}:
        return _TAG.search(text) is not None
    return markdown_score < 4 and _PIECE_START.match(beginning) is not None and len(_TAG.findall(beginning)) > 1
