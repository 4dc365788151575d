"""An issue cut into items: where each begins, what it is called, who wrote it, and which passages are its body.

It decides by position, by labels and by rank of headings, and says so when a headline is in doubt.
It never changes words; `structure` turns the drafts into items.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.manuscripts.articles import Article
from service.manuscripts.greeting import is_salutation, welcomes
from service.manuscripts.headlines import is_long, looks_like_headline
from service.manuscripts.labels import Label, find_label
from service.manuscripts.manuscript import Aside, ItemKind, Lines
from service.manuscripts.markup import escape
from service.manuscripts.notes import FoundNote
from service.manuscripts.source import BOLD_LEVEL, Passage, Shape
from service.manuscripts.titles import find_kind

_PLAIN_RANK = 8
"""The rank of a line that only looks like a headline: below every marked heading."""
_LONGEST_BRIEF = 6

_NOTE_LINE = re.compile(r"[\[［【〔(]?\d{1,3}[\]］】〕).]?\s*\S|[¹²³⁰-⁹①-⑳]")


@dataclass(slots=True)
class Draft:
    """An item before its words are made into blocks."""

    kind: ItemKind
    title: Passage | None = None
    title_words: str = ""
    names: tuple[str, ...] = ()
    byline_lines: Lines = (0, 0)
    body: list[Passage] = field(default_factory=list)
    notes: list[FoundNote] = field(default_factory=list)
    doubted: bool = False
    has_notes: bool = False


@dataclass(slots=True)
class Outline:
    """The drafts of an issue in reading order, the labels between them, and the headlines in doubt."""

    drafts: list[Draft] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    doubts: list[Aside] = field(default_factory=list)


def draw_outline(passages: Sequence[Passage], articles: Mapping[int, Article], *, headed: bool) -> Outline:
    """Cut ``passages`` into drafts.

    ``articles`` are the titles with bylines by position; ``headed`` says that the file marks its headings, so that a
    short line is not taken for one.
    """
    return _Cutter(passages, articles, headed=headed).cut()


class _Cutter:
    """Walks the passages once and keeps what the walk needs to know: the open draft and the section it is in."""

    def __init__(self, passages: Sequence[Passage], articles: Mapping[int, Article], *, headed: bool) -> None:
        self.passages = passages
        self.articles = articles
        self.headed = headed
        self.outline = Outline()
        self.draft: Draft | None = None
        self.section: Label | None = None
        self.brief_rank = 0
        self.after_divider = False
        self.article_rank = _article_rank(passages, articles)

    def cut(self) -> Outline:
        index = 0
        while index < len(self.passages):
            index = self.step(index)
        self.doubt_long_briefs()
        return self.outline

    def step(self, index: int) -> int:
        passage = self.passages[index]
        if index in self.articles:
            return self.begin_article(self.articles[index])
        if passage.shape is Shape.DIVIDER:
            self.outline.asides.append(passage.set_aside("divider between parts"))
            self.after_divider = True
            return index + 1
        label = find_label(passage.plain) if passage.shape in {Shape.PARAGRAPH, Shape.HEADING} else None
        rank = 0 if label in {Label.NOTES, Label.INSIDE} else self.rank(index)
        if label in {Label.BRIEFS, Label.FEATURES} and self.opens_section(index, label):
            self.begin_section(passage, label)
        elif rank and self.begins_item(index, rank):
            self.begin_headed(passage, rank)
        else:
            self.add(passage, rank=rank, label=label)
        self.after_divider = False
        return index + 1

    # Beginnings

    def begin_article(self, article: Article) -> int:
        title = self.passages[article.title]
        draft = Draft(ItemKind.FEATURE, title, article.title_words, article.names)
        byline = self.passages[article.byline]
        draft.byline_lines = byline.lines
        if article.label:
            self.outline.asides.append(Aside(byline.lines, article.label, "words of the byline"))
        self.outline.asides += [self.passages[date].set_aside("date of the article") for date in article.dates]
        if not article.certain:
            self.outline.doubts.append(title.in_doubt("The end of this headline was taken for the author's name."))
        if article.deck is not None:
            draft.body.append(replace(self.passages[article.deck], shape=Shape.PARAGRAPH))
        self.open(draft)
        self.section = None
        self.after_divider = False
        return article.end

    def opens_section(self, index: int, label: Label) -> bool:
        """ "Analysis" may also head a part of an article; as a section label it stands right above a title."""
        if label is Label.BRIEFS or self.draft is None or self.passages[index].shape is Shape.HEADING:
            return True
        return index + 1 in self.articles or self.draft.kind is not ItemKind.FEATURE

    def begin_section(self, passage: Passage, label: Label) -> None:
        self.outline.asides.append(passage.set_aside("section label"))
        self.section = label
        self.brief_rank = 0
        self.draft = None

    def begin_headed(self, passage: Passage, rank: int) -> None:
        kind = ItemKind.FEATURE
        if self.section is Label.BRIEFS and (not self.brief_rank or rank >= self.brief_rank):
            kind = ItemKind.BRIEF
            self.brief_rank = self.brief_rank or rank
        elif self.section is Label.BRIEFS:
            self.section = None
        announced = find_kind(passage.plain)
        if is_salutation(passage.plain):
            announced = ItemKind.GREETING
        if announced is ItemKind.GREETING and self.outline.drafts:
            announced = None
        self.open(Draft(announced or kind, passage, passage.plain))

    def open(self, draft: Draft) -> None:
        waiting = self.draft
        if waiting is not None and waiting.title is None and all(part.shape is Shape.IMAGE for part in waiting.body):
            # A picture above the first headline belongs to the item below it.
            draft.body[:0] = waiting.body
            self.outline.drafts.pop()
        self.outline.drafts.append(draft)
        self.draft = draft

    # What a line is

    def rank(self, index: int) -> int:
        """Return how high a heading this passage is: 1 to 6 marked, 7 bold, 8 by its look, 0 none."""
        passage = self.passages[index]
        if 0 < passage.level < BOLD_LEVEL:
            return passage.level
        if not looks_like_headline(passage) or not self.is_followed(index):
            return 0
        if not self.outline.drafts and is_salutation(passage.plain):
            return 0
        if passage.level == BOLD_LEVEL:
            return BOLD_LEVEL
        return 0 if self.headed else _PLAIN_RANK

    def is_followed(self, index: int) -> bool:
        """A headline has something under it: a paragraph, or in a section of briefs a second line and then one."""
        reach = 2 if self.section is Label.BRIEFS else 1
        following = self.passages[index + 1 : index + 1 + reach]
        return any(
            part.shape in {Shape.QUOTE, Shape.LIST, Shape.IMAGE}
            or (part.level == 0 and (is_long(part.plain) or not looks_like_headline(part, before_byline=False)))
            for part in following
            if find_label(part.plain) is None
        )

    def begins_item(self, index: int, rank: int) -> bool:
        passage = self.passages[index]
        if self.draft is None:
            return True
        if self.section is Label.BRIEFS:
            return self.begins_brief(passage, rank)
        if find_kind(passage.plain) in {ItemKind.NOTE, ItemKind.ASK}:
            return True
        if rank < BOLD_LEVEL:
            return self.begins_marked_item(passage, rank)
        return self.begins_unmarked_item(passage)

    def begins_brief(self, passage: Passage, rank: int) -> bool:
        if self.brief_rank and rank > self.brief_rank:
            return False
        if self.draft is not None and not self.draft.body:
            self.outline.doubts.append(passage.in_doubt("Two headlines in a row: is this one a brief of its own?"))
            return False
        return True

    def begins_marked_item(self, passage: Passage, rank: int) -> bool:
        if self.article_rank is None or rank > self.article_rank:
            return False
        if self.articles and self.draft and self.draft.names:
            self.outline.doubts.append(
                passage.in_doubt("A heading as high as the titles but without a byline: is it a piece of its own?")
            )
        return True

    def begins_unmarked_item(self, passage: Passage) -> bool:
        """Decide about a bold or short line: a heading inside the open item, or the title of the next?"""
        draft = self.draft
        if draft is None:
            return True
        if draft.kind is ItemKind.GREETING or (draft.title is None and draft.kind is ItemKind.NOTE):
            if self.articles:
                self.outline.doubts.append(passage.in_doubt("A headline without a byline: is it a piece of its own?"))
            return True
        if self.after_divider or draft.has_notes:
            self.outline.doubts.append(passage.in_doubt("A headline without a byline was taken for a new piece."))
            return True
        if not draft.names and not draft.doubted:
            draft.doubted = True
            self.outline.doubts.append(
                passage.in_doubt("No byline shows where a piece begins: this headline was kept inside the piece above.")
            )
        return False

    # Text

    def add(self, passage: Passage, *, rank: int, label: Label | None) -> None:
        draft = self.draft or self.open_untitled(passage)
        if draft.kind is ItemKind.GREETING and rank == _PLAIN_RANK:
            rank = 0
        if (rank or label is Label.INSIDE) and passage.shape in {Shape.PARAGRAPH, Shape.HEADING} and draft.body:
            passage = _as_heading(passage)
        above = draft.body[-1] if draft.body else passage
        if _NOTE_LINE.match(passage.plain) and find_label(above.plain) is Label.NOTES:
            # After its notes an item is over, so the next headline begins another.
            draft.has_notes = True
        draft.body.append(passage)

    def open_untitled(self, passage: Passage) -> Draft:
        """Open an item that has no headline: the greeting, an opening without one, or a brief without a title."""
        if self.section is Label.BRIEFS:
            draft = Draft(ItemKind.BRIEF)
        elif self.outline.drafts or self.section is Label.FEATURES:
            draft = Draft(ItemKind.NOTE)
            self.outline.doubts.append(passage.in_doubt("Text without a headline between two parts: kept as a note."))
        elif is_salutation(passage.plain) or welcomes(passage.plain):
            draft = Draft(ItemKind.GREETING)
        else:
            draft = Draft(ItemKind.NOTE)
            if passage.shape is not Shape.IMAGE:
                self.outline.doubts.append(
                    passage.in_doubt("An opening without a greeting or headline: kept as a note.")
                )
        self.open(draft)
        return draft

    def doubt_long_briefs(self) -> None:
        for draft in self.outline.drafts:
            if draft.kind is ItemKind.BRIEF and len(draft.body) > _LONGEST_BRIEF and draft.title:
                reason = f"A brief of {len(draft.body)} paragraphs: is it a feature without a byline?"
                self.outline.doubts.append(draft.title.in_doubt(reason))


def _as_heading(passage: Passage) -> Passage:
    if passage.level != BOLD_LEVEL:
        return replace(passage, shape=Shape.HEADING)
    # The heading is bold by itself, so the author's stars around it are now its kind.
    stars = "*" * (passage.raw.count("*") - passage.plain.count("*")) or "_" * passage.raw.count("_")
    return replace(passage, shape=Shape.HEADING, text=escape(passage.plain), marks=passage.marks + stars)


def _article_rank(passages: Sequence[Passage], articles: Mapping[int, Article]) -> int | None:
    """Return the lowest rank that a marked heading may have and still begin an item; None if only bylines do."""
    titled = [passages[index].level for index in articles]
    if titled:
        marked = [level for level in titled if 0 < level < BOLD_LEVEL]
        return max(marked) if marked else None
    levels = [
        passage.level
        for passage in passages
        if 0 < passage.level < BOLD_LEVEL
        and find_label(passage.plain) in {None, Label.COMMENTS}
        and not is_salutation(passage.plain)
    ]
    return min(levels, default=None)
