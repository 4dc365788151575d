"""A web page parsed into a small tree that knows the source line of every word. Owns the limits on markup.

html5lib does the parsing, as browsers do it; nothing here executes, fetches or repairs.
"""

from collections.abc import Callable, Iterator
from io import StringIO
from time import thread_time
from typing import Any

import html5lib
from html5lib.constants import namespaces, tableInsertModeElements
from html5lib.treebuilders.base import TreeBuilder

from service.errors import BadInput

MAX_DEPTH = 200
"""Pages of newsletters nest 20 to 60 deep; readers of the tree recurse, and Python stops at 1,000 calls."""
MAX_NODES = 100_000
"""Tags and stretches of text: a long newsletter has 10,000. Unclosed formatting is copied into every paragraph, so a
small file can make a huge tree."""
MAX_SECONDS = 4.0
"""Of this thread's own computing time: two million bytes of ordinary page take under two."""
_CHUNK = 2_048
"""Characters handed to the parser at a time; the clock is looked at between them."""


class Text:
    """Words between tags. ``line`` is where they begin."""

    __slots__ = ("data", "line", "parent")

    def __init__(self, data: str, line: int) -> None:
        self.data = data
        self.line = line
        self.parent: Element | None = None


class Comment(Text):
    """What the page's author hid from readers in ``<!-- -->``."""

    __slots__ = ()


class Element:
    """A tag and what is in it. The odd names of its methods are the interface that html5lib builds trees through."""

    __slots__ = ("attributes", "children", "line", "name", "nameTuple", "namespace", "parent")

    def __init__(self, name: str, namespace: str | None = None) -> None:
        self.name = name
        self.namespace = namespace
        self.nameTuple = (namespace or namespaces["html"], name)
        self.attributes: dict[str, str] = {}
        self.children: list[Element | Text] = []
        self.parent: Element | None = None
        self.line = 0

    def appendChild(self, node: "Element | Text") -> None:  # noqa: N802 - html5lib's interface
        """Put a node at the end."""
        node.parent = self
        self.children.append(node)

    def insertBefore(self, node: "Element | Text", reference: "Element | Text") -> None:  # noqa: N802 - the same
        """Put a node before another."""
        node.parent = self
        self.children.insert(self.children.index(reference), node)

    def removeChild(self, node: "Element | Text") -> None:  # noqa: N802 - the same
        """Take a node out."""
        node.parent = None
        self.children.remove(node)

    def reparentChildren(self, parent: "Element") -> None:  # noqa: N802 - the same
        """Move all nodes under another parent."""
        for child in self.children:
            parent.appendChild(child)
        self.children = []

    def cloneNode(self) -> "Element":  # noqa: N802 - the same
        """Return a copy without what is in it."""
        clone = Element(self.name, self.namespace)
        clone.attributes = dict(self.attributes)
        clone.line = self.line
        return clone

    def hasContent(self) -> bool:  # noqa: N802 - the same
        """Return whether anything is in it."""
        return bool(self.children)

    def get(self, attribute: str) -> str:
        """Return an attribute's value, "" without one."""
        return self.attributes.get(attribute) or ""

    def walk(self) -> "Iterator[Element | Text]":
        """Yield everything inside, in reading order. The tree may be changed below the node just yielded."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Element):
                waiting += reversed(node.children)

    def elements(self) -> "Iterator[Element]":
        """Yield the elements inside, in reading order."""
        return (node for node in self.walk() if isinstance(node, Element))

    def words(self) -> str:
        """Return all text inside as it stands in the source; comments are not text."""
        return "".join(node.data for node in self.walk() if isinstance(node, Text) and not isinstance(node, Comment))


class _Builder(TreeBuilder):  # type: ignore[misc] # html5lib has no types
    """html5lib's tree construction with source lines and with limits."""

    documentClass = staticmethod(lambda: Element("#document"))  # noqa: N815 - html5lib's interface
    elementClass = Element  # noqa: N815 - the same
    fragmentClass = staticmethod(lambda: Element("#fragment"))  # noqa: N815 - the same

    def __init__(self, namespaceHTMLElements: bool) -> None:  # noqa: N803 - html5lib's interface
        self.line_now: Callable[[], int] = lambda: 1
        self.count = 0
        super().__init__(namespaceHTMLElements)

    def commentClass(self, data: str) -> Comment:  # noqa: N802 - html5lib's interface
        return Comment(data, max(1, self.line_now() - data.count("\n")))

    def doctypeClass(self, *_: str) -> Text:  # noqa: N802 - html5lib's interface
        return Comment("", self.line_now())

    def createElement(self, token: dict[str, Any]) -> Element:  # noqa: N802 - html5lib's interface
        element: Element = super().createElement(token)
        return self._admit(element)

    def insertElementNormal(self, token: dict[str, Any]) -> Element:  # noqa: N802 - html5lib's interface
        element: Element = super().insertElementNormal(token)
        return self._admit(element)

    def insertText(self, data: str, parent: Element | None = None) -> None:  # noqa: N802 - html5lib's interface
        self._count_node()
        words = Text(data, max(1, self.line_now() - data.count("\n")))
        before = None
        if self.insertFromTable and self.openElements[-1].name in tableInsertModeElements:
            parent, before = self.getTableMisnestedNodePosition()
        parent = parent or self.openElements[-1]
        if before is None:
            parent.appendChild(words)
        else:
            parent.insertBefore(words, before)

    def _admit(self, element: Element) -> Element:
        element.line = self.line_now()
        self._count_node()
        if len(self.openElements) > MAX_DEPTH:
            raise BadInput(f"The page nests more than {MAX_DEPTH} tags at line {element.line}: send the text itself.")
        return element

    def _count_node(self) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            raise BadInput(f"The page has more than {MAX_NODES:,} tags and pieces of text: send the text itself.")


class _Clocked(StringIO):
    """The page as a stream that stops when reading it takes too long, whatever trick in the markup is the cause."""

    def __init__(self, text: str, clock: Callable[[], float]) -> None:
        super().__init__(text, newline=None)
        self._clock = clock
        self._limit = clock() + MAX_SECONDS

    def read(self, size: int | None = -1) -> str:
        if self._clock() > self._limit:
            raise BadInput(
                f"The page's markup takes more than {MAX_SECONDS:.0f} seconds to read: send the text itself."
            )
        return super().read(min(size, _CHUNK) if size and size > 0 else size)


def parse_page(text: str, clock: Callable[[], float] = thread_time) -> Element:
    """Return the tree of a page.

    ``clock`` counts the seconds that reading takes. Raises BadInput when tags nest deeper than `MAX_DEPTH`, are more
    than `MAX_NODES`, or take longer than `MAX_SECONDS`.
    """
    parser = html5lib.HTMLParser(tree=_Builder, namespaceHTMLElements=False)
    parser.tree.line_now = lambda: parser.tokenizer.stream.position()[0]
    document: Element = parser.parse(_Clocked(text, clock))
    return document
