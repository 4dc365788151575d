"""The plain data that rendering is given: a newsletter, an issue and its items. Owns shapes only.

No field is HTML. ``markdown`` is CommonMark with footnotes and the merge field ``{{name|fallback}}``; every other
string is one line of plain text, except ``postal_address``, which keeps its lines.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

ItemKind = Literal["greeting", "brief", "feature", "note", "ask"]

# C0 but tab and newline, C1, surrogates and non-characters: invisible, refused by XML, and one C1 character makes Gmail
# show a mail as clipped whatever its size (hteumeuleu/email-bugs#41).
_NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNPRINTABLE = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
_LINE_SPACE = re.compile(r"[ \t\n\u2028\u2029]+")


@dataclass(frozen=True)
class GiftAmount:
    """One suggested amount, as it is written (``$25``), and where it leads."""

    label: str
    url: str


@dataclass(frozen=True)
class GiftOffer:
    """The ways to give that one ask offers, all absolute addresses.

    ``giving_url`` is a giver's own pages, to which those are led who are thanked instead of asked.
    """

    amounts: tuple[GiftAmount, ...]
    other_url: str
    monthly_url: str
    giving_url: str


@dataclass(frozen=True)
class ItemContent:
    """One part of an issue. ``byline`` names its authors; ``language`` is a BCP 47 tag; only an ask has an offer."""

    kind: ItemKind
    title: str
    byline: tuple[str, ...]
    language: str
    markdown: str
    offer: GiftOffer | None = None


@dataclass(frozen=True)
class NewsletterContent:
    """The publication as its readers see it.

    ``address`` is where a reader may write. ``gift_url`` is where gifts are taken elsewhere; it may be empty, and where
    it is not, it comes before every offer of our own.
    """

    name: str
    tagline: str
    publisher: str
    postal_address: str
    tax_line: str
    gift_url: str
    language: str
    address: str


@dataclass(frozen=True)
class IssueContent:
    """One numbered, dated issue. ``title`` is its subject and headline; ``preheader`` is the inbox's second line.

    ``offer`` is for the block that closes an issue in which no item asks.
    """

    newsletter: NewsletterContent
    volume: int | None
    number: int
    date: date
    title: str
    preheader: str
    language: str
    items: tuple[ItemContent, ...]
    offer: GiftOffer | None = None

    @property
    def has_thanks(self) -> bool:
        """Whether those who gave lately read another form of this issue: only givers whom we know can be thanked."""
        offers = (self.offer, *(item.offer for item in self.items if item.kind == "ask"))
        return not self.newsletter.gift_url and any(offers)


def clean_text(text: str) -> str:
    """Return ``text`` without control characters and with ``\\n`` line ends. Nothing that can be seen is removed."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_line(text: str) -> str:
    """Return ``text`` as one clean line: runs of spaces and line ends become one space; a no-break space stays."""
    return _LINE_SPACE.sub(" ", clean_text(text)).strip(" ")


def clean_item(item: ItemContent) -> ItemContent:
    """Return ``item`` with every string clean."""
    return replace(
        item,
        title=clean_line(item.title),
        byline=tuple(clean_line(name) for name in item.byline),
        language=clean_line(item.language),
        markdown=clean_text(item.markdown),
    )


def clean_newsletter(newsletter: NewsletterContent) -> NewsletterContent:
    """Return ``newsletter`` with every string clean; the postal address keeps its lines."""
    return NewsletterContent(
        name=clean_line(newsletter.name),
        tagline=clean_line(newsletter.tagline),
        publisher=clean_line(newsletter.publisher),
        postal_address=clean_text(newsletter.postal_address).strip(),
        tax_line=clean_line(newsletter.tax_line),
        gift_url=clean_line(newsletter.gift_url),
        language=clean_line(newsletter.language),
        address=clean_line(newsletter.address),
    )


def clean_issue(content: IssueContent) -> IssueContent:
    """Return ``content`` with every string of it, its newsletter and its items clean."""
    return replace(
        content,
        newsletter=clean_newsletter(content.newsletter),
        title=clean_line(content.title),
        preheader=clean_line(content.preheader),
        language=clean_line(content.language),
        items=tuple(clean_item(item) for item in content.items),
    )
