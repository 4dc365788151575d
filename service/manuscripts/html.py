"""A web page, or a copied piece of one, becomes passages: headings, paragraphs, quotes, lists, pictures and notes.

The page's own markup says what each stretch is; which of them belong to the issue is not decided here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import indent

from service.manuscripts.html_inline import is_unsafe, read_inline
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
_HINTS = (
    (Hint.TITLE, frozenset({"word-title"})),
    (Hint.CREDIT, frozenset({"credit", "credits"})),
    (Hint.CAPTION, frozenset({"caption", "wp-caption-text"})),
    (Hint.BYLINE, frozenset({"byline", "author", "authors", "contributor", "contributors"})),
)
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """What the elements around a paragraph say about it."""

    holder: Element
    level: int = 0
    hint: Hint = Hint.NONE

    def enter(self, element: Element) -> "_Place":
        if element.name in {"body", "article", "main"}:
            return _Place(element)
        level = _HEADINGS.get(element.name, self.level)
        return _Place(element, level, _find_hint(element) or self.hint)


def read_html(text: str, source: Source) -> Source:
    """Add the passages of a page to ``source`` and return it; what is no text of the author's is set aside there.

    Raises BadInput when the page's markup is beyond the limits of `html_tree`.
    """
    document = parse_page(text)
    take_out_page_parts(document, source)
    return read_tree(document, source)


def read_html_piece(text: str, first_line: int, source: Source) -> list[Passage]:
    """Return the passages of a piece of HTML that stands in another text from ``first_line`` on."""
    inner = read_html(text, Source())
    shift = first_line - 1
    source.asides += [replace(aside, lines=_shift(aside.lines, shift)) for aside in inner.asides]
    source.doubts += [replace(doubt, lines=_shift(doubt.lines, shift)) for doubt in inner.doubts]
    return [replace(passage, lines=_shift(passage.lines, shift)) for passage in inner.passages]


def read_tree(document: Element, source: Source) -> Source:
    """Add the passages of a page that is already a tree, such as a converted Word document, to ``source``."""
    notes = link_notes(document)
    _drop_unsafe_links(document, source)
    reader = _Reader(document)
    source.passages += reader.read(_Place(document))
    for label, note in notes.items():
        parts = list(_Reader(note).read(_Place(note)))
        if parts:
            joined = _merge(parts, Shape.NOTE, "\n\n".join(part.text for part in parts))
            source.passages.append(replace(joined, label=label, marks=joined.marks + note.get("said")))
    source.headed = any(0 < passage.level < BOLD_LEVEL for passage in source.passages)
    return source


def _shift(lines: Lines, shift: int) -> Lines:
    return (lines[0] + shift, lines[1] + shift)


def _drop_unsafe_links(document: Element, source: Source) -> None:
    for link in document.elements():
        if link.name == "a" and is_unsafe(link.get("href")):
            lines = (link.line, link.line)
            source.asides.append(Aside(lines, link.get("href"), "address of a program, not of a page"))
            source.doubts.append(
                Aside(lines, link.words().strip()[:200], "This link ran a program; the link was dropped.")
            )


def _find_hint(element: Element) -> Hint:
    if element.name == "figcaption":
        return Hint.CAPTION
    marks = f"{element.get('class')} {element.get('id')} {element.get('rel')}".lower()
    words = {*marks.split(), *_WORD.findall(marks)}
    return next((hint for hint, names in _HINTS if words & names), Hint.NONE)


class _Reader:
    """Walks a part of the tree and yields its passages in order, whatever the nesting."""

    def __init__(self, root: Element) -> None:
        self._with_blocks: set[int] = set()
        for element in root.elements():
            holder: Element | None = element if element.name in _BLOCKS else None
            while holder is not None and id(holder) not in self._with_blocks:
                self._with_blocks.add(id(holder))
                holder = holder.parent

    def read(self, place: _Place) -> Iterator[Passage]:
        nodes: list[Element | Text] = []
        for child in place.holder.children:
            if isinstance(child, Text) or id(child) not in self._with_blocks:
                nodes.append(child)
                continue
            yield from _paragraphs(nodes, place)
            nodes = []
            yield from self._block(child, place.enter(child))
        yield from _paragraphs(nodes, place)

    def _block(self, element: Element, place: _Place) -> Iterator[Passage]:
        match element.name:
            case "blockquote":
                yield from self._quote(place)
            case "ul" | "ol" | "menu":
                yield from self._list(place)
            case "table" if self._is_data(element):
                yield from self._rows(element, place)
            case "hr":
                yield Passage((element.line, element.line), "", "", Shape.DIVIDER)
            case _:
                yield from self.read(place)

    def _quote(self, place: _Place) -> Iterator[Passage]:
        parts = list(self.read(place))
        if parts:
            texts = ["> " + p.text.replace("\n", "\n> ") if p.shape is Shape.QUOTE else p.text for p in parts]
            yield _merge(parts, Shape.QUOTE, "\n\n".join(texts))

    def _list(self, place: _Place) -> Iterator[Passage]:
        parts: list[Passage] = []
        lines: list[str] = []
        first = place.holder.get("start")
        number = int(first) if first.isdecimal() and len(first) < 6 else 1
        for child in place.holder.children:
            if isinstance(child, Text):
                inner = list(_paragraphs([child], place))
            else:
                inner = list(self.read(place.enter(child)))
            if inner:
                mark = f"{number}. " if place.holder.name == "ol" else "- "
                lines.append(mark + indent(_item_body(inner), " " * len(mark)).lstrip())
                number += 1
                parts += inner
        if parts:
            yield _merge(parts, Shape.LIST, "\n".join(lines))

    def _is_data(self, table: Element) -> bool:
        """A table of short cells in rows and columns holds data; any other table only lays out a page or a mail."""
        rows = [element for element in table.elements() if element.name == "tr"]
        cells = [element for element in table.elements() if element.name in {"td", "th"}]
        if len(rows) < 2 or len(cells) < 2 * len(rows):
            return False
        return all(len(cell.words()) < 80 and not _has_large_blocks(cell) for cell in cells)

    def _rows(self, table: Element, place: _Place) -> Iterator[Passage]:
        """A table becomes a line for each row; as a caption, so that no line of it is taken for a headline."""
        for row in table.elements():
            if row.name == "tr":
                parts = list(self.read(place.enter(row)))
                if parts:
                    merged = _merge(parts, Shape.PARAGRAPH, " | ".join(part.text for part in parts))
                    yield replace(merged, plain=" | ".join(part.plain for part in parts), hint=Hint.CAPTION)


def _has_large_blocks(cell: Element) -> bool:
    return any(inner.name in _BLOCKS and inner.name not in {"p", "div"} for inner in cell.elements())


def _item_body(parts: Sequence[Passage]) -> str:
    """Nested lists follow their line directly; a second paragraph needs an empty line before it."""
    body = parts[0].text
    for part in parts[1:]:
        body += ("\n" if part.shape is Shape.LIST else "\n\n") + part.text
    return body


def _merge(parts: Sequence[Passage], shape: Shape, text: str) -> Passage:
    lines = (min(part.lines[0] for part in parts), max(part.lines[1] for part in parts))
    plain = "\n".join(part.plain for part in parts)
    return Passage(lines, text, plain, shape, marks="".join(part.marks for part in parts))


def _paragraphs(nodes: Sequence[Element | Text], place: _Place) -> Iterator[Passage]:
    """Two line breaks in a row end a paragraph, as in pages written before there were others."""
    part: list[Element | Text] = []
    breaks = 0
    for node in nodes:
        if isinstance(node, Element) and node.name == "br":
            breaks += 1
        elif isinstance(node, Element) or node.data.strip():
            breaks = 0
        if breaks == 2:
            yield from _paragraph(part, place)
            part = []
        else:
            part.append(node)
    yield from _paragraph(part, place)


def _paragraph(nodes: Sequence[Element | Text], place: _Place) -> Iterator[Passage]:
    inline = read_inline(nodes)
    if not inline.text.strip():
        return
    passage = Passage(
        _lines(nodes, place.holder), inline.text, inline.plain, hint=place.hint, marks=_typed_markers(nodes)
    )
    if not inline.plain.strip():
        yield replace(passage, shape=Shape.IMAGE)
    elif place.level:
        words = " ".join(inline.plain.split())
        text = inline.text.replace("\\\n", " ")
        yield replace(passage, text=text, plain=words, shape=Shape.HEADING, level=place.level)
    else:
        yield replace(passage, level=BOLD_LEVEL if inline.bold and len(inline.plain) <= 160 else 0)


def _lines(nodes: Sequence[Element | Text], holder: Element) -> Lines:
    texts = [part for node in nodes for part in ([node] if isinstance(node, Text) else node.walk())]
    spoken = [part for part in texts if isinstance(part, Text) and part.data.strip()]
    if not spoken:
        line = next((node.line for node in nodes if isinstance(node, Element)), holder.line)
        return (line, line)
    before = spoken[0].data[: -len(spoken[0].data.lstrip())]
    return (spoken[0].line + before.count("\n"), max(part.line + part.data.rstrip().count("\n") for part in spoken))


def _typed_markers(nodes: Sequence[Element | Text]) -> str:
    """Return how note markers were typed, for the account: the text holds their new form."""
    elements = [node for node in nodes if isinstance(node, Element)]
    inner = [element for node in elements for element in (node, *node.elements())]
    return "".join("".join(element.get("typed").split()) for element in inner if element.name == "note-marker")
