"""One issue as mail: what is in it, in which order, and that HTML and text agree."""

import re
from dataclasses import replace
from itertools import pairwise

import html5lib
import pytest

from service.errors import BadInput
from service.rendering import issue
from service.rendering.checks import CLIP_BYTES, count_outlook_comments
from service.rendering.content import IssueContent, ItemContent
from service.rendering.entries import FRAME
from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.template import compile_template
from tests.rendering.mailbox import read_page
from tests.rendering.samples import BASE_URL, JANE, NEWSLETTER, list_targets, make_full_issue, make_issue, make_item


def _render(content: IssueContent) -> RenderedIssue:
    return render_issue(content, base_url=BASE_URL)


@pytest.fixture(scope="module")
def full() -> RenderedIssue:
    return _render(make_full_issue())


def _views(rendered: RenderedIssue) -> tuple[str, str]:
    template = compile_template(rendered)
    return template.view_html(JANE, list_targets(rendered)), template.view_text(JANE, list_targets(rendered))


def test_links_are_numbered_in_reading_order_and_know_their_item(full: RenderedIssue) -> None:
    assert [(link.number, link.item, link.label, link.url) for link in full.links] == [
        (1, 1, "gallery", "https://log.test/gallery"),
        (2, 2, "harbour board", "https://harbour.test/news?id=4&lang=en"),
        (3, 2, "sold at the pier", "https://harbour.test/pier"),
        (4, 3, "отчёте", "https://prichal.test/otchet"),
        (5, 4, "whole log", "https://log.test/all"),
        (6, 4, "ledger", "https://log.test/ledger"),
        (7, 5, "全部数据", "https://tides.test/data"),
        (8, 6, "Make a gift", "https://gifts.test/lantern?from=mail&issue=12"),
    ]


def test_every_link_has_its_hole_in_html_and_in_text(full: RenderedIssue) -> None:
    marks = Marks(full.nonce)
    for part in (full.html, full.text):
        clicks = [s.argument for s in marks.split(part) if isinstance(s, Slot) and s.kind is SlotKind.CLICK]
        assert clicks == [str(link.number) for link in full.links]


def test_the_text_has_every_address_of_the_html(full: RenderedIssue) -> None:
    html, text = _views(full)
    addresses = {link.removeprefix("mailto:") for link in read_page(html).links if not link.startswith("#")}
    assert len(addresses) == 13
    assert addresses <= set(text.split())


def test_every_place_in_the_page_that_is_pointed_to_exists_once(full: RenderedIssue) -> None:
    page = read_page(full.html)
    targets = [link.removeprefix("#") for link in page.links if link.startswith("#")]
    assert {"item-2", "n-4-1", "n-4-2", "r-4-1", "r-4-1-2", "r-4-2"} <= set(targets)
    assert set(targets) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_headings_start_with_one_h1_and_never_jump(full: RenderedIssue) -> None:
    levels = read_page(full.html).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= before + 1 for before, later in pairwise(levels))


def test_the_page_is_strictly_parsed_html(full: RenderedIssue) -> None:
    html, _ = _views(full)
    html5lib.HTMLParser(strict=True).parse(html)


def test_the_page_says_its_languages(full: RenderedIssue) -> None:
    assert '<html lang="en" dir="ltr"' in full.html
    assert '<div role="main" lang="en" dir="ltr">' in full.html
    for position, language in enumerate(("en", "en", "ru", "en", "zh", "en"), start=1):
        assert f'<div id="item-{position}" lang="{language}" dir="ltr"' in full.html


def test_an_item_from_right_to_left_runs_so() -> None:
    rendered = _render(make_issue(make_item("feature", "שלום", "טקסט", language="he")))
    assert '<td align="right" class="item-1"' in rendered.html
    assert '<div id="item-1" lang="he" dir="rtl"' in rendered.html


def test_layout_tables_are_only_layout_and_dark_mode_is_declared(full: RenderedIssue) -> None:
    tables = re.findall("<table[^>]*>", full.html)
    assert tables
    assert all('role="presentation"' in table for table in tables)
    assert '<meta name="color-scheme" content="light dark" />' in full.html
    assert '<meta name="supported-color-schemes" content="light dark" />' in full.html
    assert "@media (prefers-color-scheme:dark)" in full.html
    assert "[data-ogsc]" in full.html


def test_unsubscribing_and_the_postal_address_stand_in_the_footer(full: RenderedIssue) -> None:
    html, text = _views(full)
    for part in (html.replace("&amp;", "&"), text):
        footer = part[part.index("because you confirmed") :]
        order = [
            footer.index(what) for what in (JANE.unsubscribe_url, JANE.view_url, BASE_URL, "Lantern Society", "7 Pier")
        ]
        assert order == sorted(order)
    assert html.encode().index(b"7 Pier Road") < CLIP_BYTES


@pytest.mark.parametrize(
    ("kinds", "listed"),
    [
        (["feature"] * 2, 0),
        (["greeting", "brief", "feature", "ask"], 0),
        (["brief", "brief", "feature"], 3),
        (["greeting", "brief", "note", "feature", "feature", "ask"], 4),
    ],
)
def test_contents_are_listed_from_three_parts_on(kinds: list[str], listed: int) -> None:
    items = [make_item(kind, f"Part {place}") for place, kind in enumerate(kinds)]  # type: ignore[arg-type]  # a table
    rendered = _render(make_issue(*items))
    in_page = [link for link in read_page(rendered.html).links if link.startswith("#item-")]
    assert len(in_page) == listed
    assert ("In this issue" in rendered.text) == (listed > 0)


def test_briefs_in_a_row_share_one_label() -> None:
    items = [make_item("brief"), make_item("brief"), make_item("feature"), make_item("brief")]
    assert "".join(read_page(_render(make_issue(*items)).html).words).count("Briefs") == 2


def test_the_gift_block_closes_an_issue_that_has_no_ask() -> None:
    rendered = _render(make_issue(make_item("feature")))
    (gift,) = rendered.links
    assert (gift.item, gift.url) == (FRAME, NEWSLETTER.gift_url)
    assert NEWSLETTER.tax_line in rendered.html
    assert NEWSLETTER.tax_line.split(";")[1].strip().split()[0] in rendered.text


def test_a_newsletter_that_takes_no_gifts_has_no_button() -> None:
    rendered = _render(make_issue(make_item("ask", "Stay", "Words."), newsletter=replace(NEWSLETTER, gift_url="")))
    assert rendered.links == ()
    assert "Make a gift" not in rendered.html + rendered.text


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (make_item("feature", "Lamps", "Dear {{ 7*7 }}"), "In the feature “Lamps”: “{{ 7*7 }}” is not a merge field"),
        (make_item("brief", "Lamps", "[x](javascript:x)"), "In the brief “Lamps”: the link “x” goes to"),
        (make_item("greeting", "", "a[^1]"), "In the greeting “without a title”: the text points to note [^1]"),
        (make_item("note", "Hello {{name|x}}"), "The title of item 1 “Hello {{name|x}}” holds “{{”"),
        (make_item("note", "x" * 400_000), "The mail is too large to lay out"),
    ],
)
def test_what_cannot_be_printed_is_named(item: ItemContent, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        _render(make_issue(item))
    assert sentence in refused.value.message


def test_a_gift_link_that_is_no_web_address_is_named() -> None:
    with pytest.raises(BadInput, match="gift link “javascript:x” does not start with"):
        _render(make_issue(newsletter=replace(NEWSLETTER, gift_url="javascript:x")))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<mj-include path='/etc/passwd' />",
        "<img src=x onerror=alert(1)>",
        "</div></td></tr></table>",
        "`{{ 7*7 }}` and {% raw %} and ${x}",
        "a\0b\x1b\x9fc\r\nd\u2028e",
        "]]> <!-- --> <![endif]--> <!--[if mso]>",
        "zs00112233445566778899n41z",
        "a\u00a0b\u200d\u0301\ufe0f\\u{a0}",
    ],
)
def test_hostile_text_is_only_text(text: str) -> None:
    rendered = _render(make_issue(make_item("brief", text.replace("{{", ""), text)))
    html, plain = _views(rendered)
    page = read_page(html)
    assert page.images == []
    shown = "".join(page.words)
    expected = text.replace("`", "").replace("\0", "").replace("\x1b", "").replace("\x9f", "").replace("\r", "")
    assert expected.split("\n")[0].split("\u2028")[0] in shown
    assert expected.split()[0] in plain
    assert count_outlook_comments(html)[0] == count_outlook_comments(_render(make_issue(make_item("brief"))).html)[0]


def test_the_same_content_gives_the_same_bytes_and_other_content_another_nonce() -> None:
    first, again = _render(make_issue()), _render(make_issue())
    other = _render(make_issue(number=13))
    assert first == again
    assert first.nonce != other.nonce


def test_a_mark_that_an_author_wrote_stays_text() -> None:
    known = _render(make_issue())
    mark = Marks(known.nonce).write(Slot(SlotKind.UNSUBSCRIBE))
    rendered = _render(make_issue(make_item("note", "T", mark)))
    html, text = _views(rendered)
    assert mark in html
    assert mark in text


def test_the_subject_of_an_untitled_issue_names_the_newsletter_and_the_number() -> None:
    rendered = _render(make_issue(title=""))
    assert rendered.subject == "The Night Lantern, Volume 3, No. 12"
    assert read_page(rendered.html).headings[0] == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Volume 3, No. 12", "5 January 2026", "Unsubscribe"]),
        ("ru", ["Том 3, № 12", "5 января 2026", "Отписаться"]),
        ("zh-Hans", ["第3卷 第12期", "2026年1月5日", "退订"]),
        ("fi", ["Volume 3, No. 12", "5 January 2026", "Unsubscribe"]),
    ],
)
def test_the_frame_speaks_the_issues_language_or_english(language: str, words: list[str]) -> None:
    rendered = _render(make_issue(language=language))
    for word in words:
        assert word in rendered.html
        assert word in rendered.text


def test_sizes_count_the_holes_filled(full: RenderedIssue) -> None:
    template = compile_template(full)
    html = template.view_html(JANE, list_targets(full))
    assert len(html.encode()) < full.html_bytes < len(html.encode()) + 200 * (len(full.links) + 5)
    assert full.text_bytes > len(template.view_text(JANE, list_targets(full)).encode())


def test_a_page_that_must_not_be_sent_is_no_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue, "lay_out", lambda _: "<p>{{ left over }}</p>")
    with pytest.raises(BadInput, match="which readers would see"):
        _render(make_issue())


def test_a_long_issue_stays_below_the_size_that_is_clipped() -> None:
    sentence = (
        "The [log](https://log.test/page) of that winter is written in pencil and read by the light of the lamp. "
    )
    feature = "\n\n".join(["".join([sentence, sentence.replace("[log](https://log.test/page)", "log") * 5])] * 20)
    items = [make_item("feature", f"Feature {place}", feature, byline=("Ilse Varga",)) for place in (1, 2)]
    rendered = _render(make_issue(*items))
    assert len(feature.split()) * 2 > 3_800
    assert len(rendered.links) == 41
    assert rendered.html_bytes < CLIP_BYTES / 2
