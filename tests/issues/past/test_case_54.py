"""Case 54: the public archive, of ordinary issues and of past ones alike.

Whatever an author or another house put into a text, none of it runs, no draft is seen, and nothing of one reader is
shown to others.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import html5lib
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.deliveries.planning import release_issue
from service.errors import BadInput
from service.issues.importing import import_manuscript
from service.issues.models import Issue, Item
from service.issues.queries import get_newsletter, issue_label
from service.issues.states import IssueState, ItemKind
from tests.factories.publication import make_issue
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.issues.past.conftest import SLUG, BringIn
from tests.issues.past.exports import pack_ghost, pack_substack, post, row

HOSTILE = {
    "script": "<script>alert(54)</script><script src='https://evil.test/x.js'></script>",
    "onerror": '<img src="x" onerror="alert(54)"><body onload="alert(54)">',
    "svg": '<svg onload="alert(54)"><script>alert(54)</script><a xlink:href="javascript:alert(54)">x</a></svg>',
    "style": '<style>body{background:url(javascript:alert(54))}</style><p style="position:fixed;inset:0">over all</p>',
    "data": '<a href="data:text/html,<script>alert(54)</script>">d</a><img src="data:image/svg+xml,<svg onload=a>">',
    "javascript": '<a href="java\nscript:alert(54)">j</a><a href=" JaVaScRiPt:alert(54)">j</a>',
    "vbscript": '<a href="vbscript:alert(54)">v</a>',
    "MJML attributes": '<mj-raw><script>alert(54)</script></mj-raw><mj-text onclick="alert(54)">m</mj-text>',
    "iframe": '<iframe srcdoc="<script>alert(54)</script>" src="https://evil.test/"></iframe>',
    "form": '<form action="https://evil.test/"><input><button formaction="javascript:alert(54)">b</form>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.test/"><base href="https://evil.test/">',
    "entities": "<p>&lt;script&gt;alert(54)&lt;/script&gt;</p>",
    "math": '<math><mtext></p><img src=x onerror="alert(54)"></mtext></math>',
    "comment": "<!--><script>alert(54)</script>-->",
    "attribute": """<a href='https://x.test/"onmouseover="alert(54)'>quote</a>""",
}
BAD_TAGS = {
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "form",
    "input",
    "object",
    "embed",
    "base",
    "meta",
    "img",
    "link",
}
OTHERS = (
    '<p>Dear {{first_name}}, {first_name, "you"} *|FNAME|* %recipient.name%</p>'
    '<p><a href="https://x.substack.com/action/disable_email?token=janes-secret">Unsubscribe</a>'
    '<a href="https://x.test/unsubscribe/?uuid=janes-secret">leave</a>'
    '<a href="https://substack.com/redirect/2/janes-secret">counted</a>'
    '<a href="https://x.test/page?token=janes-secret&amp;a=1">page</a>'
    '<img src="https://eotrx.substackcdn.com/open?token=janes-secret" width="1" height="1"></p>'
)


def elements(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each element of a page's article, as a browser reads it, with its attributes."""
    inner = page.split("<article", 1)[1].split("</article>", 1)[0]
    for element in html5lib.parse(f"<article{inner}</article>", namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str):
            yield element.tag, {str(name): value for name, value in element.attrib.items()}


def assert_harmless(page: str) -> None:
    """Fail where anything in the article could run, load or send."""
    for tag, attributes in elements(page):
        assert tag not in BAD_TAGS, tag
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "formaction"}]
        for name in ("href", "src"):
            assert urlsplit(attributes.get(name, "")).scheme in {"", "http", "https", "mailto"}, attributes


ReadPage = Callable[[int], str]


@pytest.fixture
def read_page(client: FlaskClient, open_transaction: OpenTransaction) -> ReadPage:
    """Return the public page of an issue, as a stranger's browser gets it."""

    def read(issue_id: int) -> str:
        with open_transaction() as session:
            label = issue_label(session.get_one(Issue, issue_id))
        answer = client.get(f"/{SLUG}/archive/{label}")
        assert answer.status_code == 200
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        return answer.text

    return read


@pytest.mark.parametrize("attack", HOSTILE)
def test_case_54_nothing_in_an_archive_s_post_runs_on_its_public_page(
    bring: BringIn, read_page: ReadPage, tmp_path: Path, attack: str
) -> None:
    html = f"<p>Before.</p>{HOSTILE[attack]}<p>After.</p>"
    title = f"Title {HOSTILE[attack]}"[:250]
    substack = bring(
        pack_substack(tmp_path / "a.zip", [row("1.x", "2021-01-01T00:00:00Z", title, subtitle=title)], {"1.x": html})
    )
    ghost = bring(pack_ghost(tmp_path / "a.json", [post(1, title, html, feature_image="javascript:alert(54)")]))
    for came in (substack, ghost):
        issue_id = next(iter(came.posts.values())).issue_id
        assert issue_id is not None, came
        page = read_page(issue_id)
        assert_harmless(page)
        assert "Before." in page


@pytest.mark.parametrize("attack", HOSTILE)
@pytest.mark.parametrize("door", ["a manuscript", "the editor"])
def test_case_54_nothing_in_an_ordinary_issue_runs_on_its_public_page(
    client: FlaskClient,
    open_transaction: OpenTransaction,
    newsletter_id: int,
    read_page: ReadPage,
    attack: str,
    door: str,
) -> None:
    text = HOSTILE[attack].replace("\n", "")
    with open_transaction() as session:
        newsletter = get_newsletter(session, SLUG)
        make_reader(session, newsletter_id, "jane@example.org")
        if door == "a manuscript":
            source = (
                f"<html><body><p>Before the storm came, all was well.</p>{HOSTILE[attack]}<p>After.</p></body></html>"
            )
            issue = import_manuscript(session, newsletter, source.encode(), "page.html")
        else:
            issue = make_issue(session, newsletter)
            issue.items = [
                Item(
                    position=1, kind=ItemKind.FEATURE, title=text[:250], byline=[text], language="en", markdown=markdown
                )
                for markdown in [f"Before.\n\n{text}\n\n`{text}`\n\n> {text}"]
            ]
        issue.title, issue.preheader = text[:250], text[:250]
        session.flush()
        issue_id = issue.id
    with suppress(BadInput), open_transaction() as session:  # some of it no issue may have: it stays a draft
        release_issue(session, issue_id, PUBLIC_URL)
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        path, is_draft = f"/{SLUG}/archive/{issue_label(issue)}", issue.state is IssueState.DRAFT
    if is_draft:
        assert client.get(path).status_code == 404
        return
    page = read_page(issue_id)
    assert_harmless(page)
    assert "Before" in page


def test_case_54_nothing_of_one_reader_comes_along_in_an_archive_or_stands_on_the_page_of_an_ordinary_issue(
    open_transaction: OpenTransaction, newsletter_id: int, bring: BringIn, read_page: ReadPage, tmp_path: Path
) -> None:
    came = bring(pack_ghost(tmp_path / "a.json", [post(1, "Dear {{first_name}}", f"{OTHERS}<p>Text.</p>")]))
    past = next(iter(came.posts.values()))
    assert past.issue_id is not None
    page = read_page(past.issue_id)
    for trace in ("janes-secret", "{{", "{first", "*|", "%recipient", "Unsubscribe</a>", "/redirect/"):
        assert trace not in page.split("<article", 1)[1].split("</article>", 1)[0]
    assert len(past.warnings) >= 5
    assert "janes-secret" not in str(past.warnings)
    with open_transaction() as session:
        make_reader(session, newsletter_id, "jane@example.org", "Jane Secret")
        issue_id = make_issue(session, get_newsletter(session, SLUG)).id
    with open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
    page = read_page(issue_id)
    assert "Dear readers," in page  # the fallback of the merge field
    for trace in ("Jane", "/unsubscribe/", "/preferences/", "/view/", "/c/", "/o/"):
        assert trace not in page.split("<article", 1)[1].split("</article>", 1)[0]


def test_case_54_no_draft_and_nothing_unpublished_is_seen(
    client: FlaskClient, open_transaction: OpenTransaction, bring: BringIn, tmp_path: Path
) -> None:
    rows = [
        row("1.open", "2021-01-01T00:00:00Z", "Open"),
        row("2.draft", "2021-01-02T00:00:00Z", "Hidden draft", is_published="false"),
        row("3.paid", "2021-01-03T00:00:00Z", "Hidden paid", audience="only_paid"),
    ]
    bring(
        pack_substack(
            tmp_path / "a.zip",
            rows,
            {one["post_id"]: "<p>Hidden words.</p>" for one in rows[1:]} | {"1.open": "<p>Text.</p>"},
        )
    )
    with open_transaction() as session:
        draft = make_issue(session, get_newsletter(session, SLUG), 1, "Hidden issue")
        assert draft.state is IssueState.DRAFT
        titles = [issue.title for issue in session.scalars(select(Issue).where(Issue.state == IssueState.PAST))]
        label = issue_label(draft)
    assert titles == ["Open"]
    for path in (f"/{SLUG}/", f"/{SLUG}/archive/", f"/{SLUG}/feed.xml", f"/{SLUG}/archive/2021-1"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Open" in answer.text
        assert "Hidden" not in answer.text
    assert client.get(f"/{SLUG}/archive/{label}").status_code == 404


def test_a_past_issue_is_in_the_archive_and_the_feed_under_its_own_date(
    client: FlaskClient, bring: BringIn, tmp_path: Path
) -> None:
    bring(
        pack_substack(tmp_path / "a.zip", [row("1.open", "2021-02-03T10:00:00Z", "Open")], {"1.open": "<p>Text.</p>"})
    )
    archive = client.get(f"/{SLUG}/archive/").text
    assert "3 February 2021" in archive
    feed = client.get(f"/{SLUG}/feed.xml").text
    assert "<title>Open</title>" in feed
    assert "<published>2021-02-03T00:00:00+00:00</published>" in feed
    assert f"/{SLUG}/archive/2021-1" in feed
