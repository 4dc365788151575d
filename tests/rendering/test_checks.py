"""The last look at a laid-out mail."""

import pytest

from service.rendering.checks import check_mail_html, count_outlook_comments
from service.rendering.mjml_rules import BadLayout

_HOSTS = frozenset({"a.test"})


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (r"<p>x\u{a0}y</p>", "still holds “\\u{”"),
        ("<mj-text>x</mj-text>", "still holds “<mj-”"),
        ("<p>{{ x }}</p>", "still holds “{{”"),
        ("<!--[if mso]><p>x</p>", "opens 1 parts for Outlook and closes 0"),
        ("<img src='https://a.test/i.png'>", "https://a.test/i.png has no alternative text"),
        ("<script>x</script>", "holds <script>"),
        ("<form></form>", "holds <form>"),
        ("<p onclick='x'>", "a script in the attribute “onclick”"),
        ("<a href='javascript:x'>x</a>", "not the author's: javascript:x"),
        ("<a href='https://b.test/x'>x</a>", "not the author's: https://b.test/x"),
        ("<img alt='' src='https://fonts.test/x'>", "not the author's"),
        ("<td background='//c.test/x'>", "not the author's"),
        ("<style>a{background:url(https://a.test/x)}</style>", "fetches something"),
        ("<style>@import 'x'</style>", "fetches something"),
        ("<p style='background:URL(x)'>", "fetches something"),
    ],
)
def test_a_page_that_must_not_be_sent_is_refused(page: str, sentence: str) -> None:
    with pytest.raises(BadLayout) as refused:
        check_mail_html(page, hosts=_HOSTS)
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    "page",
    [
        "<a href='#item-3'>x</a><a href='mailto:a@b.test'>x</a><a href='zs0a1bk31z'>x</a>",
        "<img alt='' src='https://a.test/i.png'>",
        "<!--[if mso]>x<![endif]-->",
        "<p>url(https://b.test) is only text, and so is &lt;script&gt;</p>",
    ],
)
def test_an_honest_page_passes(page: str) -> None:
    check_mail_html(page, hosts=_HOSTS)


def test_outlook_parts_are_counted() -> None:
    assert count_outlook_comments("<!--[if mso]>a<![endif]--><!--[if !mso]><!-->b<!--<![endif]-->") == (2, 2)
