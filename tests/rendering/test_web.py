"""An issue's items as the public archive shows them."""

import html5lib
import pytest

from service.errors import BadInput
from service.rendering.web import render_contents_html, render_issue_page, render_item_html
from tests.rendering.mailbox import read_page
from tests.rendering.samples import make_full_issue, make_issue, make_item


def test_an_item_is_a_section_with_its_title_byline_and_language() -> None:
    item = make_item("brief", "Lamps & <oil>", "Hello {{name|reader}}.", byline=("A", "B"), language="ru")
    assert render_item_html(item, 3) == (
        '<section class="item item-brief" id="item-3" lang="ru" dir="ltr" aria-labelledby="item-3-title">'
        '<header><h2 id="item-3-title">Lamps &amp; &lt;oil&gt;</h2><p class="byline">A и B</p></header>'
        "<p>Hello reader.</p></section>"
    )


def test_an_item_without_title_has_no_empty_heading() -> None:
    assert render_item_html(make_item("greeting", "", "Hello."), 1) == (
        '<section class="item item-greeting" id="item-1" lang="en" dir="ltr"><p>Hello.</p></section>'
    )


def test_notes_are_endnotes_with_links_both_ways() -> None:
    html = render_item_html(make_item("feature", 'The "log"', "a[^1]\n\n[^1]: Pencil."), 2)
    assert (
        '<section class="notes" role="doc-endnotes" aria-label="Notes: The &quot;log&quot;"><h3>Notes</h3><ol>' in html
    )
    page = read_page(html)
    assert page.links == ["#n-2-1", "#r-2-1"]
    assert {"n-2-1", "r-2-1"} <= set(page.ids)


def test_a_whole_issue_has_greeting_contents_and_items_in_order() -> None:
    html = render_issue_page(make_full_issue())
    html5lib.HTMLParser(strict=True).parseFragment(html)
    places = [html.index(what) for what in ('id="item-1"', "<nav", 'id="item-2"', 'id="item-6"')]
    assert places == sorted(places)
    page = read_page(html)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "https://log.test/gallery" in page.links
    assert min(page.headings) == 2


@pytest.mark.parametrize(("count", "listed"), [(2, 0), (3, 3)])
def test_contents_are_listed_from_three_parts_on(count: int, listed: int) -> None:
    items = [make_item("greeting"), *(make_item("feature", f"Part {place}") for place in range(count))]
    assert render_contents_html(items, "en").count("<li") == listed


def test_a_text_that_cannot_be_printed_names_its_item() -> None:
    with pytest.raises(BadInput, match=r"In the note “A title”: .*no such note"):
        render_issue_page(make_issue(make_item("note", markdown="a[^1]")))
