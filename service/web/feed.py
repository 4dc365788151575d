"""The feed: released issues for feed readers, as Atom (RFC 4287). Says where to read, never the whole text."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response

from service.issues.models import Issue, Newsletter
from service.issues.queries import get_newsletter, issue_label, list_public_issues
from service.web.caching import revalidated
from service.web.links import absolute_url
from service.web.transaction import unit_of_work

LONGEST = 30  # issues

blueprint = Blueprint("feed", __name__)


@blueprint.get("/<slug:slug>/feed.xml")
def show_feed(slug: str) -> Response:
    """Answer with the latest released issues, newest first."""
    with unit_of_work() as session:
        newsletter = get_newsletter(session, slug)
        issues = list_public_issues(session, newsletter.id, LONGEST)
        content = _write_feed(newsletter, issues)
    return revalidated(Response(content, content_type="application/atom+xml; charset=utf-8"))


def _write_feed(newsletter: Newsletter, issues: list[Issue]) -> bytes:
    home = absolute_url("home.show_newsletter", slug=newsletter.slug)
    changed_at = max((_released_at(issue) for issue in issues), default=newsletter.created_at)
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": newsletter.language})
    _add(feed, "id", home)
    _add(feed, "title", newsletter.name)
    if newsletter.tagline:
        _add(feed, "subtitle", newsletter.tagline)
    _add(feed, "updated", _moment(changed_at))
    _add(SubElement(feed, "author"), "name", newsletter.publisher)
    SubElement(feed, "link", rel="alternate", type="text/html", href=home)
    SubElement(feed, "link", rel="self", href=absolute_url("feed.show_feed", slug=newsletter.slug))
    for issue in issues:
        _add_entry(feed, newsletter, issue)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode").encode()


def _add_entry(feed: Element, newsletter: Newsletter, issue: Issue) -> None:
    url = absolute_url("archive.show_issue", slug=newsletter.slug, label=issue_label(issue))
    entry = SubElement(feed, "entry", {"xml:lang": issue.language})
    _add(entry, "id", url)
    _add(entry, "title", issue.title or newsletter.name)
    _add(entry, "published", _moment(_released_at(issue)))
    _add(entry, "updated", _moment(_released_at(issue)))
    _add(entry, "summary", issue.preheader)
    SubElement(entry, "link", rel="alternate", type="text/html", href=url)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = "".join(filter(_is_allowed, text))


def _is_allowed(char: str) -> bool:
    """Whether XML 1.0 (§2.2) may hold this character."""
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"


def _released_at(issue: Issue) -> datetime:
    return issue.released_at or datetime.combine(issue.issued_on, datetime.min.time(), UTC)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
