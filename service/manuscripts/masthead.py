"""The top of an issue: which line is its title, and which lines are the publication's name, number and date.

It looks only at the short lines before the first greeting, section or article, and never at what comes after them
except to see what it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from service.manuscripts.furniture import COPYRIGHT, ISSUE_NUMBER, SIGN_UP, is_date_line
from service.manuscripts.greeting import is_letter_title, is_salutation
from service.manuscripts.headlines import looks_like_headline
from service.manuscripts.labels import is_label
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Hint, Passage, Shape, Source

_SENTENCE_ENDS = (".", ",", ";", ":", "…", "。", "，", "：")
_NAME = "name of the publication (masthead)"
_DATE = "date of the issue (masthead)"


@dataclass(slots=True)
class Masthead:
    """The issue's title, if it has one, and the passages that remain to be read."""

    title: Passage | None
    rest: list[Passage] = field(default_factory=list)


def split_masthead(passages: Sequence[Passage], articles: Collection[int], source: Source) -> Masthead:
    """Take the masthead off the top of an issue.

    ``articles`` are the positions of titles with a byline. The lines that are not the title go to ``source.asides``,
    a line that could be either gets a warning in ``source.doubts``.
    """
    start = _find_start(passages, articles)
    front = passages[:start]
    dates = [passage for passage in front if is_date_line(passage.plain)]
    dated = set(dates)
    candidates = [passage for passage in front if passage not in dated and _could_be_title(passage)]
    if not candidates or not _is_front_of_issue(passages, start, articles, candidates[0]):
        return Masthead(None, list(passages))
    numbered = [aside.lines[0] for aside in source.asides if aside.reason == ISSUE_NUMBER]
    marked = [line for line in numbered + [date.line for date in dates] if line < _line_at(passages, start)]
    title, names = _choose_title(candidates, marked, numbered, source)
    source.asides += [passage.set_aside(_DATE) for passage in dates]
    source.asides += [passage.set_aside(_NAME) for passage in names]
    taken = {*dates, *names, title}
    return Masthead(title, [passage for passage in passages if passage not in taken])


def _find_start(passages: Sequence[Passage], articles: Collection[int]) -> int:
    """Return the position of the first passage that belongs to an item."""
    for index, passage in enumerate(passages):
        plain = passage.plain
        if index in articles or is_salutation(plain) or is_label(plain) or is_letter_title(plain):
            return index
        headline = _could_be_title(passage)
        if passage.shape not in {Shape.IMAGE, Shape.DIVIDER} and not headline and not is_date_line(plain):
            return index
        if index and passage.level > 1 and passage.level > passages[index - 1].level > 0:
            return index
    return len(passages)


def _could_be_title(passage: Passage) -> bool:
    """An issue's title may ask or exclaim, but it is no sentence."""
    return looks_like_headline(passage, before_byline=True) and not passage.plain.endswith(_SENTENCE_ENDS)


def _line_at(passages: Sequence[Passage], index: int) -> int:
    return passages[index].line if index < len(passages) else passages[-1].line + 1


def _is_front_of_issue(passages: Sequence[Passage], start: int, articles: Collection[int], first: Passage) -> bool:
    """A line above a plain paragraph is an article's title, unless other articles or sections follow."""
    if start == len(passages):
        return False
    here = passages[start]
    if start in articles or is_salutation(here.plain) or is_label(here.plain) or is_letter_title(here.plain):
        return True
    if first.hint is Hint.TITLE or here.level:
        return True
    if any(passage.level == 1 for passage in passages[start:]):
        return False
    return bool(articles) or any(is_label(passage.plain) for passage in passages[start:])


def _choose_title(
    candidates: list[Passage], marked: list[int], numbered: list[int], source: Source
) -> tuple[Passage | None, list[Passage]]:
    named = [passage for passage in candidates if _is_named_elsewhere(passage.plain, source.asides)]
    others = [passage for passage in candidates if passage not in set(named)]
    explicit = [passage for passage in others if passage.hint is Hint.TITLE] or [p for p in others if p.level == 1]
    if explicit:
        above = [passage for passage in others if passage.line < explicit[0].line]
        return explicit[0], named + above
    if not others or not marked:
        return (others[0] if others else None), named
    below = [passage for passage in others if passage.line > min(marked)]
    if below:
        return below[0], named + [passage for passage in others if passage.line < below[0].line]
    return _choose_above_the_number(others, named, numbered, source)


def _choose_above_the_number(
    others: list[Passage], named: list[Passage], numbered: list[int], source: Source
) -> tuple[Passage | None, list[Passage]]:
    """All short lines stand above the number or date: the first is the name, if there is reason to think so."""
    if named or (len(others) == 1 and not numbered):
        return others[0], named
    if len(others) == 1:
        source.doubts.append(others[0].in_doubt("Taken for the publication's name; or is it the title of this issue?"))
        return None, others
    source.doubts.append(others[1].in_doubt("Taken for the title of this issue; or is it the publication's motto?"))
    return others[1], [others[0]]


def _is_named_elsewhere(plain: str, asides: Sequence[Aside]) -> bool:
    """The publication's name stands in its copyright line and in "Thanks for reading …"."""
    name = plain.casefold()
    return len(name) >= 4 and any(
        name in aside.text.casefold() for aside in asides if aside.reason in {COPYRIGHT, SIGN_UP, ISSUE_NUMBER}
    )
