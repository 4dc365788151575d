"""A Word document becomes passages: mammoth turns it into clean HTML, with its styles, lists, links and footnotes.

A line of a Word document is a paragraph, counted from 1. Words that mammoth does not show are set aside, never lost.
"""

from io import BytesIO

import mammoth

from service.errors import BadInput
from service.manuscripts.docx_package import find_unshown, open_package
from service.manuscripts.formats import MAX_TEXT_BYTES
from service.manuscripts.html import read_tree
from service.manuscripts.html_tree import Element, Text, parse_page
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

# Word's own English style names, which the file holds whatever the language of the program.
_STYLES = """
p[style-name='Title'] => p.word-title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='caption'] => p.caption:fresh
p[style-name='Author'] => p.byline:fresh
p[style-name='Byline'] => p.byline:fresh
"""
_PARAGRAPHS = frozenset({"p", "li", "h1", "h2", "h3", "h4", "h5", "h6"})


def read_docx(data: bytes) -> Source:
    """Return the passages of a Word document.

    Raises BadInput when the file is no Word document, is damaged, or unpacks to more than the limits.
    """
    source = Source()
    for aside, is_loss in find_unshown(open_package(data)):
        source.asides.append(aside)
        if is_loss:
            source.doubts.append(
                Aside(
                    aside.lines,
                    aside.text[:200],
                    f"Readers of the document see this, but it was left out: {aside.reason}.",
                )
            )
    document = parse_page(_convert(data))
    if len(document.words().encode()) > MAX_TEXT_BYTES:
        raise BadInput(f"The document holds more than {MAX_TEXT_BYTES:,} bytes of text. Send it in parts.")
    _number_paragraphs(document)
    for picture in document.elements():
        if picture.name == "img":
            reason = "A picture inside the Word document: add it to the item by hand."
            source.doubts.append(Aside((picture.line, picture.line), picture.get("alt"), reason))
    return read_tree(document, source)


def _convert(data: bytes) -> str:
    try:
        result = mammoth.convert_to_html(
            BytesIO(data),
            style_map=_STYLES,
            include_embedded_style_map=False,
            ignore_empty_paragraphs=False,
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        )
    except Exception as error:
        raise BadInput("This Word document is damaged: its parts do not fit together. Save it again.") from error
    html: str = result.value
    return html


def _number_paragraphs(document: Element) -> None:
    """Give every word the number of its paragraph in place of its line in the converted page.

    Each Word paragraph became one p, h1 to h6 or li, empty ones too, because `ignore_empty_paragraphs` is off.
    """
    number = 0
    for node in document.walk():
        if isinstance(node, Element) and node.name in _PARAGRAPHS:
            number += 1
        node.line = max(1, number)
        if isinstance(node, Text):
            # A line end inside a paragraph is white space, not another paragraph.
            node.data = node.data.replace("\n", " ")
