"""A mail that was passed on: what can be done by its links, and by every page that they lead to, harms nobody."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from tests.web.publication import ACTIVE, READER_NAME, Publication

# Each can be taken back by the owner of the mailbox, or does nothing to them.
MILD = {
    "unsubscribe.leave",
    "preferences.rest",
    "preferences.slow_down",
    "preferences.choose_language",
    "self_service.post_link",
    "signup.subscribe",
    "give.open_gift",
}
NOT_IN_PRODUCTION = "inbox."  # the mail catcher of a development machine shows every mail


@dataclass
class Links(HTMLParser):
    """The links and forms of one page."""

    hrefs: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an ``a`` leads and a ``form`` posts to."""
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.hrefs.append(str(given["href"]))
        if tag == "form" and str(given.get("method", "get")).lower() == "post":
            self.actions.append(str(given.get("action") or ""))


def endpoint_of(app: Flask, path: str, method: str) -> str | None:
    """Return the view that answers ``path``; None where there is none."""
    try:
        return str(app.url_map.bind("").match(path, method=method)[0])
    except HTTPException:
        return None


def crawl(app: Flask, client: FlaskClient, host: str, start: list[str]) -> tuple[set[str], set[str], list[str]]:
    """Return the views seen from ``start`` by following links, those that their forms post to, and the pages."""
    waiting, seen, posts, pages = list(start), set(start), set(), []
    views = set()
    while waiting:
        path = waiting.pop()
        view = endpoint_of(app, urlsplit(path).path, "GET")
        if view is None or view.startswith(NOT_IN_PRODUCTION):
            continue
        views.add(view)
        text = client.get(path, buffered=True).get_data(as_text=True)
        pages.append(text)
        found = Links()
        found.feed(text)
        posts |= {endpoint_of(app, urlsplit(action or path).path, "POST") or action for action in found.actions}
        for href in found.hrefs:
            target = href.removeprefix(host)
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    return views, posts, pages


def test_a_forwarded_mail_carries_no_way_to_harm_its_owner(
    app: Flask, client: FlaskClient, publication: Publication
) -> None:
    start = [
        f"/view/{publication.view_token}",
        f"/unsubscribe/{publication.unsubscribe_token}",
        f"/preferences/{publication.preferences_token}",
    ]
    views, posts, pages = crawl(app, client, "http://letters.test", start)
    assert {"unsubscribe.show_button", "preferences.show_preferences", "archive.show_issue"} <= views
    assert posts - MILD == set()
    assert {"unsubscribe.leave", "preferences.rest"} <= posts
    assert "self_service.show_page" not in views
    assert not [page for page in pages if ACTIVE in page]
    assert [READER_NAME in page or "Jane &lt;Reader&gt;" in page for page in pages].count(True) == 1  # the copy itself


def test_the_copy_in_the_browser_does_not_carry_the_way_to_end_its_owners_subscription(
    client: FlaskClient, publication: Publication
) -> None:
    page = client.get(f"/view/{publication.view_token}").text
    assert publication.unsubscribe_token not in page
    assert publication.preferences_token not in page


@pytest.mark.parametrize("lang", ["en", "ru", "zh"])
def test_no_language_of_the_pages_shows_more(client: FlaskClient, publication: Publication, lang: str) -> None:
    for path in (
        f"/unsubscribe/{publication.unsubscribe_token}",
        f"/preferences/{publication.preferences_token}",
    ):
        assert ACTIVE not in client.get(f"{path}?lang={lang}").text
