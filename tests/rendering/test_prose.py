"""One parsed text as HTML and as plain text."""

import html5lib
import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.rendering.content import clean_text
from service.rendering.markdown import parse_markdown
from service.rendering.prose_html import HtmlVoice, render_notes_html, render_prose_html
from service.rendering.prose_text import TextVoice, render_notes_text, render_prose_text
from service.rendering.words import words_for

_ENGLISH = words_for("en")
_ALLOWED = {"a", "p", "em", "strong", "ul", "ol", "li", "blockquote", "code", "pre", "hr", "br", "img", "sup"}
_ALLOWED_ATTRIBUTES = {"href", "id", "role", "aria-label", "alt", "src", "title", "start"}
_ALLOWED |= {"h3", "h4", "h5", "h6"}


def _html(text: str) -> str:
    prose = parse_markdown(text)
    voice = HtmlVoice(2, _ENGLISH, {}, lambda link: link.url, lambda fallback: fallback)
    return render_prose_html(prose, voice) + render_notes_html(prose, voice)


def _lines(text: str) -> list[str]:
    return render_prose_text(parse_markdown(text), TextVoice(_ENGLISH, lambda link: link.url, lambda name: name))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c** `d<e`", "<p>a <em>b</em> <strong>c</strong> <code>d&lt;e</code></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<div onclick=x>\n\nA", "<p>&lt;div onclick=x&gt;</p><p>A</p>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<p>| a | b |\n|---|---|\n| 1 | 2 |</p>"),
        ("3. x\n4. y", '<ol start="3"><li>x</li><li>y</li></ol>'),
        ("a\\\nb", "<p>a<br />b</p>"),
        (
            '[x](https://a.test/?b=1&c=2 "T & \\"t\\"")',
            '<p><a href="https://a.test/?b=1&amp;c=2" title="T &amp; &quot;t&quot;">x</a></p>',
        ),
        ('![a "b"](https://a.test/i.png)', '<p><img src="https://a.test/i.png" alt="a &quot;b&quot;" /></p>'),
        ("![](https://a.test/i.png)", '<p><img src="https://a.test/i.png" alt="" /></p>'),
        ("Dear {{name|friend & co}}", "<p>Dear friend &amp; co</p>"),
        ("```js\na < b\n```", "<pre>a &lt; b</pre>"),
        ("> a\n\n---", "<blockquote><p>a</p></blockquote><hr />"),
    ],
)
def test_html_is_what_was_meant(text: str, html: str) -> None:
    assert _html(text) == html


def test_a_note_and_its_references_point_at_each_other() -> None:
    assert _html("a[^x] b[^x]\n\n[^x]: N") == (
        '<p>a<sup><a href="#n-2-1" id="r-2-1" role="doc-noteref" aria-label="Note 1">1</a></sup>'
        ' b<sup><a href="#n-2-1" id="r-2-1-2" role="doc-noteref" aria-label="Note 1">1</a></sup></p>'
        '<ol><li id="n-2-1"><p>N '
        '<a href="#r-2-1" role="doc-backlink" aria-label="Back to the text at note 1">↩\ufe0e</a> '
        '<a href="#r-2-1-2" role="doc-backlink" aria-label="Back to the text at note 1">↩\ufe0e</a></p></li></ol>'
    )


@given(st.text(alphabet="*_`[]()<>!&\"'{}|#-+>~^:\\\n\t xаb1潮é\u00a0\u200d/", max_size=120))
def test_any_text_gives_allowed_tags_only_or_a_sentence(text: str) -> None:
    try:
        html = _html(clean_text(text))
    except BadInput:
        return
    kept = nh3.clean(html, tags=_ALLOWED, attributes={"*": _ALLOWED_ATTRIBUTES}, link_rel=None)
    parser = html5lib.HTMLParser(strict=True)
    assert html5lib.serialize(parser.parseFragment(kept)) == html5lib.serialize(parser.parseFragment(html))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("*a* **b** `c`", ["_a_ *b* c"]),
        ("a\\\nb\nc", ["a", "b c"]),
        ("see [x](https://a.test)", ["see x", "", "    x:", "    https://a.test"]),
        ("<https://a.test>", ["https://a.test"]),
        ("[x](mailto:a@b.test)", ["x", "", "    x:", "    a@b.test"]),
        ("- a\n- b\n  1. c\n  2. d", ["- a", "- b", "  1. c", "  2. d"]),
        ("- a\n\n- b", ["- a", "", "- b"]),
        ("x\n\n- a\n- b\n\ny", ["x", "", "- a", "- b", "", "y"]),
        ("> a\n>\n> - b\n> - c", ["> a", ">", "> - b", "> - c"]),
        ("x\n\n> - b", ["x", "", "> - b"]),
        ("## H\n\ntext\n\n### I", ["H", "-", "", "text", "", "I"]),
        ("    a\n    b", ["    a", "    b"]),
        ("![lamp](https://a.test/i.png) ![](https://a.test/j.png)", ["[Image: lamp]"]),
        ("a\n\n---\n\nb", ["a", "", "* * *", "", "b"]),
    ],
)
def test_plain_text_is_readable_and_keeps_every_address(text: str, lines: list[str]) -> None:
    assert _lines(text) == lines


def test_notes_are_listed_with_their_numbers() -> None:
    prose = parse_markdown("a[^x] b[^y]\n\n[^x]: One [l](https://a.test)\n\n    more\n\n[^y]: Two")
    assert render_notes_text(prose, TextVoice(_ENGLISH, lambda link: link.url, lambda name: name)) == [
        "[1] One l",
        "",
        "        l:",
        "        https://a.test",
        "",
        "    more",
        "",
        "[2] Two",
    ]
