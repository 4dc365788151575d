"""Pages become passages: emphasis, links, lists, quotes and pictures are kept, what no reader sees is set aside."""

import pytest

from service.manuscripts import Manuscript, read_manuscript
from service.manuscripts.html import read_html
from service.manuscripts.source import Source


def texts(body: str) -> list[str]:
    """Return the Markdown of each passage of a page."""
    return [passage.text for passage in read_html(f"<html><body>{body}</body></html>", Source()).passages]


def page(body: str) -> Manuscript:
    """Return a page as the reader understands it."""
    return read_manuscript(f"<!DOCTYPE html>\n<html><body>\n{body}\n</body></html>".encode(), "page.html")


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        ("<p>A <b>bold </b>and <i>quiet</i> word</p>", ["A **bold** and *quiet* word"]),
        ("<p><b><i>both</i></b></p>", ["***both***"]),
        ("<p>中<b>文。</b>字</p>", ["中文。字"]),
        ("<p>中<b>文</b>字</p>", ["中**文**字"]),
        ('<p><a href="https://x.org/a_(b)">log</a></p>', ["[log](https://x.org/a_(b))"]),
        ('<p><a href="https://x.org/a) b">log</a></p>', ["[log](https://x.org/a%29%20b)"]),
        ('<p><a href="https://x.org/">https://x.org/</a></p>', ["<https://x.org/>"]),
        ('<p><a href="#top">up</a></p>', ["up"]),
        ('<p><a href="https://x.org"><em>very</em> long [log]</a></p>', [r"[*very* long \[log\]](https://x.org)"]),
        ("<p>2 * 3 * 4 and *stars*</p>", [r"2 * 3 * 4 and \*stars\*"]),
        ("<p>one<br>two<br><br>three</p>", ["one\\\ntwo", "three"]),
        ("<p>10<sup>6</sup> and a claim<sup>2</sup> and 1<sup>st</sup></p>", ["10^6 and a claim[2] and 1st"]),
        ("<blockquote><p>One</p><p>Two</p></blockquote>", ["One\n\nTwo"]),
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", ["- a\n  - b\n- c\n\n  d"]),
        ('<ol start="3"><li>a</li><li>b</li></ol>', ["3. a\n4. b"]),
        ('<img src="https://x.org/b.png" alt="A [boat]">', [r"![A \[boat\]](https://x.org/b.png)"]),
        ('<img src="data:image/png;base64,AAAA" alt="A boat">', ["![A boat]()"]),
        ("loose words<div>in a box</div>and after", ["loose words", "in a box", "and after"]),
        ("<p>   spaces \n  and lines  </p>", ["spaces and lines"]),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>", ["a | b", "1 | 2"]),
        ("<table><tr><td><p>A layout</p><p>in cells</p></td></tr></table>", ["A layout", "in cells"]),
        ("<h2>A <a href='https://x.org'>title</a></h2>", ["A [title](https://x.org)"]),
        ("<p>a&nbsp;b &amp;lt; c</p>", ["a\u00a0b \\&lt; c"]),
    ],
)
def test_markup_becomes_the_markdown_that_says_the_same(body: str, markdown: list[str]) -> None:
    assert texts(body) == markdown


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("<script>steal()</script>", "script, not text"),
        ("<style>p { color: red }</style>", "style, not text"),
        ("<noscript>Turn it on</noscript>", "shown only without scripts, not text"),
        ("<nav><a>Home</a></nav>", "navigation, not text"),
        ("<p hidden>unseen words</p>", "hidden on the page"),
        ('<p style="display: none">unseen words</p>', "hidden on the page"),
        ('<p class="sr-only">unseen words</p>', "hidden on the page"),
        ("<form><button>Send</button></form>", "button, not text"),
        ('<div class="share-row">Pass it on</div>', "share row, not text"),
        ('<div class="subscribe-box">Get our mail</div>', "placeholder or sign-up, not text"),
        ('<div id="comments"><p>Lovely soup</p></div>', "reader's comment, not the author's text"),
        ("<ul><li>Home</li><li>Sign in</li></ul>", "navigation, not text"),
        ("<!-- a remark -->", "comment in the markup, not text"),
        ('<div class="photo-credit">Bo Li</div>', "picture credit"),
    ],
)
def test_what_is_not_the_authors_text_is_set_aside_with_its_line(part: str, reason: str) -> None:
    manuscript = page(
        f"<h1>Rope</h1>\n<p>By Bo Li</p>\n{part}\n<p>A rope cannot be longer than the house in which it is made.</p>"
    )

    assert [block.text for block in manuscript.items[0].blocks] == [
        "A rope cannot be longer than the house in which it is made."
    ]
    assert [aside.lines for aside in manuscript.left_out if aside.reason == reason] == [(5, 5)]


def test_scripts_and_links_that_run_programs_are_warned_about() -> None:
    manuscript = page('<p>Dear readers, see <a href=" JavaScript:steal()">here</a>.</p>\n<script>steal()</script>')

    assert manuscript.items[0].blocks[0].text == "Dear readers, see here."
    assert [(doubt.lines[0], doubt.reason) for doubt in manuscript.warnings] == [
        (3, "This link ran a program; the link was dropped."),
        (4, "A script was in the page and left out; none was run."),
    ]


def test_only_the_article_of_a_page_is_read() -> None:
    manuscript = page(
        "<div>The Bay Letter</div>\n<article><h1>Rope</h1><p>By Bo Li</p>"
        "<p>A rope cannot be longer than the house in which it is made.</p></article>\n"
        "<footer>Find us on the quay</footer>"
    )

    assert [item.title for item in manuscript.items] == ["Rope"]
    assert [(aside.lines[0], aside.text) for aside in manuscript.left_out if "around" in aside.reason] == [
        (3, "The Bay Letter"),
        (5, "Find us on the quay"),
    ]


def test_a_class_name_on_the_element_around_everything_hides_nothing() -> None:
    manuscript = page('<div class="content has-sidebar comments-open"><p>Dear readers, the ferry is back.</p></div>')

    assert manuscript.items[0].blocks[0].text == "Dear readers, the ferry is back."
    assert manuscript.left_out == ()


def test_a_footnote_is_found_by_its_links_alone() -> None:
    manuscript = page(
        "<h1>Rope</h1><p>By Bo Li</p><p>A rope<sup id='r1'><a href='#n1'>1</a></sup> is long.</p>"
        "<h2>Notes</h2><ol><li id='n1'>Very <em>long</em>. <a href='#r1'>↩</a></li></ol>"
    )

    assert manuscript.items[0].blocks[0].text == "A rope[^1] is long."
    assert [(note.number, note.text) for note in manuscript.items[0].notes] == [(1, "Very *long*.")]
    assert [block.kind.value for block in manuscript.items[0].blocks] == ["paragraph"]


def test_a_table_of_contents_is_not_taken_for_footnotes() -> None:
    manuscript = page("<p>Dear readers, see part <a href='#p1'>1</a>.</p><h2 id='p1'>Rope</h2><p>It is long.</p>")

    assert manuscript.items[0].blocks[0].text == "Dear readers, see part 1."
    assert manuscript.items[0].notes == ()
