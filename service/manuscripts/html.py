"""A web page, or a copied piece of one, becomes passages: headings, paragraphs, quotes, lists, pictures and notes.

The page's own markup says what each stretch is; which of them belong to the issue is not decided here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.manuscripts.html_inline import Inline, is_unsafe, read_inline
from service.manuscripts.html_notes import link_notes
from service.manuscripts.html_page import take_out_page_parts
from service.manuscripts.html_tree import Element, Text, parse_page
from service.manuscripts.manuscript import Aside, Lines
from service.manuscripts.source import BOLD_LEVEL, Hint, Passage, Shape, Source

_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html li main menu ol p pre section summary table tbody td tfoot
    th thead tr ul #document #fragment""".split()  # noqa: SIM905 - words read better in a row
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BYLINE_WORDS = frozenset({"byline", "author", "authors", "contributor", "contributors"})
_CREDIT_WORDS = frozenset({"credit", "credits", "photo-credit", "image-credit"})
_CAPTION_WORDS = frozenset({"caption", "wp-caption-text", "image-caption"})
_TITLE_WORDS = frozenset({"word-title"})


def read_html(text: str, source: Source) -> Source:
    """Add the passages of a page to ``source`` and return it; what is no text of the author's is set aside there.

    Raises BadInput when the page's markup is beyond the limits of `html_tree`.
    """
    document = parse_page(text)
    take_out_page_parts(document, source)
    _add_passages(document, source)
    source.headed = any(0 < passage.level < BOLD_LEVEL for passage in source.passages)
    return source


def read_html_piece(text: str, first_line: int, source: Source) -> list[Passage]:
    """Return the passages of a piece of HTML that stands in another text from ``first_line`` on."""
    inner = Source()
    read_html(text, inner)
    shift = first_line - 1
    source.asides += [_shift_aside(aside, shift) for aside in inner.asides]
    source.doubts += [_shift_aside(aside, shift) for aside in inner.doubts]
    return [replace(passage, lines=_shift(passage.lines, shift)) for passage in inner.passages]


def read_tree(document: Element, source: Source) -> Source:
    """Add the passages of a page that is already a tree, such as a converted Word document, to ``source``."""
    _add_passages(document, source)
    source.headed = any(0 < passage.level < BOLD_LEVEL for passage in source.passages)
    return source


def _shift(lines: Lines, shift: int) -> Lines:
    return (lines[0] + shift, lines[1] + shift)


def _shift_aside(aside: Aside, shift: int) -> Aside:
    return replace(aside, lines=_shift(aside.lines, shift))


def _add_passages(document: Element, source: Source) -> None:
    notes = link_notes(document)
    _doubt_links(document, source)
    source.passages += _passages(document)
    for label, note in notes.items():
        parts = list(_passages(note))
        text = "\n\n".join(part.text for part in parts)
        plain = "\n".join(part.plain for part in parts)
        lines = (
            min((part.lines[0] for part in parts), default=note.line),
            max((p.lines[1] for p in parts), default=note.line),
        )
        source.passages.append(Passage(lines, text, plain, Shape.NOTE, label=label, marks=note.get("said")))


def _doubt_links(document: Element, source: Source) -> None:
    for link in document.elements():
        if link.name == "a" and is_unsafe(link.get("href")):
            lines = (link.line, link.line)
            source.asides.append(Aside(lines, link.get("href"), "address of a program, not of a page"))
            source.doubts.append(
                Aside(lines, link.words().strip()[:200], "This link ran a program; the link was dropped.")
            )


def _passages(element: Element) -> Iterator[Passage]:
    """Yield the passages of a container: its paragraphs in order, whatever the nesting."""
    nodes: list[Element | Text] = []
    for child in element.children:
        if isinstance(child, Text) or not _is_block(child):
            nodes.append(child)
            continue
        yield from _paragraphs(nodes, element)
        nodes = []
        yield from _block(child)
    yield from _paragraphs(nodes, element)


def _is_block(element: Element) -> bool:
    return element.name in _BLOCKS or any(inner.name in _BLOCKS for inner in element.elements())


def _block(element: Element) -> Iterator[Passage]:
    match element.name:
        case "blockquote":
            yield from _quote(element)
        case "ul" | "ol" | "menu":
            yield from _list(element)
        case "table" if _is_data(element):
            yield from _rows(element)
        case "hr":
            yield Passage((element.line, element.line), "", "", Shape.DIVIDER)
        case _:
            yield from _passages(element)


def _paragraphs(nodes: Sequence[Element | Text], holder: Element) -> Iterator[Passage]:
    """Two line breaks in a row end a paragraph, as in pages written before there were others."""
    part: list[Element | Text] = []
    breaks = 0
    for node in nodes:
        if isinstance(node, Element) and node.name == "br":
            breaks += 1
        elif not (isinstance(node, Text) and not node.data.strip()):
            breaks = 0
        if breaks == 2:
            yield from _paragraph(part, holder)
            part = []
        else:
            part.append(node)
    yield from _paragraph(part, holder)


def _paragraph(nodes: Sequence[Element | Text], holder: Element) -> Iterator[Passage]:
    inline = read_inline(nodes)
    if not inline.text.strip():
        return
    passage = Passage(_lines(nodes, holder), inline.text, inline.plain, hint=_hint(holder), marks=_typed_markers(nodes))
    level = _level(holder)
    if not inline.plain.strip():
        yield replace(passage, shape=Shape.IMAGE)
    elif level:
        yield _heading(passage, inline, level)
    else:
        yield replace(passage, level=BOLD_LEVEL if inline.bold and len(inline.plain) <= 160 else 0)


def _heading(passage: Passage, inline: Inline, level: int) -> Passage:
    words = " ".join(inline.plain.split())
    text = inline.text.replace("\\\n", " ")
    return replace(passage, text=text, plain=words, shape=Shape.HEADING, level=level)


def _level(element: Element) -> int:
    holder: Element | None = element
    while holder is not None:
        if holder.name in _HEADINGS:
            return _HEADINGS[holder.name]
        holder = holder.parent
    return 0


def _lines(nodes: Sequence[Element | Text], holder: Element) -> Lines:
    texts = [part for node in nodes for part in ([node] if isinstance(node, Text) else node.walk())]
    spoken = [part for part in texts if isinstance(part, Text) and part.data.strip()]
    if not spoken:
        line = next((node.line for node in nodes if isinstance(node, Element)), holder.line)
        return (line, line)
    first = spoken[0].line + _count_breaks(spoken[0].data[: -len(spoken[0].data.lstrip())])
    return (first, max(part.line + _count_breaks(part.data.rstrip()) for part in spoken))


def _count_breaks(data: str) -> int:
    return data.count("\n")


def _typed_markers(nodes: Sequence[Element | Text]) -> str:
    """Return how note markers were typed, for the account: the text holds their new form."""
    elements = [node for node in nodes if isinstance(node, Element)]
    inner = [element for node in elements for element in (node, *node.elements())]
    return "".join("".join(e.get("typed").split()) for e in inner if e.name == "note-marker")


def _hint(element: Element) -> Hint:
    """Return what class names or tags around a paragraph say about it."""
    holder: Element | None = element
    while holder is not None and holder.name not in {"body", "article", "main"}:
        names = set(f"{holder.get('class')} {holder.get('id')} {holder.get('rel')}".lower().split())
        words = names | set(re.findall(r"[a-z]+", " ".join(names)))
        if words & _TITLE_WORDS:
            return Hint.TITLE
        if words & _CREDIT_WORDS:
            return Hint.CREDIT
        if holder.name == "figcaption" or words & _CAPTION_WORDS:
            return Hint.CAPTION
        if words & _BYLINE_WORDS:
            return Hint.BYLINE
        holder = holder.parent
    return Hint.NONE


def _quote(element: Element) -> Iterator[Passage]:
    parts = list(_passages(element))
    if parts:
        text = "\n\n".join(("> " + p.text.replace("\n", "\n> ")) if p.shape is Shape.QUOTE else p.text for p in parts)
        yield _merged(parts, Shape.QUOTE, text)


def _list(element: Element) -> Iterator[Passage]:
    parts: list[Passage] = []
    lines: list[str] = []
    number = int(element.get("start")) if element.get("start").isdecimal() else 1
    for child in element.children:
        inner = list(_passages(child)) if isinstance(child, Element) else []
        if isinstance(child, Text) and child.data.strip():
            inner = list(_paragraph([child], element))
        if not inner:
            continue
        mark = f"{number}. " if element.name == "ol" else "- "
        number += 1
        body = "\n".join(part.text for part in inner) if len(inner) == 1 else _list_body(inner)
        lines.append(mark + body.replace("\n", "\n" + " " * len(mark)))
        parts += inner
    if parts:
        yield _merged(parts, Shape.LIST, "\n".join(lines))


def _list_body(parts: Sequence[Passage]) -> str:
    """Nested lists follow their line directly; a second paragraph needs an empty line before it."""
    body = parts[0].text
    for part in parts[1:]:
        body += ("\n" if part.shape is Shape.LIST else "\n\n") + part.text
    return body


def _merged(parts: Sequence[Passage], shape: Shape, text: str) -> Passage:
    lines = (min(part.lines[0] for part in parts), max(part.lines[1] for part in parts))
    return Passage(
        lines, text, "\n".join(part.plain for part in parts), shape, marks="".join(part.marks for part in parts)
    )


def _is_data(table: Element) -> bool:
    """A table of short cells in rows and columns holds data; any other table only lays out a page or a mail."""
    rows = [element for element in table.elements() if element.name == "tr"]
    cells = [element for element in table.elements() if element.name in {"td", "th"}]
    if len(rows) < 2 or len(cells) < 2 * len(rows):
        return False
    return all(len(cell.words()) < 80 and not any(_is_block(inner) for inner in _inner(cell)) for cell in cells)


def _inner(cell: Element) -> list[Element]:
    return [element for element in cell.elements() if element.name not in {"p", "div"}]


def _rows(table: Element) -> Iterator[Passage]:
    for row in table.elements():
        if row.name == "tr":
            parts = [part for child in row.children if isinstance(child, Element) for part in _passages(child)]
            if parts:
                merged = _merged(parts, Shape.PARAGRAPH, " | ".join(part.text for part in parts))
                yield replace(merged, plain=" | ".join(part.plain for part in parts), hint=Hint.CAPTION)
