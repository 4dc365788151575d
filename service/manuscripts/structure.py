"""Passages become a manuscript: masthead, outline, notes, closing, blocks and languages, in that order.

Each step has its own file; this one only carries words from one to the next and keeps the lists in reading order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from service.manuscripts.articles import find_articles
from service.manuscripts.ask import split_closing
from service.manuscripts.blocks import make_blocks
from service.manuscripts.briefs import split_untitled_brief
from service.manuscripts.clean import set_furniture_aside
from service.manuscripts.labels import Label, find_label
from service.manuscripts.language import languages_of
from service.manuscripts.manuscript import NOWHERE, Aside, Item, ItemKind, Manuscript
from service.manuscripts.masthead import split_masthead
from service.manuscripts.notes import read_linked_note, take_notes
from service.manuscripts.outline import Draft, draw_outline
from service.manuscripts.pointing import give_notes_to_drafts, tie_notes
from service.manuscripts.source import Passage, Shape, Source

_NOTE_MARK = re.compile(r"\[\^[^\]\s]+\]")


def build_manuscript(source: Source) -> Manuscript:
    """Return the manuscript that a source holds; every passage of it is in an item or in ``left_out``."""
    linked = [read_linked_note(passage) for passage in source.passages if passage.shape is Shape.NOTE]
    source.passages = [passage for passage in source.passages if passage.shape is not Shape.NOTE]
    passages = set_furniture_aside(source)
    masthead = split_masthead(passages, find_articles(passages), source)
    outline = draw_outline(masthead.rest, find_articles(masthead.rest), headed=source.headed)
    source.asides += outline.asides
    source.doubts += outline.doubts
    drafts = _finish_drafts(outline.drafts, source)
    if linked and not drafts:
        drafts = [Draft(kind=ItemKind.NOTE)]
    if linked:
        _drop_empty_labels(drafts, source)
    source.doubts += give_notes_to_drafts(drafts, linked)
    items = _make_items(drafts, source)
    title = masthead.title
    return Manuscript(
        title.plain if title else "",
        tuple(items),
        _in_order(source.asides),
        _in_order(source.doubts),
        title.lines if title else NOWHERE,
        _title_marks(title, source) if title else "",
    )


def _finish_drafts(drafts: Sequence[Draft], source: Source) -> list[Draft]:
    """Split untitled briefs, take out the notes, and cut the closing off the end."""
    finished: list[Draft] = []
    split = [part for draft in drafts for part in split_untitled_brief(draft)]
    for position, draft in enumerate(split, 1):
        if draft.kind is ItemKind.BRIEF and draft.title is None:
            source.doubts.append(draft.body[0].in_doubt("A brief without a headline."))
        notes = take_notes(draft.body)
        draft.body, draft.notes = notes.body, notes.found
        source.asides += notes.asides
        closing = split_closing(draft, last=position == len(split))
        source.asides += closing.asides
        source.doubts += closing.doubts
        finished += closing.drafts
    return finished


def _drop_empty_labels(drafts: Sequence[Draft], source: Source) -> None:
    """A "Notes" line above the file's own footnotes stands over nothing, because they were taken out of the text."""
    for draft in drafts:
        if draft.body and find_label(draft.body[-1].plain) is Label.NOTES:
            source.asides.append(draft.body.pop().set_aside("section label"))


def _make_items(drafts: Sequence[Draft], source: Source) -> list[Item]:
    texts = ["\n".join([draft.title_words, *(passage.plain for passage in draft.body)]) for draft in drafts]
    items = []
    for draft, language in zip(drafts, languages_of(texts), strict=True):
        body, notes, doubts = tie_notes(draft)
        source.doubts += doubts
        items.append(
            Item(
                draft.kind,
                draft.title_words,
                draft.names,
                language,
                make_blocks(body),
                notes,
                draft.title.lines if draft.title else NOWHERE,
                _title_marks(draft.title, source) if draft.title else "",
                draft.byline_lines,
            )
        )
    return items


def _title_marks(title: Passage, source: Source) -> str:
    """Return the Markdown marks of a title, which is plain words from now on; list anything more, such as a link."""
    for mark in _NOTE_MARK.findall(title.text):
        source.asides.append(Aside(title.lines, mark, "note mark on a headline, which is plain words"))
    lost = Counter("".join((title.raw or title.plain).split())) - Counter(title.plain)
    if any(character.isalnum() for character in lost):
        source.asides.append(Aside(title.lines, title.raw, "the headline as it was typed; a headline is plain words"))
        return ""
    return "".join(lost.elements())


def _in_order(asides: Iterable[Aside]) -> tuple[Aside, ...]:
    return tuple(sorted(asides, key=lambda aside: aside.lines))
