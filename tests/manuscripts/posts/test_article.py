"""A post's HTML becomes one article: its structure kept, nothing loaded from elsewhere, nothing lost in silence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BadInput
from service.manuscripts.posts import read_article
from service.manuscripts.posts.addresses import HOMELESS, NOWHERE
from service.manuscripts.posts.article import LONGEST_PART
from service.rendering.markdown import parse_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h1>One</h1><p>Text</p>", "## One\n\nText\n"),
        ("<blockquote><p>Said</p></blockquote>", "> Said\n"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b\n"),
        ("<p>a <em>b</em> <a href='https://x.test/'>c</a></p>", "a *b* [c](https://x.test/)\n"),
        ("<p>Share</p><p>Comments</p><p>are my subject.</p>", "Share\n\nComments\n\nare my subject.\n"),
        ('<p>A <a href="tel:+1555">number</a></p>', "A number\n"),
        ('<p>A <a href="https://x.test/">&nbsp;</a>gap</p>', "A \u00a0gap\n"),
    ],
)
def test_structure_is_kept_and_nothing_is_taken_for_furniture(html: str, markdown: str) -> None:
    assert read_article(html).parts == (markdown,)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>a</p><img src="https://x.test/i.png" alt="A lamp">', "[Picture: A lamp](https://x.test/i.png)"),
        (
            '<p>Письмо пришло в среду, когда на реке стоял лёд</p><img src="https://x.test/i.png">',
            "[Изображение](https://x.test/i.png)",
        ),
        ('<p>渡船停了三天</p><img src="//x.test/i.png">', "[图片](https://x.test/i.png)"),
        (
            '<p>a</p><a href="https://x.test/page"><div><img src="https://x.test/i.png" alt="A lamp"></div></a>',
            "[Picture: A lamp](https://x.test/page)",
        ),
        ('<p><a href="https://x.test/">with <img src="https://x.test/i.png" alt="A"></a></p>', "[with Picture: A]("),
        ('<p>a</p><img src="data:image/png;base64,AAAA" alt="A lamp">', "\n\nPicture: A lamp\n"),
        ('<p>a</p><iframe src="https://www.youtube.com/embed/x"></iframe>', "[Video](https://www.youtube.com/embed/x)"),
        ('<p>a</p><video><source src="https://x.test/f.mp4"></video>', "[Video](https://x.test/f.mp4)"),
        (
            '<p>a</p><iframe src="https://map.test/" title="A map"></iframe>',
            "[Embedded page: A map](https://map.test/)",
        ),
    ],
)
def test_what_lies_elsewhere_becomes_a_link_and_is_told(html: str, text: str) -> None:
    article = read_article(html)
    assert text in article.parts[0]
    assert "![" not in article.parts[0]
    assert len(article.warnings) == 1


def test_links_inside_the_old_site_lead_there_or_are_told() -> None:
    html = '<p>See <a href="/p/other">the other</a> and <a href="p/third">the third</a></p>'
    known = read_article(html, site="https://x.test")
    assert known.parts == ("See [the other](https://x.test/p/other) and [the third](https://x.test/p/third)\n",)
    unknown = read_article(html)
    assert unknown.parts == ("See the other and the third\n",)
    assert [warning.reason for warning in unknown.warnings] == [HOMELESS]


def test_a_link_to_no_page_is_told() -> None:
    assert [warning.reason for warning in read_article('<p><a href="ftp://x.test/">f</a></p>').warnings] == [NOWHERE]


def test_notes_stay_with_their_marks_also_where_a_post_is_cut_into_parts() -> None:
    long = "".join(f"<p>{'words of the tide ' * 500}</p>" for _ in range(8))
    html = (
        f'<p>One<a id="a-1" href="#f-1">1</a></p>{long}<p>Two<a id="a-2" href="#f-2">2</a></p>'
        '<div><a id="f-1" href="#a-1">1</a><p>First note.</p></div>'
        '<div><a id="f-2" href="#a-2">2</a><p>Second.</p></div>'
    )
    parts = read_article(html).parts
    assert len(parts) == 2
    assert all(len(part) < LONGEST_PART + 10_000 for part in parts)
    assert [len(parse_markdown(part).notes) for part in parts] == [1, 1]
    assert "First note." in parts[0]
    assert "Second." in parts[1]


def test_a_post_without_words_has_no_parts() -> None:
    assert read_article("<div><script>alert(1)</script><hr></div>").parts == ()


@pytest.mark.parametrize("html", ["<div>" * 10_000 + "deep", "<p>" * 110_000])
def test_markup_beyond_all_measure_is_refused_in_a_sentence(html: str) -> None:
    with pytest.raises(BadInput):
        read_article(html)


PIECES = (
    *("<p>", "</p>", "<a href='https://x.test/'>", "<a href='javascript:1'>", "</a>", "<img src=x>", "<b>", "</b>"),
    *("<i>", "<ul><li>", "</li></ul>", "<blockquote>", "</blockquote>", "<h2>", "</h2>", "{{name}}", "{{", "[^1]"),
    *("[1]", "*", "<sup>1</sup>", "текст", "文字", "words", "`", "<table><tr><td>", "</td></tr></table>", "<br>", "|"),
    *("<!-- c -->", "<a href='https://x.test/?token=t'>", "</div>", " http://x.test ", "<hr>", "&nbsp;", "\\", "<pre>"),
)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_whatever_the_markup_the_text_can_be_read_by_our_own_pages(pieces: list[str]) -> None:
    for part in read_article("".join(pieces)).parts:
        parse_markdown(part)
