"""What may reach the layout engine: each refusal names the block."""

import pytest

from service.errors import BadInput
from service.rendering.mjml_rules import MAX_BYTES, BadLayout, check_mjml


def _page(inner: str, head: str = "") -> str:
    return (
        f'<mjml lang="en" dir="ltr"><mj-head><mj-title>T</mj-title>{head}</mj-head><mj-body><mj-section>'
        f"<mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"
    )


def _text(inner: str) -> str:
    return _page(f'<mj-text css-class="item-3">{inner}</mj-text>')


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (_text("<script>x</script>"), "mj-text “item-3”: <script> is not allowed here"),
        (_text("<p><iframe></iframe></p>"), "› p: <iframe> is not allowed here"),
        (_page("<mj-include path='/etc/passwd' />"), "<mj-include> is not allowed here"),
        (_page("<mj-carousel></mj-carousel>"), "<mj-carousel> is not allowed here"),
        (_page("<mj-section></mj-section>"), "in mjml › mj-body › mj-section › mj-column: <mj-section> is not allowed"),
        (_text("<mj-image src='https://a.test/i' alt='' />"), "<mj-image> is not allowed here"),
        (_page("", "<mj-font name='x' href='https://f.test' />"), "<mj-font> is not allowed here"),
        (_page("", "<mj-raw><link href='https://f.test' /></mj-raw>"), "mj-raw: <link> is not allowed here"),
        ("<b>x</b>", "in the document: <b> is not allowed here"),
        (_page("loose words"), "the words “loose words” stand outside a text block"),
        (_text("<p onclick='x()'>x</p>"), "the attribute “onclick” is not allowed"),
        (_page("<mj-text colour='red'>x</mj-text>"), "the attribute “colour” is not allowed"),
        (_page("<mj-text padding='0 8px'>x</mj-text>"), "the padding “0 8px” must be one to four lengths in px"),
        (_text("<a href='javascript:x()'>x</a>"), "“javascript:x()” is not an address that mail may hold"),
        (_text("<a href=' data:x'>x</a>"), "“ data:x” is not an address that mail may hold"),
        (_text("<img src='data:image/png;base64,A' alt='' />"), "is not an address that mail may hold"),
        (_text("<img src='https://a.test/i.png' />"), "the image has no alternative text"),
        (_page("<mj-image src='https://a.test/i.png' />"), "mj-image: the image has no alternative text"),
        (_text("<table><tbody><tr><td>x</td></tr></tbody></table>"), 'a table must say role="presentation"'),
        (_text("<br>x</br>"), "› br: the words “x” stand outside a text block"),
        (_text("<p>unclosed"), "mismatched tag"),
        (_text("a < b"), "not well-formed"),
        (_text("a & b"), "not well-formed"),
        (_text("&nbsp;"), "undefined entity"),
        (_text("<p a='1' a='2'>x</p>"), "duplicate attribute"),
        ('<!DOCTYPE x [<!ENTITY e "e">]>' + _text("&e;"), "a document type is not allowed"),
        ("<?php x ?>" + _text("x"), "a processing instruction is not allowed"),
        (_page("", "<mj-style>a&lt;/style></mj-style>"), "a style sheet may not hold “<”"),
        (_text("<b>" * 10_000), "nested more than 100 deep"),
        (_text("\0"), "NUL"),
        (_text("\ud800"), "a broken character"),
        ("x" * 5_000_000, f"{MAX_BYTES:,} are allowed"),
        ("", "no element found"),
    ],
)  # fmt: skip
def test_what_is_not_on_the_lists_is_refused_by_name(source: str, sentence: str) -> None:
    with pytest.raises(BadLayout) as refused:
        check_mjml(source)
    assert sentence in refused.value.message
    assert isinstance(refused.value, BadInput)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (_text("<p>5 &lt; 6 &amp; “x”</p>"), "<p>5 &lt; 6 &amp; “x”</p>"),
        (_text("<br/>潮 {{ x }}"), "<br />潮 &#123;&#123; x }}"),
        (_text('<p title="a\u00a0b \\ &quot; é">x</p>'), '<p title="a&#160;b &#92; &#34; &#233;">x</p>'),
        (_text("<!-- a note to ourselves --><p>x</p>"), '<mj-text css-class="item-3"><p>x</p></mj-text>'),
        (_page("", "<mj-style>.a>b{c:d}</mj-style>"), "<mj-style>.a>b{c:d}</mj-style>"),
        (_page("").replace("<mj-title>T", '<mj-title>Say "ü"'), "<mj-title>Say &#34;&#252;&#34;</mj-title>"),
    ],
)
def test_what_passes_is_written_so_that_the_engine_keeps_it(source: str, written: str) -> None:
    assert written in check_mjml(source)


def test_what_was_written_passes_again_unchanged() -> None:
    once = check_mjml(_text('<p title="é{{">a &amp; {{b}} <img src="https://a.test/i" alt=""/></p>'))
    assert check_mjml(once) == once
