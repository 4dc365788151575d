"""An issue's items as HTML for the public archive: semantic sections to stand inside a site's own page.

Owns the markup of items and of the list of contents, with direct links and no styles; the page around them, its ``h1``
and its style sheet are the web's. Classes: ``item``, ``item-<kind>``, ``byline``, ``notes``, ``contents``, ``gift``.
"""

from collections.abc import Iterable
from html import escape
from itertools import takewhile

from service.languages.direction import direction_of
from service.rendering.content import GiftOffer, IssueContent, ItemContent, clean_item, clean_line
from service.rendering.entries import CONTENTS_FROM, is_listed, parse_item
from service.rendering.markdown import Prose
from service.rendering.prose_html import HtmlVoice, escape_attribute, render_notes_html, render_prose_html
from service.rendering.words import Words, words_for


def render_item_html(item: ItemContent, position: int, *, tax_line: str = "") -> str:
    """Return one item as a ``section`` headed by an ``h2``, its notes after it with links both ways.

    ``position`` (from 1, its place in the issue) makes the ids ``item-3``, ``n-3-1`` and ``r-3-1``. A merge field shows
    its fallback. An ask ends with what it offers, and then ``tax_line``. The result is safe to print unescaped. Raises
    BadInput, naming the item, when its text breaks a rule.
    """
    item = clean_item(item)
    words = words_for(item.language)
    prose = parse_item(item)
    voice = HtmlVoice(position, words, {}, lambda link: link.url, lambda fallback: fallback)
    place = f"item-{position}"
    named = f' aria-labelledby="{place}-title"' if item.title else ""
    language = f'lang="{escape_attribute(item.language)}" dir="{direction_of(item.language)}"'
    head = _head(item, place, words)
    body = render_prose_html(prose, voice)
    notes = _notes(prose, voice, item.title)
    gift = _gift(item.offer, words, tax_line) if item.offer and item.kind == "ask" else ""
    return f'<section class="item item-{item.kind}" id="{place}" {language}{named}>{head}{body}{notes}{gift}</section>'


def render_issue_page(content: IssueContent) -> str:
    """Return a whole issue for the archive: leading greetings, the list of contents when there is one, then the rest.

    It ends with a gift block where gifts are taken here and no item asks for one. Raises BadInput as
    ``render_item_html`` does. The masthead, the title and the language around it are the page's.
    """
    tax_line = clean_line(content.newsletter.tax_line)
    items = [
        render_item_html(item, position, tax_line=tax_line) for position, item in enumerate(content.items, start=1)
    ]
    opening = sum(1 for _ in takewhile(lambda item: item.kind == "greeting", content.items))
    contents = render_contents_html(content.items, content.language)
    closing = "" if any(item.kind == "ask" for item in content.items) else _closing(content, tax_line)
    return "\n".join(filter(None, [*items[:opening], contents, *items[opening:], closing]))


def render_contents_html(items: Iterable[ItemContent], language: str) -> str:
    """Return the issue's list of contents as a ``nav`` with an ``h2``; empty when there are too few parts for one."""
    listed = [(place, clean_item(item)) for place, item in enumerate(items, start=1) if is_listed(item)]
    if len(listed) < CONTENTS_FROM:
        return ""
    lines = "".join(_line(item, place) for place, item in listed)
    heading = escape(words_for(language).contents)
    return f'<nav class="contents" aria-labelledby="contents"><h2 id="contents">{heading}</h2><ol>{lines}</ol></nav>'


def _closing(content: IssueContent, tax_line: str) -> str:
    if content.offer is None:
        return ""
    words = words_for(content.language)
    return (
        f'<section class="item item-ask" id="give" lang="{words.language}" aria-labelledby="give-title">'
        f'<header><h2 id="give-title">{escape(words.give_heading)}</h2></header>'
        f"{_gift(content.offer, words, tax_line)}</section>"
    )


def _gift(offer: GiftOffer, words: Words, tax_line: str) -> str:
    amounts = "".join(
        f'<li><a class="button" href="{escape_attribute(amount.url)}" '
        f'aria-label="{escape_attribute(words.give_amount.format(amount.label))}">{escape(amount.label)}</a></li>'
        for amount in offer.amounts
    )
    others = "".join(
        f'<li><a href="{escape_attribute(url)}">{escape(label)}</a></li>'
        for label, url in (
            (words.give_other if amounts else words.give, offer.other_url),
            (words.give_monthly, offer.monthly_url),
        )
    )
    listed = f'<ul class="gift__amounts">{amounts}</ul>' if amounts else ""
    note = f'<p class="gift__note">{escape(tax_line)}</p>' if tax_line else ""
    return f'<div class="gift">{listed}<ul class="gift__others">{others}</ul>{note}</div>'


def _head(item: ItemContent, place: str, words: Words) -> str:
    title = f'<h2 id="{place}-title">{escape(item.title)}</h2>' if item.title else ""
    byline = f'<p class="byline">{escape(words.format_byline(item.byline))}</p>' if item.byline else ""
    return f"<header>{title}{byline}</header>" if title or byline else ""


def _notes(prose: Prose, voice: HtmlVoice, title: str) -> str:
    notes = render_notes_html(prose, voice)
    if not notes:
        return ""
    label = escape_attribute(f"{voice.words.notes}: {title}" if title else voice.words.notes)
    return (
        f'<section class="notes" role="doc-endnotes" aria-label="{label}"><h3>{voice.words.notes}</h3>{notes}</section>'
    )


def _line(item: ItemContent, place: int) -> str:
    language = f'lang="{escape_attribute(item.language)}" dir="{direction_of(item.language)}"'
    byline = words_for(item.language).format_byline(item.byline)
    shown = f' <span class="byline">{escape(byline)}</span>' if byline else ""
    return f'<li {language}><a href="#item-{place}">{escape(item.title)}</a>{shown}</li>'
