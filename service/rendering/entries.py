"""An issue's items on their way to paper: each text parsed, each link numbered, in reading order.

Owns the numbers of the links and which links are tracked; HTML and text are both made from the same entries, so they
always agree. Never writes either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from service.errors import BadInput
from service.rendering.content import GiftOffer, IssueContent, ItemContent
from service.rendering.markdown import Link, Prose, is_address, parse_markdown
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.words import Words, words_for

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
class Way:
    """One way to give: what stands on it, what it is called where it stands alone, and its address as a mark."""

    label: str
    name: str
    href: str


@dataclass(frozen=True)
class Gift:
    """The ways to give below one ask: suggested ``amounts``, if any, and ``others``.

    ``thanks_url`` is where readers go who are thanked instead; empty when everybody is asked.
    """

    amounts: tuple[Way, ...]
    others: tuple[Way, ...]
    thanks_url: str = ""


@dataclass(frozen=True)
class Entry:
    """One item, parsed. ``href`` gives a link's address as a mark, or as it is when clicks on it are not counted;
    only an ``ask`` has a ``gift``, and only where gifts are taken."""

    item: ItemContent
    position: int
    prose: Prose
    href: Callable[[Link], str]
    gift: Gift | None


@dataclass(frozen=True)
class Entries:
    """An issue's items in order, all its tracked links, and the gift block that closes it: None when an ``ask`` has
    one already or no gifts are taken."""

    items: tuple[Entry, ...]
    links: tuple[LinkContent, ...]
    closing: Gift | None

    @property
    def contents(self) -> tuple[Entry, ...]:
        """What the list of contents names, in order; nothing when there are too few parts to choose from."""
        listed = tuple(entry for entry in self.items if is_listed(entry.item))
        return listed if len(listed) >= CONTENTS_FROM else ()


def enter_items(content: IssueContent, marks: Marks) -> Entries:
    """Parse every item of ``content`` and number its links.

    Raises BadInput that names the item when its text breaks a rule, or the newsletter when its gift link is not a web
    address.
    """
    gift_url = content.newsletter.gift_url
    if gift_url and not is_address(gift_url, _WEB_SCHEMES):
        raise BadInput(f"The newsletter's gift link “{gift_url[:80]}” does not start with https:// or http://.")
    book = _LinkBook(marks)
    entries = []
    for position, item in enumerate(content.items, start=1):
        prose = parse_item(item)
        numbers = {link.index: book.add(link.url, link.label, position) for link in prose.links if link.tracked}
        gift = None
        if item.kind == "ask":
            gift = _enter_gift(book, gift_url, item.offer, words_for(item.language), position)
        entries.append(Entry(item, position, prose, partial(_address, numbers), gift))
    closing = None
    if not any(entry.gift for entry in entries):
        closing = _enter_gift(book, gift_url, content.offer, words_for(content.language), FRAME)
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


def _enter_gift(book: _LinkBook, gift_url: str, offer: GiftOffer | None, words: Words, position: int) -> Gift | None:
    """Enter the ways to give of one ask: the newsletter's own link, else what is offered here, else none."""

    def way(url: str, label: str, name: str = "") -> Way:
        return Way(label, name or label, book.add(url, name or label, position))

    if gift_url:
        return Gift((), (way(gift_url, words.give),))
    if offer is None:
        return None
    amounts = tuple(way(amount.url, amount.label, words.give_amount.format(amount.label)) for amount in offer.amounts)
    other = way(offer.other_url, words.give_other if amounts else words.give)
    return Gift(amounts, (other, way(offer.monthly_url, words.give_monthly)), offer.giving_url)


def _address(numbers: dict[int, str], link: Link) -> str:
    return numbers.get(link.index, link.url)
