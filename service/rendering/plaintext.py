"""An issue's entries as plain text: everything the HTML says, with every address, at 72 columns.

Owns the text part's frame (masthead, contents, gift block, footer); an item's own body is ``prose_text.py``'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.rendering.content import IssueContent
from service.rendering.entries import Entries, Entry
from service.rendering.prose_text import TextVoice, render_link, render_notes_text, render_prose_text
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.words import Words, words_for
from service.rendering.wrap import WIDTH, display_width, wrap

_RULE = "-" * WIDTH


def render_issue_text(content: IssueContent, entries: Entries, marks: Marks, *, base_url: str) -> str:
    """Return the text part of ``content``: lines ended by ``\\n``, marks where each reader's values go.

    Its links are the same marks as the HTML's and at least as many. ``base_url`` is named in the footer.
    """
    page = _TextPage(content, marks, words_for(content.language))
    blocks = [page.masthead(), page.contents(entries.contents)]
    blocks.extend(page.item(entry) for entry in entries.items)
    if entries.gift_href:
        blocks.append(page.gift(entries.gift_href))
    blocks.append(page.footer(base_url))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


@dataclass(frozen=True)
class _TextPage:
    content: IssueContent
    marks: Marks
    words: Words

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
        voice = TextVoice(words, entry.href, self._name, self._measure)
        blocks = [
            _underlined(entry.item.title, "=") if entry.item.title else [],
            wrap(byline) if (byline := words_for(entry.item.language).format_byline(entry.item.byline)) else [],
            render_prose_text(entry.prose, voice),
            [words.notes, "", *render_notes_text(entry.prose, voice)] if entry.prose.notes else [],
            self._gift_link(entry.gift_href) if entry.gift_href else [],
        ]
        return _spaced(blocks) if entry.item.kind == "greeting" else ["", *_spaced(blocks)]

    def gift(self, href: str) -> list[str]:
        return ["", *_underlined(self.words.give_heading, "="), "", *self._gift_link(href)]

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

    def _gift_link(self, href: str) -> list[str]:
        tax_line = self.content.newsletter.tax_line
        return [*render_link(self.words.give, href, ""), *(["", *wrap(tax_line)] if tax_line else [])]

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
