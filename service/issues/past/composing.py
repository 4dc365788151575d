"""A post becomes the parts of a past issue: its text as items, its facts for the masthead. Stores nothing.

It is one piece: its text is one feature (or several, where it is too long for one item), without a title of its own,
for that is the issue's. Where the old site is known, a last line says where the post was first published.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.clock import now
from service.errors import BadInput
from service.issues.editing import LONGEST_LINE
from service.issues.models import Finding, Issue, Item, Manuscript, Newsletter
from service.issues.past.models import ArchivedPost
from service.issues.past.post import storable
from service.issues.past.sealing import render_past_issue
from service.issues.states import IssueState, ItemKind
from service.manuscripts.language import UNDETERMINED
from service.manuscripts.manuscript import Aside
from service.manuscripts.posts import Article, read_article, take_out_merge_words
from service.rendering.words import words_for

_EMPTY: Final = "There is no text in it once what belongs to the other house is taken out."
_SHORTENED: Final = "Its {} was longer than {} characters, and was cut there."
_FIRST: Final = {
    "en": "First published at {}",
    "ru": "Впервые опубликовано: {}",
    "zh": "首发于 {}",
    "fr": "Publié d’abord sur {}",
    "es": "Publicado por primera vez en {}",
    "de": "Zuerst erschienen auf {}",
}


@dataclass(frozen=True)
class PastIssue:
    """A past issue that is not stored yet: without a number. ``warnings`` are what staff should know, as sentences."""

    issue: Issue
    web_html: str
    warnings: tuple[str, ...]


def compose_past_issue(newsletter: Newsletter, post: ArchivedPost, published_at: datetime, site: str) -> PastIssue:
    """Return the past issue that a post makes.

    Raises:
        BadInput: when there is nothing in it to read, or it can't be shown; the sentence says why.
    """
    article = read_article(post.html, post.title, site)
    if not article.parts:
        raise BadInput(_EMPTY)
    warnings = [
        warning.reason if not warning.text else f"{warning.reason} “{warning.text}”" for warning in article.warnings
    ]
    language = newsletter.language if article.language == UNDETERMINED else article.language
    title, preheader = _fit(post.title, "title", warnings), _fit(post.subtitle, "subtitle", warnings)
    issue = Issue(
        newsletter=newsletter,
        number=1,
        volume=published_at.year,
        issued_on=published_at.date(),
        title=title,
        preheader=preheader,
        language=language,
        state=IssueState.PAST,
        imported_from=post.origin,
        items=_make_items(article, post, language),
        manuscripts=[_keep_source(post, article)],
    )
    return PastIssue(issue, render_past_issue(issue), tuple(warnings))


def _make_items(article: Article, post: ArchivedPost, language: str) -> list[Item]:
    byline = [list(post.byline), *([] for _ in article.parts[1:])]
    items = [
        Item(position=place, kind=ItemKind.FEATURE, title="", byline=names, language=language, markdown=part)
        for place, (part, names) in enumerate(zip(article.parts, byline, strict=True), start=1)
    ]
    if post.address:
        spoken = words_for(language).language
        line = _FIRST.get(spoken, _FIRST["en"]).format(f"<{_escaped(post.address)}>")
        items.append(
            Item(position=len(items) + 1, kind=ItemKind.NOTE, title="", byline=[], language=language, markdown=line)
        )
    return items


def _escaped(address: str) -> str:
    """Return an address as CommonMark wants it in angle brackets (6.5): without spaces and without them."""
    return address.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")


def _fit(line: str, what: str, warnings: list[str]) -> str:
    """Return a line of the masthead without words for one reader, cut where it is too long; say so."""
    kept, found = take_out_merge_words(line)
    if found:
        warnings.append(f"A word in its {what} was filled in for each reader; its fallback stays, or nothing.")
    kept = " ".join(kept.split())
    if len(kept) > LONGEST_LINE:
        warnings.append(_SHORTENED.format(what, LONGEST_LINE))
        kept = f"{kept[: LONGEST_LINE - 1].rstrip()}…"
    return kept


def _keep_source(post: ArchivedPost, article: Article) -> Manuscript:
    findings = [_finding(aside, is_warning=True) for aside in article.warnings]
    findings += [_finding(aside, is_warning=False) for aside in article.left_out if aside.text]
    return Manuscript(filename=f"{post.origin}.html"[:200], source=post.html.encode(), findings=findings)


def _finding(aside: Aside, *, is_warning: bool) -> Finding:
    """Return a remark on the post. It is settled as it comes, for nothing in a sealed issue can be put right."""
    text, reason = storable(aside.text[:2000]), aside.reason
    return Finding(is_warning=is_warning, line=aside.lines[0], text=text, reason=reason, settled_at=now())
