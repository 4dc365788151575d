"""An issue's items on their way to paper: each text parsed, each link numbered, in reading order.

Owns the numbers of the links and which links are tracked; HTML and text are both made from the same entries, so they
always agree. Never writes either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from service.errors import BadInput
from service.rendering.content import IssueContent, ItemContent
from service.rendering.markdown import Link, Prose, is_address, parse_markdown
from service.rendering.slots import Marks, Slot, SlotKind

FRAME: Final = 0  # the "item" of a link that stands in no item
_WEB_SCHEMES: Final = frozenset({"http", "https"})
CONTENTS_FROM: Final = 3  # parts to choose from
_LISTED: Final = frozenset({"brief", "feature", "note"})


@dataclass(frozen=True)
class LinkContent:
    """One tracked link: its number in the issue (from 1), where it goes, the words it is on, and the position of its
    item (from 1; ``FRAME`` for the parts around the items)."""

    number: int
    url: str
    label: str
    item: int


@dataclass(frozen=True)
class Entry:
    """One item, parsed. ``href`` gives a link's address as a mark, or as it is when clicks on it are not counted;
    ``gift_href`` is the address of the button in an ``ask``, else empty."""

    item: ItemContent
    position: int
    prose: Prose
    href: Callable[[Link], str]
    gift_href: str


@dataclass(frozen=True)
class Entries:
    """An issue's items in order, all its tracked links, and the address of the closing gift button: empty when an
    ``ask`` has the button already or the newsletter takes no gifts."""

    items: tuple[Entry, ...]
    links: tuple[LinkContent, ...]
    gift_href: str

    @property
    def contents(self) -> tuple[Entry, ...]:
        """What the list of contents names, in order; nothing when there are too few parts to choose from."""
        listed = tuple(entry for entry in self.items if is_listed(entry.item))
        return listed if len(listed) >= CONTENTS_FROM else ()


def enter_items(content: IssueContent, marks: Marks, *, gift_label: str) -> Entries:
    """Parse every item of ``content`` and number its links.

    ``gift_label`` is what the gift button says. Raises BadInput that names the item when its text breaks a rule, or the
    newsletter when its gift link is not a web address.
    """
    gift_url = content.newsletter.gift_url
    if gift_url and not is_address(gift_url, _WEB_SCHEMES):
        raise BadInput(f"The newsletter's gift link “{gift_url[:80]}” does not start with https:// or http://.")
    book = _LinkBook(marks)
    entries = []
    for position, item in enumerate(content.items, start=1):
        prose = parse_item(item)
        numbers = {link.index: book.add(link.url, link.label, position) for link in prose.links if link.tracked}
        gift_href = book.add(gift_url, gift_label, position) if gift_url and item.kind == "ask" else ""
        entries.append(Entry(item, position, prose, partial(_address, numbers), gift_href))
    asked = any(entry.gift_href for entry in entries)
    closing = book.add(gift_url, gift_label, FRAME) if gift_url and not asked else ""
    return Entries(tuple(entries), tuple(book.links), closing)


def is_listed(item: ItemContent) -> bool:
    """Return whether a list of contents names ``item``: greetings and asks are met in passing."""
    return item.kind in _LISTED and bool(item.title)


def parse_item(item: ItemContent) -> Prose:
    """Return the parsed text of ``item``. Raises BadInput that names the item and says what is wrong in it."""
    try:
        return parse_markdown(item.markdown)
    except BadInput as error:
        raise BadInput(f"In the {item.kind} “{item.title or 'without a title'}”: {error.message}.") from error


class _LinkBook:
    def __init__(self, marks: Marks) -> None:
        self.links: list[LinkContent] = []
        self._marks = marks

    def add(self, url: str, label: str, item: int) -> str:
        """Enter one more link and return the mark that stands for its address."""
        number = len(self.links) + 1
        self.links.append(LinkContent(number, url, label, item))
        return self._marks.write(Slot(SlotKind.CLICK, str(number)))


def _address(numbers: dict[int, str], link: Link) -> str:
    return numbers.get(link.index, link.url)
