"""The gift block in both its forms: what each form says in mail, in text and on the web, and that they share links."""

from dataclasses import replace
from html import unescape

import html5lib
import pytest

from service.rendering.checks import WARN_BYTES
from service.rendering.content import IssueContent
from service.rendering.entries import FRAME
from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.slots import Marks, Slot, SlotKind
from service.rendering.template import CompiledTemplate, compile_template
from service.rendering.web import render_issue_page
from tests.rendering.mailbox import read_body, read_page
from tests.rendering.samples import (
    BASE_URL,
    JANE,
    NEWSLETTER,
    list_targets,
    make_asking_issue,
    make_full_issue,
    make_issue,
    make_item,
    make_offer,
)

GIVER = replace(JANE, is_thanked=True)
OUR_GIFTS = replace(NEWSLETTER, gift_url="")
ASKED = ("Oil for the lamp", "keeps it burning", "$25", "$250", "Another amount", "Give monthly", NEWSLETTER.tax_line)
THANKED = ("Thank you for your gift", "It pays for this issue.", "Your gifts and receipts")

# What an issue was stored as before there was a second form, byte for byte.
STORED_BEFORE = r"""{"format":1,"boundary":"=_postrider_0a","text":{"subtype":"plain","encoding":"base64","pieces":["Dear ","",",\r\nзс ","","1","\r\n","","\r\n"],"holes":[[1,"n","friend"],[3,"k","1"],[6,"u",""]]},"html":{"subtype":"html","encoding":"quoted-printable","pieces":["<p>=\r\n","","=\r\n, <a href=3D'=\r\n","","1","=\r\n'>ask</a> <a href=3D'=\r\n","","=\r\n'>u</a></p>=\r\n","","=\r\n"],"holes":[[1,"n","friend"],[3,"k","1"],[6,"u",""],[8,"p",""]]}}"""  # noqa: E501 - a stored document is one line


@pytest.fixture(scope="module")
def asks() -> RenderedIssue:
    return render_issue(make_asking_issue(), base_url=BASE_URL)


@pytest.fixture(scope="module")
def thanks() -> RenderedIssue:
    return render_issue(make_asking_issue(), base_url=BASE_URL, thanks=True)


@pytest.fixture(scope="module")
def template(asks: RenderedIssue, thanks: RenderedIssue) -> CompiledTemplate:
    return compile_template(asks, thanks)


def _words(html: str) -> str:
    return " ".join(" ".join(read_page(html).words).split())


def test_every_way_to_give_is_a_counted_link_of_its_ask(asks: RenderedIssue) -> None:
    offer = make_offer()
    assert [(link.item, link.label, link.url) for link in asks.links[-6:]] == [
        (6, "Give $25", offer.amounts[0].url),
        (6, "Give $50", offer.amounts[1].url),
        (6, "Give $100", offer.amounts[2].url),
        (6, "Give $250", offer.amounts[3].url),
        (6, "Another amount", offer.other_url),
        (6, "Give monthly", offer.monthly_url),
    ]
    marks = Marks(asks.nonce)
    for part in (asks.html, asks.text):
        clicks = [s.argument for s in marks.split(part) if isinstance(s, Slot) and s.kind is SlotKind.CLICK]
        assert clicks == [str(link.number) for link in asks.links]


def test_one_reader_is_asked_and_another_is_thanked(template: CompiledTemplate) -> None:
    text, html = read_body(template.content_type, template.join(JANE))
    for words in ASKED:
        assert words in _words(html)
        assert words in " ".join(text.split())
    for words in THANKED:
        assert words not in html + text
    text, html = read_body(template.content_type, template.join(GIVER))
    for words in THANKED:
        assert words in _words(html)
        assert words in " ".join(text.split())
    for words in ASKED:
        assert words not in _words(html) + " ".join(text.split())
    assert make_offer().giving_url in text
    assert make_offer().giving_url in read_page(html).links


def test_both_forms_are_the_same_mail_around_the_ask(asks: RenderedIssue, thanks: RenderedIssue) -> None:
    assert (asks.nonce, asks.subject, asks.links) == (thanks.nonce, thanks.subject, thanks.links)
    before, _, after = asks.text.partition("Oil for the lamp")
    same, _, rest = thanks.text.partition("Thank you for your gift")
    assert before == same
    assert after.split("-" * 72)[-1] == rest.split("-" * 72)[-1]
    before, _, after = asks.html.partition('id="item-6"')
    same, _, rest = thanks.html.partition('id="item-6"')
    assert "The keeper of Saltmouth" in same
    assert after.partition('class="footer"')[2] == rest.partition('class="footer"')[2] != ""


def test_both_forms_are_strictly_parsed_html_with_headings_that_never_jump(template: CompiledTemplate) -> None:
    for reader in (JANE, GIVER):
        html = template.view_html(reader, dict.fromkeys(range(1, 20), "https://a.test"))
        html5lib.HTMLParser(strict=True).parse(html)
        levels = read_page(html).headings
        assert levels.count(1) == 1
        assert levels[-1] == 2


def test_a_gift_block_costs_little_of_what_gmail_shows(asks: RenderedIssue, thanks: RenderedIssue) -> None:
    plain = render_issue(make_full_issue(), base_url=BASE_URL)
    assert thanks.html_bytes < asks.html_bytes < plain.html_bytes + 5_000 < WARN_BYTES


@pytest.mark.parametrize(
    ("language", "asked", "thanked"),
    [
        ("en", ["Support our work", "Give $25", "Another amount", "Give monthly"], ["Thank you for your gift"]),
        (
            "ru",
            ["Поддержите нашу работу", "Пожертвовать $25", "Другая сумма", "Помогать ежемесячно"],
            ["Спасибо за вашу поддержку", "Ваши пожертвования и квитанции"],
        ),
        ("zh-Hant", ["支持我们的工作", "捐款 $25", "其他金额", "每月捐款"], ["感谢您的捐款", "您的捐款与收据"]),
        ("fi", ["Support our work", "Give $25"], ["Thank you for your gift"]),
    ],
)
def test_an_issue_without_an_ask_closes_with_the_block_in_its_own_language(
    language: str, asked: list[str], thanked: list[str]
) -> None:
    content = make_issue(language=language, newsletter=OUR_GIFTS, offer=make_offer(language))
    asks = render_issue(content, base_url=BASE_URL)
    assert {link.item for link in asks.links} == {FRAME}
    thanks = render_issue(content, base_url=BASE_URL, thanks=True)
    web = render_issue_page(content)
    for words in asked:
        assert words in unescape(asks.html)
        assert words in asks.text
        assert words in web
    for words in thanked:
        assert words in thanks.html
        assert words in thanks.text
        assert words not in asks.html + asks.text + web
    for words in asked:
        assert words not in unescape(thanks.html) + thanks.text


def test_an_ask_speaks_the_language_of_its_item() -> None:
    ask = make_item("ask", "Масло", "Лампе нужно масло.", language="ru", offer=make_offer("ru"))
    content = make_issue(ask, newsletter=OUR_GIFTS, offer=make_offer())
    rendered = render_issue(content, base_url=BASE_URL)
    assert "Другая сумма" in rendered.html
    assert "Support our work" not in rendered.html
    assert all(link.url.endswith("lang=ru") for link in rendered.links)


def test_without_suggested_amounts_there_are_two_plain_ways() -> None:
    offer = replace(make_offer(), amounts=())
    content = make_issue(newsletter=OUR_GIFTS, offer=offer)
    rendered = render_issue(content, base_url=BASE_URL)
    assert [link.label for link in rendered.links] == ["Make a gift", "Give monthly"]
    for part in (rendered.html, rendered.text, render_issue_page(content)):
        assert "Make a gift" in part
        assert "Another amount" not in part


@pytest.mark.parametrize("thanks", [False, True])
def test_a_gift_link_of_ones_own_stays_one_button_for_everybody(thanks: bool) -> None:
    content = make_full_issue()
    *others, ask = content.items
    both = replace(content, items=(*others, replace(ask, offer=make_offer())), offer=make_offer())
    assert not both.has_thanks
    rendered = render_issue(both, base_url=BASE_URL, thanks=thanks)
    assert rendered.links[-1].url == NEWSLETTER.gift_url
    assert rendered.links[-1].label == "Make a gift"
    assert not any("/give?" in link.url for link in rendered.links)
    assert rendered.html.replace(rendered.nonce, "") == _nonceless(content)


def _nonceless(content: IssueContent) -> str:
    rendered = render_issue(content, base_url=BASE_URL)
    return rendered.html.replace(rendered.nonce, "")


def test_only_an_issue_that_offers_something_here_has_a_form_of_thanks() -> None:
    assert make_asking_issue().has_thanks
    assert not make_full_issue().has_thanks
    assert not make_issue(newsletter=OUR_GIFTS).has_thanks
    assert make_issue(newsletter=OUR_GIFTS, offer=make_offer()).has_thanks


def test_the_archive_asks_with_direct_links_and_thanks_nobody() -> None:
    html = render_issue_page(make_asking_issue())
    html5lib.HTMLParser(strict=True).parseFragment(html)
    offer = make_offer()
    ours = [link for link in read_page(html).links if link.startswith("https://letters.test/")]
    assert ours == [*(amount.url for amount in offer.amounts), offer.other_url, offer.monthly_url]
    assert 'aria-label="Give $25">$25</a>' in html
    assert NEWSLETTER.tax_line in html
    assert html.count('class="gift"') == 1
    assert "Thank you for your gift" not in html


def test_both_forms_are_stored_and_a_loaded_template_gives_the_same_bytes(template: CompiledTemplate) -> None:
    dumped = template.dump()
    assert dumped.startswith(b'{"format":2,')
    loaded = CompiledTemplate.load(dumped)
    assert loaded == template
    assert loaded.join(GIVER) == template.join(GIVER) != template.join(JANE)
    assert loaded.join(JANE) == template.join(JANE)


def test_an_issue_that_was_stored_with_one_form_still_loads_and_reads_the_same_for_all() -> None:
    template = CompiledTemplate.load(STORED_BEFORE.encode())
    assert template.thanks is None
    assert template.join(GIVER) == template.join(JANE)
    text, html = read_body(template.content_type, template.join(JANE))
    assert text == f"Dear {JANE.name},\nзс {JANE.click_url_prefix}1\n{JANE.unsubscribe_url}\n"
    assert f"<a href='{JANE.click_url_prefix}1'>ask</a>" in html
    assert template.dump().decode() == STORED_BEFORE


def test_seen_in_the_browser_each_form_is_the_one_that_was_mailed(
    template: CompiledTemplate, asks: RenderedIssue
) -> None:
    targets = list_targets(asks)
    assert make_offer().monthly_url in read_page(template.view_html(JANE, targets)).links
    assert make_offer().monthly_url in template.view_text(JANE, targets)
    thanked = template.view_html(GIVER, targets) + template.view_text(GIVER, targets)
    assert "/give?" not in thanked
    assert "Thank you for your gift" in thanked
