"""Word documents written by the tests themselves, so that no binary file stands in the repository."""

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

STYLES = {
    "Title": "Title",
    "Heading1": "heading 1",
    "Heading2": "heading 2",
    "Heading3": "heading 3",
    "Quote": "Quote",
    "FootnoteText": "footnote text",
}


def run(words: str, *, bold: bool = False, italic: bool = False) -> str:
    """Return a run of words in one style."""
    properties = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def footnote_reference(number: int) -> str:
    """Return the mark that points to a footnote."""
    return f'<w:r><w:footnoteReference w:id="{number}"/></w:r>'


def link(words: str, address_id: str) -> str:
    """Return words that lead to the address with this id; see `word_file`."""
    return f'<w:hyperlink r:id="{address_id}">{run(words)}</w:hyperlink>'


def paragraph(*parts: str, style: str = "") -> str:
    """Return a paragraph; a part that is not XML yet is a run of plain words."""
    properties = f"<w:pPr><w:pStyle w:val={quoteattr(style)}/></w:pPr>" if style else ""
    inner = "".join(part if part.startswith("<w:") else run(part) for part in parts)
    return f"<w:p>{properties}{inner}</w:p>"


def word_file(
    body: str,
    *,
    footnotes: Sequence[str] = (),
    links: dict[str, str] | None = None,
    extra: dict[str, str | bytes] | None = None,
) -> bytes:
    """Return the bytes of a .docx file.

    ``body`` is made of `paragraph`; ``footnotes`` are paragraphs numbered from 1; ``links`` are addresses by id;
    ``extra`` are further parts by their name in the package.
    """
    notes = "".join(f'<w:footnote w:id="{n}">{note}</w:footnote>' for n, note in enumerate(footnotes, 1))
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in STYLES.items()
    )
    targets = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONSHIPS}/hyperlink" Target={quoteattr(to)} TargetMode="External"/>'
        for key, to in (links or {}).items()
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}</Relationships>',
        "word/styles.xml": f"<w:styles {_W}>{styles}</w:styles>",
        "word/footnotes.xml": f"<w:footnotes {_W}>{notes}</w:footnotes>",
        "word/document.xml": f"<w:document {_W} {_R}><w:body>{body}</w:body></w:document>",
        **(extra or {}),
    }
    return zip_file(parts)


def zip_file(parts: dict[str, str | bytes]) -> bytes:
    """Return a zip archive of these parts."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()
