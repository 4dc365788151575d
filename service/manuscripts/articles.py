"""Where a title with a byline stands: over the byline, over a deck and the byline, or on the same line.

It finds the pairs; what lies between them is `outline`'s business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.manuscripts.bylines import Byline, TitleWithByline, parse_byline, parse_names, split_title
from service.manuscripts.furniture import is_date_line
from service.manuscripts.greeting import is_salutation
from service.manuscripts.headlines import is_long, looks_like_headline
from service.manuscripts.labels import is_label
from service.manuscripts.source import BOLD_LEVEL, Hint, Passage, Shape

_LONGEST_DECK = 300


@dataclass(frozen=True, slots=True)
class Article:
    """The head of an article: positions of its title, byline and of the lines between or after that belong to it."""

    title: int
    title_words: str
    byline: int
    names: tuple[str, ...]
    label: str
    deck: int | None = None
    dates: tuple[int, ...] = ()
    certain: bool = True

    @property
    def end(self) -> int:
        """The position of the first passage after the head."""
        return max(self.title, self.byline, *self.dates) + 1


def find_articles(passages: Sequence[Passage]) -> dict[int, Article]:
    """Return the heads of articles by the position of their titles."""
    articles: dict[int, Article] = {}
    taken: set[int] = set()
    for index, passage in enumerate(passages):
        byline = parse_names(passage.plain) if passage.hint is Hint.BYLINE else parse_byline(passage.plain)
        article = _article_above(passages, index, byline) if byline and passage.shape is Shape.PARAGRAPH else None
        if article and article.title not in taken:
            articles[article.title] = article
            taken.update(range(article.title, article.end))
    return articles | _find_one_line_articles(passages, articles, taken)


def _article_above(passages: Sequence[Passage], index: int, byline: Byline) -> Article | None:
    dates: list[int] = []
    above = index - 1
    while above >= 0 and is_date_line(passages[above].plain):
        dates.append(above)
        above -= 1
    if index + 1 < len(passages) and is_date_line(passages[index + 1].plain):
        dates.append(index + 1)
    if above < 0:
        return None
    title, deck = above, None
    if not _can_be_title(passages[title]):
        title, deck = above - 1, above
        if title < 0 or not _can_stand_over_deck(passages, title):
            return None
    elif _is_subtitle(passages, above):
        title, deck = above - 1, above
    names, label = byline.names, _label(passages[index], byline)
    return Article(title, passages[title].plain, index, names, label, deck, tuple(sorted(dates)))


def _can_be_title(passage: Passage) -> bool:
    return looks_like_headline(passage, before_byline=True) and not is_label(passage.plain)


def _can_stand_over_deck(passages: Sequence[Passage], title: int) -> bool:
    """A marked heading may have a deck; an unmarked line only if nothing but an item's end stands above it."""
    passage, deck = passages[title], passages[title + 1]
    if deck.shape is not Shape.PARAGRAPH or len(deck.plain) > _LONGEST_DECK or not _can_be_title(passage):
        return False
    if 0 < passage.level < BOLD_LEVEL:
        return True
    return looks_like_headline(passage) and (title == 0 or passages[title - 1].shape is Shape.DIVIDER)


def _is_subtitle(passages: Sequence[Passage], index: int) -> bool:
    """A heading right under a heading of higher rank is its subtitle, not a title of its own."""
    if index == 0 or not 0 < passages[index - 1].level < BOLD_LEVEL or not _can_be_title(passages[index - 1]):
        return False
    below = passages[index].level
    return not is_salutation(passages[index - 1].plain) and (below == 0 or below > passages[index - 1].level + 1)


def _label(passage: Passage, byline: Byline) -> str:
    """What the byline line says beside the names, in the source's own characters."""
    label = passage.raw or passage.plain
    for name in byline.names:
        label = label.replace(name, "…", 1)
    return label.strip(" …\t")


def _find_one_line_articles(
    passages: Sequence[Passage], articles: Mapping[int, Article], taken: set[int]
) -> dict[int, Article]:
    found = {
        index: split
        for index, passage in enumerate(passages[:-1])
        if index not in taken
        and is_long(passages[index + 1].plain)
        and passage.shape in {Shape.PARAGRAPH, Shape.HEADING}
        and (split := split_title(passage.plain)) is not None
        and _splits_well(passage, split)
    }
    doubtful = [index for index, split in found.items() if not split.certain]
    if articles:
        # This issue puts bylines on lines of their own, so "Hit by Storm Emma" is a headline.
        found = {index: split for index, split in found.items() if split.certain}
    return {
        index: Article(
            index,
            split.title,
            index,
            split.byline.names,
            split.byline.label,
            certain=split.certain or len(doubtful) > 1 or _are_named_elsewhere(passages, index, split.byline.names),
        )
        for index, split in found.items()
    }


def _splits_well(passage: Passage, split: TitleWithByline) -> bool:
    alone = Passage(passage.lines, split.title, split.title)
    return looks_like_headline(alone, before_byline=True) and not is_label(split.title) and "\n" not in split.title


def _are_named_elsewhere(passages: Sequence[Passage], index: int, names: tuple[str, ...]) -> bool:
    return all(any(name in other.plain for i, other in enumerate(passages) if i != index) for name in names)
