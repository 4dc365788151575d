"""What is there to read: the front, the archive, a reader's copy, the feed. A draft is nowhere."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from service.issues.models import Edition, Issue
from service.issues.states import IssueState
from service.settings import Settings
from service.web.archive import PAGE
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.loading import count_loaded
from tests.web.publication import Publication

NO_TEXT: dict[str, Any] = {
    **dict.fromkeys(("content_hash", "subject", "sender_name", "sender_address", "reply_address", "list_id"), ""),
    "template": b"",
    "web_html": "",
    "html_bytes": 0,
    "text_bytes": 0,
}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize("path", ["/", "/crossings/"])
@pytest.mark.usefixtures("publication")
def test_the_front_says_what_it_is_shows_the_latest_issue_and_takes_an_address(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    for shown in ("Crossings", "Where routes meet", "Northern Institute", "Patience Station", "Ilse Varga"):
        assert shown in page
    assert 'href="/crossings/archive/1-1"' in page
    assert 'action="/crossings/subscribe"' in page


@pytest.mark.usefixtures("publication")
def test_a_house_with_two_newsletters_lets_people_choose(
    client: FlaskClient, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_newsletter(session, "harbours", "Small Harbours")
    page = client.get("/").text
    assert 'href="/crossings/"' in page
    assert 'href="/harbours/"' in page


def test_a_house_without_newsletters_says_so(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Nothing is published here yet" in answer.text


def test_a_newsletter_without_issues_can_be_subscribed(client: FlaskClient, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_newsletter(session)
    assert "The first issue is being prepared." in client.get("/crossings/").text
    assert "No issue yet" in client.get("/crossings/archive/").text
    assert client.get("/crossings/feed.xml").status_code == 200


@pytest.mark.parametrize("path", ["/", "/crossings/", "/crossings/archive/", "/crossings/feed.xml"])
@pytest.mark.usefixtures("publication")
def test_a_draft_is_nowhere_to_be_seen(client: FlaskClient, path: str) -> None:
    assert "Not yet out" not in client.get(path).text


def publish_many(session: Session, newsletter_id: int, count: int) -> list[str]:
    """Store issues that are out, three of them on each day; returns their titles, newest first."""
    first = date(2023, 1, 1)
    issues = [
        Issue(
            newsletter_id=newsletter_id,
            number=100 + number,
            issued_on=first + timedelta(days=20 * (number // 3)),
            title=f"Old {number:03}",
            state=IssueState.PAST,
        )
        for number in range(count)
    ]
    session.add_all(issues)
    session.flush()
    session.add_all(Edition(issue_id=issue.id, **NO_TEXT) for issue in issues)
    return [issue.title for issue in reversed(issues)]


def walk(client: FlaskClient, path: str, rel: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each page of the archive from ``path`` on by its links ``rel``, with the titles on it."""
    while path:
        page = unescape(client.get(path).text)
        yield path, re.findall(r"Old \d\d\d|Patience Station", page.split("<main", 1)[1])
        in_head = re.search(rf'<link rel="{rel}" href="([^"]+)"', page)
        in_nav = re.search(rf'<a rel="{rel}" href="([^"]+)"', page)
        assert (in_head and in_head[1]) == (in_nav and in_nav[1])
        path = in_nav[1] if in_nav else ""


def test_the_archive_is_read_page_by_page_there_and_back(
    client: FlaskClient, publication: Publication, open_transaction: OpenTransaction, settings: Settings
) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Issue, publication.issue_id).newsletter_id
        every = ["Patience Station", *publish_many(session, newsletter_id, 2 * PAGE)]
    there = list(walk(client, "/crossings/archive/", "next"))
    assert [len(titles) for _, titles in there] == [PAGE, PAGE, 1]
    assert [title for _, titles in there for title in titles] == every
    last = there[-1][0]
    page = client.get(last).text
    assert f'<link rel="canonical" href="{settings.public_url}{last}">' in page
    assert "2023" in page
    back = list(walk(client, last, "prev"))
    assert [titles for _, titles in back] == [titles for _, titles in reversed(there)]


def test_the_archive_loads_no_more_issues_than_a_page_shows(
    client: FlaskClient, publication: Publication, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        publish_many(session, session.get_one(Issue, publication.issue_id).newsletter_id, 3 * PAGE)
    with count_loaded(Issue) as loaded:
        client.get("/crossings/archive/")
    assert len(loaded) == PAGE + 1


@pytest.mark.parametrize("key", ["before", "after"])
@pytest.mark.parametrize("label", ["1-2", "x", "", "9999999"])
@pytest.mark.usefixtures("publication")
def test_the_archive_has_no_page_beside_an_issue_that_is_not_out(client: FlaskClient, key: str, label: str) -> None:
    assert client.get(f"/crossings/archive/?{key}={label}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/crossings/", "/crossings/archive/", "/crossings/archive/1-1", "/nowhere/"])
@pytest.mark.parametrize(("language", "words"), [("en", "Your own page"), ("de", "Ihre eigene Seite")])
@pytest.mark.usefixtures("publication")
def test_every_page_leads_a_reader_without_a_mail_at_hand_to_their_own_page(
    client: FlaskClient, path: str, language: str, words: str
) -> None:
    footer = client.get(f"{path}?lang={language}").text.split("<footer", 1)[1]
    assert f'<a href="/yours?lang={language}">{words}</a>' in footer


@pytest.mark.parametrize("label", ["1-2", "2", "1", "1-1-1", "x", "1-", "-1", "9999999"])
@pytest.mark.usefixtures("publication")
def test_the_archive_has_no_drafts_and_no_guesses(client: FlaskClient, label: str) -> None:
    assert client.get(f"/crossings/archive/{label}").status_code == 404


@pytest.mark.parametrize("label", ["1-1", "01-001", "１-１"])
@pytest.mark.usefixtures("publication")
def test_an_issue_has_one_address_however_its_number_is_written(
    client: FlaskClient, settings: Settings, label: str
) -> None:
    page = client.get(f"/crossings/archive/{label}").text
    assert f'<link rel="canonical" href="{settings.public_url}/crossings/archive/1-1">' in page


@pytest.mark.usefixtures("publication")
def test_an_issue_can_be_read_and_passed_on(client: FlaskClient, settings: Settings) -> None:
    page = client.get("/crossings/archive/1-1").text
    for shown in (
        "Patience Station",
        "Ferry line returns",
        "Ilse Varga",
        "Долгий Причал, 耐心站",
        "a locked cupboard",
    ):
        assert shown in page
    assert '<meta property="og:title" content="Patience Station">' in page
    assert f'<meta property="og:url" content="{settings.public_url}/crossings/archive/1-1">' in page
    assert "https://a.test/one" in page
    assert "/c/" not in page
    assert "{{" not in page
    assert page.count("<h1") == 1


def test_a_copy_in_the_browser_is_the_readers_own_and_untracked(
    client: FlaskClient, publication: Publication, settings: Settings
) -> None:
    answer = client.get(f"/view/{publication.view_token}")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Dear Jane &lt;Reader&gt;," in answer.text
    assert "https://a.test/one" in answer.text
    assert f'href="{settings.public_url}/yours"' in answer.text
    assert "/c/" not in answer.text
    assert "/o/" not in answer.text


@pytest.mark.usefixtures("publication")
def test_the_feed_is_valid_atom(client: FlaskClient, settings: Settings) -> None:
    answer = client.get("/crossings/feed.xml")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)  # noqa: S314 - our own feed
    (entry,) = feed.findall(f"{ATOM}entry")
    for parent in (feed, entry):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(ATOM + name)) == 1  # RFC 4287 §4.1.1, §4.1.2
        assert datetime.fromisoformat(parent.findtext(f"{ATOM}updated") or "").tzinfo is not None
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert entry.findtext(f"{ATOM}id") == f"{settings.public_url}/crossings/archive/1-1"
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "alternate"}


def test_the_feed_survives_what_xml_cannot_hold(
    client: FlaskClient, publication: Publication, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, publication.issue_id).title = "Ice\x0b & <Water> \ufffe耐心站 🚂"
    feed = ElementTree.fromstring(client.get("/crossings/feed.xml").data)  # noqa: S314 - our own feed
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "Ice & <Water> 耐心站 🚂"
