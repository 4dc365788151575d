"""An issue's entries as MJML: fills ``templates/email/issue.mjml.jinja`` with parts that are ready to print.

Owns which parts an issue has (contents, briefs, the gift block) and in what order; how they look is the template's and
``design.py``'s. Never compiles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, takewhile
from typing import Final

from markupsafe import Markup, escape

from service.languages.direction import direction_of
from service.rendering import design
from service.rendering.content import IssueContent
from service.rendering.entries import FRAME, Entries, Entry, Gift, Way
from service.rendering.jinja import render_template
from service.rendering.prose_html import HtmlVoice, render_notes_html, render_prose_html
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.words import Words, words_for

_TEXT_WIDTH: Final = design.MAIL_WIDTH - 2 * design.SPACE["6"]
_SHORT: Final = 7  # characters of a suggested amount that fit in a quarter of a phone 360 px wide, such as $25,000
_SHORT_IN_ROW, _LONG_IN_ROW = 4, 2

# Only what a client that drops style sheets must still show; the rest is in the template's style sheet.
_STYLES: Final[Mapping[str, str]] = {
    "a": f'style="color:{design.LIGHT.accent}"',
    "sup": 'style="font-size:70%;line-height:0"',
    "blockquote": f'style="margin:0 0 1em;padding:0 0 0 16px;border-left:2px solid {design.LIGHT.rule}"',
    "pre": 'style="white-space:pre-wrap;font-size:85%"',
    "img": f'width="{_TEXT_WIDTH}" style="display:block;width:100%;height:auto;border:0"',
    "hr": f'style="border:0;border-top:1px solid {design.LIGHT.rule};margin:1.5em 0"',
}


@dataclass(frozen=True)
class Part:
    """One item ready to print: its body and notes as markup, and which way its text runs.

    ``kind`` is the item's, or ``thanks`` for what stands in place of an ask.
    """

    words: Words
    kind: str
    position: int
    title: str
    byline: str
    language: str
    direction: str
    body: Markup
    notes: Markup
    gift: Gift | None
    opens_briefs: bool = False

    @property
    def align(self) -> str:
        """The side on which the lines begin."""
        return "right" if self.direction == "rtl" else "left"

    @property
    def amount_rows(self) -> list[tuple[Way, ...]]:
        """The suggested amounts in rows as even as can be, short enough for a phone."""
        amounts = self.gift.amounts if self.gift else ()
        longest = max((len(way.label) for way in amounts), default=0)
        widest = _SHORT_IN_ROW if longest <= _SHORT else _LONG_IN_ROW
        rows = -(-len(amounts) // widest)
        cuts = [-(-len(amounts) * row // rows) for row in range(rows + 1)] if rows else [0]
        return [amounts[start:end] for start, end in pairwise(cuts)]


def render_mail_page(
    content: IssueContent, entries: Entries, marks: Marks, *, base_url: str, thanks: bool = False
) -> str:
    """Return the MJML document of ``content``. ``base_url`` is linked from the footer; with ``thanks``, each ask that
    may be thanks is."""
    words = words_for(content.language)
    parts = [_print(entry, marks) for entry in entries.items]
    closing = _print_closing(content, entries.closing) if entries.closing else None
    if thanks:
        parts, closing = [_thank(part) for part in parts], _thank(closing) if closing else None
    opening = tuple(takewhile(lambda part: part.kind == "greeting", parts))
    return render_template(
        "issue.mjml.jinja",
        design=design,
        words=words,
        issue=content,
        newsletter=content.newsletter,
        language=content.language,
        direction=direction_of(content.language),
        preheader=content.preheader,
        headline=content.title or content.newsletter.name,
        number=words.format_number(content.volume, content.number),
        date=words.format_date(content.date),
        opening=opening,
        parts=_open_briefs(parts[len(opening) :]),
        contents=[_print_line(entry) for entry in entries.contents],
        closing=closing,
        unsubscribe=marks.write(Slot(SlotKind.UNSUBSCRIBE)),
        view=marks.write(Slot(SlotKind.VIEW)),
        pixel=marks.write(Slot(SlotKind.PIXEL)),
        base_url=base_url,
    )


def _print(entry: Entry, marks: Marks) -> Part:
    words = words_for(entry.item.language)
    voice = HtmlVoice(entry.position, words, _STYLES, entry.href, partial(_name, marks))
    return Part(
        words=words,
        kind=entry.item.kind,
        position=entry.position,
        title=entry.item.title,
        byline=words.format_byline(entry.item.byline),
        language=entry.item.language,
        direction=direction_of(entry.item.language),
        body=Markup(render_prose_html(entry.prose, voice)),  # noqa: S704 - prose_html escapes every text it writes
        notes=Markup(render_notes_html(entry.prose, voice)),  # noqa: S704 - as above
        gift=entry.gift,
    )


def _open_briefs(parts: Sequence[Part]) -> list[Part]:
    """Return ``parts`` with the first brief of each run told that it is."""
    before = ["", *(part.kind for part in parts)]
    return [
        replace(part, opens_briefs=part.kind == "brief" and previous != "brief")
        for part, previous in zip(parts, before, strict=False)
    ]


def _print_closing(content: IssueContent, gift: Gift) -> Part:
    """Return the gift block of an issue whose author wrote none."""
    words = words_for(content.language)
    return Part(
        words=words,
        kind="ask",
        position=FRAME,
        title=words.give_heading,
        byline="",
        language=content.language,
        direction=direction_of(content.language),
        body=Markup(),
        notes=Markup(),
        gift=gift,
    )


def _thank(part: Part) -> Part:
    """Return what those who gave lately read in place of ``part``: an ask whose gifts we know becomes thanks."""
    if part.gift is None or not part.gift.thanks_url:
        return part
    words = part.words
    return replace(part, kind="thanks", title=words.thanks_heading, body=escape(words.thanks), notes=Markup())


def _print_line(entry: Entry) -> dict[str, object]:
    item = entry.item
    return {
        "position": entry.position,
        "title": item.title,
        "byline": words_for(item.language).format_byline(item.byline),
        "language": item.language,
    }


def _name(marks: Marks, fallback: str) -> str:
    return marks.write(Slot(SlotKind.NAME, fallback))
