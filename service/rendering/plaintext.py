"""An issue's entries as plain text: everything the HTML says, with every address, at 72 columns.

Owns the text part's frame (masthead, contents, gift block, footer); an item's own body is ``prose_text.py``'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.rendering.content import IssueContent
from service.rendering.entries import Entries, Entry, Gift
from service.rendering.prose_text import TextVoice, render_link, render_notes_text, render_prose_text
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.words import Words, words_for
from service.rendering.wrap import WIDTH, display_width, wrap

_RULE = "-" * WIDTH


def render_issue_text(
    content: IssueContent, entries: Entries, marks: Marks, *, base_url: str, thanks: bool = False
) -> str:
    """Return the text part of ``content``: lines ended by ``\\n``, marks where each reader's values go.

    Its links are the same marks as the HTML's and at least as many. ``base_url`` is named in the footer; with
    ``thanks``, each ask that may be thanks is.
    """
    page = _TextPage(content, marks, words_for(content.language), thanks)
    blocks = [page.masthead(), page.contents(entries.contents)]
    blocks.extend(page.item(entry) for entry in entries.items)
    if entries.closing:
        blocks.append(page.closing(entries.closing))
    blocks.append(page.footer(base_url))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


@dataclass(frozen=True)
class _TextPage:
    content: IssueContent
    marks: Marks
    words: Words
    thanks: bool

    def masthead(self) -> list[str]:
        newsletter = self.content.newsletter
        number = self.words.format_number(self.content.volume, self.content.number)
        lines = wrap(newsletter.name.upper())
        if newsletter.tagline:
            lines.extend(wrap(newsletter.tagline))
        lines.extend(wrap(f"{number} · {self.words.format_date(self.content.date)}"))
        return [*lines, _RULE, *(["", *wrap(self.content.title)] if self.content.title else [])]

    def contents(self, listed: Sequence[Entry]) -> list[str]:
        lines = [self.words.contents, ""] if listed else []
        for place, entry in enumerate(listed, start=1):
            byline = words_for(entry.item.language).format_byline(entry.item.byline)
            number = f"{place}. ".rjust(4)
            lines.extend(wrap(" – ".join(filter(None, (entry.item.title, byline))), first=number, rest="    "))
        return lines

    def item(self, entry: Entry) -> list[str]:
        words = words_for(entry.item.language)
        if entry.gift and self._is_thanked(entry.gift):
            return self._thank(entry.gift, words)
        voice = TextVoice(words, entry.href, self._name, self._measure)
        blocks = [
            _underlined(entry.item.title, "=") if entry.item.title else [],
            wrap(byline) if (byline := words.format_byline(entry.item.byline)) else [],
            render_prose_text(entry.prose, voice),
            [words.notes, "", *render_notes_text(entry.prose, voice)] if entry.prose.notes else [],
            self._ways(entry.gift) if entry.gift else [],
        ]
        return _spaced(blocks) if entry.item.kind == "greeting" else ["", *_spaced(blocks)]

    def closing(self, gift: Gift) -> list[str]:
        if self._is_thanked(gift):
            return self._thank(gift, self.words)
        return ["", *_underlined(self.words.give_heading, "="), "", *self._ways(gift)]

    def footer(self, base_url: str) -> list[str]:
        newsletter, words = self.content.newsletter, self.words
        links = [
            (words.unsubscribe, self.marks.write(Slot(SlotKind.UNSUBSCRIBE))),
            (words.view, self.marks.write(Slot(SlotKind.VIEW))),
            (words.earlier, base_url),
        ]
        if newsletter.address:
            links.append((words.write, newsletter.address))
        lines = ["", _RULE, *wrap(words.reason.format(newsletter.name)), ""]
        for label, address in links:
            lines.extend(render_link(label, address, "", self._measure))
        return [*lines, "", *wrap(newsletter.publisher), *wrap(newsletter.postal_address)]

    def _is_thanked(self, gift: Gift) -> bool:
        return self.thanks and bool(gift.thanks_url)

    def _thank(self, gift: Gift, words: Words) -> list[str]:
        link = render_link(words.thanks_link, gift.thanks_url, "", self._measure)
        return ["", *_spaced([_underlined(words.thanks_heading, "="), wrap(words.thanks), link])]

    def _ways(self, gift: Gift) -> list[str]:
        tax_line = self.content.newsletter.tax_line
        links = [line for way in (*gift.amounts, *gift.others) for line in render_link(way.name, way.href, "")]
        return _spaced([links, wrap(tax_line) if tax_line else []])

    def _name(self, fallback: str) -> str:
        return self.marks.write(Slot(SlotKind.NAME, fallback))

    def _measure(self, text: str) -> int:
        return display_width(self.marks.shown(text))


def _underlined(title: str, stroke: str) -> list[str]:
    lines = wrap(title)
    return [*lines, stroke * max(map(display_width, lines))]


def _spaced(blocks: Iterable[list[str]]) -> list[str]:
    """Return ``blocks`` as lines with one empty line between two blocks."""
    lines: list[str] = []
    for block in filter(None, blocks):
        lines.extend(["", *block] if lines else block)
    return lines
