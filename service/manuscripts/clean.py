"""Page furniture set aside: each line with its number and a plain reason. The author's words pass through untouched.

It looks at lines one by one and at the readers' comments that follow a "Comments" line; what `furniture` calls
the wording, this calls out in context. It never deletes: every line is kept or listed.
"""

from collections.abc import Sequence

from service.manuscripts.bylines import parse_byline
from service.manuscripts.furniture import NAVIGATION, PICTURE_CREDIT, find_furniture
from service.manuscripts.headlines import is_long
from service.manuscripts.labels import Label, find_label
from service.manuscripts.source import Hint, Passage, Shape, Source

_HEAD_OF_A_PAGE = 5
"""Title, subtitle, author, date and picture: what stands above an article, and above it a link to its comments."""

READERS_COMMENT = "reader's comment, not the author's text"


def set_furniture_aside(source: Source) -> list[Passage]:
    """Move page furniture from ``source.passages`` to ``source.asides`` and return the passages that stay."""
    kept: list[Passage] = []
    passages = source.passages
    last = max((index for index, passage in enumerate(passages) if _is_of_article(passage)), default=-1)
    long = 0
    for index, passage in enumerate(passages):
        # Readers' comments come after an article, so a "Comments" link above one is not their beginning.
        below_text = long > 1 or len(kept) > _HEAD_OF_A_PAGE
        if index > last and below_text and find_label(passage.plain) is Label.COMMENTS:
            _set_comments_aside(source, passages[index:], kept)
            break
        reason = _reason(passages, index)
        if reason:
            source.asides.append(passage.set_aside(reason))
        else:
            kept.append(passage)
            long += is_long(passage.plain)
    return kept


def _reason(passages: Sequence[Passage], index: int) -> str | None:
    passage = passages[index]
    if passage.hint is Hint.CREDIT:
        return PICTURE_CREDIT
    if passage.shape is Shape.LIST:
        return _list_reason(passage)
    if passage.shape not in {Shape.PARAGRAPH, Shape.HEADING} or passage.hint is Hint.BYLINE:
        return None
    reason = find_furniture(passage.plain)
    if reason == NAVIGATION and _is_title(passages, index):
        return None
    return reason


def _list_reason(passage: Passage) -> str | None:
    """A list is furniture when every line of it is."""
    reasons = [find_furniture(line.strip()) for line in passage.plain.split("\n") if line.strip()]
    return reasons[0] if reasons and all(reasons) else None


def _is_title(passages: Sequence[Passage], index: int) -> bool:
    """ "Home" is navigation, but not when it is a marked heading or a byline follows."""
    following = passages[index + 1].plain if index + 1 < len(passages) else ""
    return 0 < passages[index].level <= 6 or parse_byline(following) is not None


def _is_of_article(passage: Passage) -> bool:
    return parse_byline(passage.plain) is not None or find_label(passage.plain) in {
        Label.BRIEFS,
        Label.FEATURES,
        Label.NOTES,
    }


def _set_comments_aside(source: Source, comments: Sequence[Passage], kept: Sequence[Passage]) -> None:
    source.asides.append(comments[0].set_aside("label of the readers' comments"))
    source.asides += [passage.set_aside(READERS_COMMENT) for passage in comments[1:]]
    if sum(len(passage.plain) for passage in comments) > sum(len(passage.plain) for passage in kept):
        source.doubts.append(
            comments[0].in_doubt(
                "Everything after this line was taken for readers' comments, more than half of the text."
            )
        )
