"""Letters about gifts: every kind, in every language, whatever the donor is called."""

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.rendering.jinja import render_template
from service.rendering.letters import encode_letter, render_letter
from service.rendering.mjml_rules import BadLayout
from tests.rendering.gift_letters import CONTEXTS, VARIANTS, make_context
from tests.rendering.mailbox import read_body, read_page

_LANGUAGES = ("en", "ru", "zh")
# Values that choose a sentence and are not shown themselves.
_CHOICES = {"frequency", "change", "reason", "standing", "by_staff", "replaces", "recurs", "language"}
_CHOICES |= {"is_last", "can_pay"}
_ALL_LETTERS: list[tuple[str, dict[str, str]]] = [(kind, {}) for kind in CONTEXTS] + VARIANTS


@pytest.mark.parametrize(("kind", "changes"), _ALL_LETTERS)
def test_every_letter_about_a_gift_is_whole_and_says_the_same_in_each_language(
    kind: str, changes: dict[str, str]
) -> None:
    told = []
    for language in _LANGUAGES:
        context = make_context(kind, **changes, language=language)
        letter = render_letter(kind, context)
        html5lib.HTMLParser(strict=True).parse(letter.html)
        page = read_page(letter.html)
        shown, text = " ".join(" ".join(page.words).split()), " ".join(letter.text.split())
        assert f'<html lang="{language}"' in letter.html
        assert page.headings == [1]
        assert page.links == ([context["button_url"]] * 2 if context["button_url"] else [])
        assert letter.text.count("://") == len(page.links[:1])
        assert "None" not in letter.subject + shown + text
        assert "\n\n\n" not in letter.text
        facts = {name: fact.replace("\n", " ") for name, fact in context.items() if fact and name not in _CHOICES}
        told.append({name for name, fact in facts.items() if fact in text})
        assert {"organisation", "legal_name", "postal_address"} < told[-1]
        assert told[-1] == {name for name, fact in facts.items() if fact in shown}
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize(
    ("kind", "changes", "subjects"),
    [
        (
            "receipt",
            {},
            (
                "Your receipt 2026-000123 from Northern Crossings",
                "Квитанция 2026-000123 от Northern Crossings",
                "Northern Crossings 捐款收据 2026-000123",
            ),
        ),
        (
            "receipt",
            {"replaces": "yes"},
            (
                "Your corrected receipt 2026-000123 from Northern Crossings",
                "Исправленная квитанция 2026-000123 от Northern Crossings",
                "Northern Crossings 更正收据 2026-000123",
            ),
        ),
        (
            "receipt_voided",
            {},
            (
                "Receipt 2026-000123 from Northern Crossings is void",
                "Квитанция 2026-000123 от Northern Crossings аннулирована",
                "Northern Crossings 收据 2026-000123 已作废",
            ),
        ),
        (
            "statement",
            {},
            (
                "Your giving statement for 2026 from Northern Crossings",
                "Справка о пожертвованиях за 2026 год от Northern Crossings",
                "Northern Crossings 2026 年度捐款证明",
            ),
        ),
        (
            "gift_pending",
            {},
            (
                "Your gift to Northern Crossings is on its way",
                "Ваше пожертвование для Northern Crossings в пути",
                "您给 Northern Crossings 的捐款正在途中",
            ),
        ),
        (
            "gift_failed",
            {},
            (
                "Your gift to Northern Crossings did not go through",
                "Ваше пожертвование для Northern Crossings не прошло",
                "您给 Northern Crossings 的捐款未能完成",
            ),
        ),
        (
            "renewal_failed",
            {"is_last": "yes"},
            (
                "Your monthly gift to Northern Crossings did not go through: the last try",
                "Ваше ежемесячное пожертвование для Northern Crossings не прошло: последняя попытка",
                "您给 Northern Crossings 的月度捐款未能完成（最后一次尝试）",
            ),
        ),
        (
            "renewal_notice",
            {},
            (
                "Your yearly gift to Northern Crossings renews on 1 December 2026",
                "Ваше ежегодное пожертвование для Northern Crossings: 1 December 2026",
                "您给 Northern Crossings 的年度捐款将于1 December 2026扣款",
            ),
        ),
        (
            "recurring_changed",
            {"change": "pause"},
            (
                "Your monthly gift to Northern Crossings is paused",
                "Ваше ежемесячное пожертвование для Northern Crossings приостановлено",
                "您给 Northern Crossings 的月度捐款已暂停",
            ),
        ),
        (
            "recurring_ended",
            {},
            (
                "Your yearly gift to Northern Crossings has ended",
                "Ваше ежегодное пожертвование для Northern Crossings прекращено",
                "您给 Northern Crossings 的年度捐款已结束",
            ),
        ),
        (
            "donor_sign_in",
            {},
            (
                "Your link to your gifts at Northern Crossings",
                "Ссылка на ваши пожертвования: Northern Crossings",
                "查看您在 Northern Crossings 的捐款",
            ),
        ),
    ],
)
def test_the_subject_says_what_happened(kind: str, changes: dict[str, str], subjects: tuple[str, ...]) -> None:
    written = [render_letter(kind, make_context(kind, **changes, language=language)) for language in _LANGUAGES]
    assert tuple(letter.subject for letter in written) == subjects


@pytest.mark.parametrize(
    ("kind", "changes", "said", "unsaid"),
    [
        ("receipt", {}, ["2026-000123", "$50.00", "00-1234567", "No goods or services were provided"], ["giving"]),
        ("receipt", {"recurs": "yes", "button_url": "https://l.test/giving"}, ["https://l.test/giving"], []),
        ("receipt", {"tribute": "In memory of Ann Lee", "fee_cover": "$1.75"}, ["In memory of Ann Lee", "$1.75"], []),
        ("receipt", {"refunded": "$20.00", "paid": "$70.00"}, ["$20.00", "$70.00"], []),
        ("receipt_voided", {}, ["2026-000123", "$50.00"], ["http"]),
        ("gift_pending", {}, ["$50.00", "20 November 2026"], ["http", "Thank"]),
        ("renewal_failed", {}, ["2", "23 November 2026", "https://pay.test/"], []),
        ("recurring_changed", {"change": "amount"}, ["$50.00", "$25.00", "20 December 2026"], ["20 February 2027"]),
        ("recurring_changed", {"change": "pause"}, ["20 February 2027"], ["20 December 2026"]),
    ],
)
def test_a_letter_says_what_matters_and_no_more(
    kind: str, changes: dict[str, str], said: list[str], unsaid: list[str]
) -> None:
    text = render_letter(kind, make_context(kind, **changes)).text
    assert [fact for fact in said if fact not in " ".join(text.split())] == []
    assert [fact for fact in unsaid if fact in text] == []


_HOSTILE = [
    "<script>alert(1)</script>\"'&",
    "{{ 7*7 }}{% set x = 1 %}",
    "<mj-raw>&nbsp;</mj-raw>]]>",
    "Grace\r\nBcc: everyone@example.test\x00\x85\x1b[31m",
    "\u202eevil\u2066\u2069",
    "=?utf-8?b?QQ==?=",
    "安\u200d娜 Ё́ 👩‍👩‍👧 \ud800",
    "W" * 5_000,
    "zs00000000000000000000w616d6f756e74z",
]


@pytest.mark.parametrize("typed", _HOSTILE)
@pytest.mark.parametrize("kind", ["receipt", "recurring_ended"])
def test_what_strangers_typed_is_harmless_everywhere_and_in_no_subject(kind: str, typed: str) -> None:
    plain = render_letter(kind, make_context(kind))
    changes = {"donor_name": typed} | ({"tribute": f"In memory of {typed}"} if kind == "receipt" else {})
    letter = render_letter(kind, make_context(kind, **changes))
    assert letter.subject == plain.subject
    assert "<script" not in letter.html
    assert "49" not in letter.text.replace("2026-000123", "")
    html5lib.HTMLParser(strict=True).parse(letter.html)
    assert len(letter.html) < len(plain.html) + 6 * 3 * 120
    assert not set("\x00\x85\x1b\r\u202e\u2066\ud800") & set(letter.html + letter.text)
    assert not any(line.startswith("Bcc") for line in letter.text.split("\n"))
    assert encode_letter(letter).body.isascii()


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_any_name_at_all_gives_a_letter_that_reads_back(name: str) -> None:
    letter = render_letter("gift_pending", make_context("gift_pending", donor_name=name))
    encoded = encode_letter(letter)
    assert read_body(encoded.content_type, encoded.body) == (letter.text, letter.html)


def test_a_name_that_looks_like_a_link_is_none() -> None:
    name = "https://evil.test/now or www.evil.test, J.R.R. Marsh of St. John"
    text = " ".join(render_letter("gift_pending", make_context("gift_pending", donor_name=name)).text.split())
    assert "https:// evil. test/now or www. evil. test, J.R.R. Marsh of St. John" in text


def test_a_donor_without_a_name_is_greeted_all_the_same() -> None:
    assert "\nHello,\n" in render_letter("receipt", make_context("receipt", donor_name=" \t")).text


def test_a_subject_with_a_strangers_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(name: str, *, language: str, **values: object) -> str:
        if name.endswith("txt.jinja"):
            return f"Dear {values['donor_name']}\nText"
        return render_template(name, language=language, **values)

    monkeypatch.setattr("service.rendering.letters.render_template", render)
    with pytest.raises(BadLayout, match="donor_name"):
        render_letter("gift_failed", make_context("gift_failed", organisation="Refused"))
