"""The printed receipt: every required phrase, in any script, within the page, the same bytes each time."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.money import CURRENCIES, write_amount
from service.receipts import wording
from service.receipts.fonts import make_printable
from service.receipts.models import ReceiptState
from service.receipts.pdf import draw_receipt
from tests.receipts.papers import (
    DISCLOSURE,
    MADE_AT,
    fonts_of,
    language_of,
    letters_of,
    made_at_of,
    places_of,
    read,
    receipt,
    text_of,
)

LETTER = (612.0, 792.0)
NAMES = {
    "Latin": "Zoë Ångström-Šťastná",
    "Cyrillic": "Анна Сергеевна Ковальчук",
    "Greek": "Ελένη Παπαδοπούλου",
    "Chinese": "王小明",
    "Japanese": "さくら",
    "Korean": "김민준",
    "Hebrew": "שלום",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
    "Thai": "สมชาย",
}


def test_every_phrase_that_a_tax_office_asks_for_is_on_the_page() -> None:
    said = text_of(draw_receipt(receipt(paid_minor=25000, tribute="In memory of Harriet Lowe", fee_cover_minor=755)))
    for phrase in (
        "Northern Crossings Institute, Inc.",
        "14 Wharf Lane · Portland, ME 04101 · USA",
        "No. 2026-000123",
        "$250.00",
        "20 November 2026",
        "Grace Giver",
        "Visa •••• 4242",
        "Where it is needed most",
        "In memory of Harriet Lowe",
        "$7.55",
        "No goods or services were provided in exchange for this contribution.",
        "section 501(c)(3) of the Internal Revenue Code",
        "Tax number (EIN): 00-0000000",
        "Robin Hale, Treasurer",
        "Please keep this receipt with your tax records.",
        "Issued on 22 November 2026 (UTC)",
        DISCLOSURE,
        "Page 1 of 1",
    ):
        assert phrase in said, phrase
    assert wording.RENEWAL not in said


def test_what_was_given_in_return_and_the_limit_are_on_the_page() -> None:
    paper = receipt(paid_minor=12000, fair_market_value_minor=4500, benefit="Two seats at the autumn dinner")
    said = text_of(draw_receipt(paper))
    assert paper.statement in said
    for phrase in ("Two seats at the autumn dinner", "$45.00", "$75.00", "only the excess, $75.00, is deductible."):
        assert phrase in said


def test_a_renewal_and_a_later_version_say_so() -> None:
    said = text_of(draw_receipt(receipt(version=2, refunded_minor=1200, is_renewal=True)))
    for phrase in (wording.RENEWAL, "version 2", "It replaces every earlier version.", "$38.00", "$50.00", "$12.00"):
        assert phrase in said


@pytest.mark.parametrize(
    ("state", "language", "phrases"),
    [
        (ReceiptState.VOIDED, "en", ("VOID", wording.VOID)),
        (ReceiptState.VOIDED, "ru", ("АННУЛИРОВАНО", wording.VOID, "Эта квитанция аннулирована.")),
        (ReceiptState.VOIDED, "zh", ("作废", wording.VOID, "本收据已作废")),
        (ReceiptState.HELD, "en", ("ON HOLD", wording.HELD)),
        (ReceiptState.SUPERSEDED, "en", ("REPLACED", wording.SUPERSEDED)),
    ],
)
def test_a_receipt_that_does_not_stand_says_so_across_the_page(
    state: ReceiptState, language: str, phrases: tuple[str, ...]
) -> None:
    pdf = draw_receipt(receipt(state, language=language))
    for phrase in phrases:
        assert phrase.replace(" ", "") in letters_of(pdf)
    assert wording.KEEP not in text_of(pdf)
    assert DISCLOSURE in text_of(pdf)  # the line after one that starts in Chinese, which fpdf2 set in a wrong font


def test_a_receipt_that_stands_carries_no_warning() -> None:
    said = letters_of(draw_receipt(receipt()))
    for word in ("VOID", "ONHOLD", "REPLACED", "donotuse"):
        assert word not in said


@pytest.mark.parametrize(
    ("language", "title", "phrases"),
    [
        ("en", "Donation receipt 2026-000123", ("Received from", "Tax-deductible amount")),
        ("ru", "Квитанция о пожертвовании 2026-000123", ("Получено от", "20 ноября 2026", "Страница 1 из 1")),
        ("zh", "捐款收据 2026-000123", ("捐款人", "2026年11月20日", "可抵税金额")),
        ("xx", "Donation receipt 2026-000123", ("Received from",)),
    ],
)
def test_labels_are_in_the_donors_language_and_the_law_in_english(
    language: str, title: str, phrases: tuple[str, ...]
) -> None:
    pdf = draw_receipt(receipt(language=language))
    said, document = text_of(pdf), read(pdf)
    for phrase in (*phrases, wording.NOTHING_IN_RETURN):
        assert phrase in said
    assert document.metadata is not None
    assert (document.metadata.title, document.metadata.author) == (title, "Northern Crossings Institute, Inc.")
    assert language_of(pdf) == (language if language != "xx" else "en")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_in_any_script_is_printed_with_its_own_letters(name: str) -> None:
    said = letters_of(draw_receipt(receipt(donor_name=name)))
    assert name.replace(" ", "") in said
    assert "\N{REPLACEMENT CHARACTER}" not in said


@pytest.mark.parametrize("code", ["usd", "jpy", "krw", "vnd", "bhd", "isk"])
def test_amounts_are_printed_by_their_currency(code: str) -> None:
    said = letters_of(draw_receipt(receipt(currency=code, paid_minor=1_234_560)))
    assert write_amount(1_234_560, code).replace(" ", "") in said


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_every_currency_has_glyphs(code: str) -> None:
    assert make_printable(write_amount(-1_234_560, code)) == write_amount(-1_234_560, code)


def test_an_empty_name_shows_the_address_instead() -> None:
    assert "grace.giver@example.org" in text_of(
        draw_receipt(receipt(donor_name=" ", address="grace.giver@example.org"))
    )


HOSTILE: dict[str, dict[str, Any]] = {
    "long": {"donor_name": "Maximiliana " * 25, "tribute": "W" * 300, "fund_name": "日月星辰" * 75},
    "endless": {"donor_name": "ж" * 5000, "benefit": "x y " * 500, "fair_market_value_minor": 1},
    "markup": {"donor_name": "<script>alert(1)</script> **bold** %s {nb} {0}", "tribute": "\\n(escaped) Tj ET"},
    "controls": {"donor_name": "A\x00B\r\n\x1b[31m\x7f", "tribute": "one\ntwo\u2028three\u0085four"},
    "directions": {"donor_name": "\u202eמחמד\u202c שלום (Mohammed) محمد", "tribute": "\u2066عبد الله\u2069 and \u200f"},
    "emoji": {"donor_name": "👩‍👩‍👧 Ann 😀\ufe0f", "tribute": "𓀀𓀁 𝔄nn"},
    "marks": {"donor_name": "Z" + "\u0301" * 200, "tribute": "क्षत्रिय" * 40},
    "nothing": {"donor_name": "", "address": "", "fund_name": "", "method": "", "tribute": ""},
}


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_a_donor_wrote_nothing_leaves_the_page(facts: dict[str, Any], language: str) -> None:
    pdf = draw_receipt(receipt(language=language, **facts))
    for page in read(pdf).pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == LETTER
    for x, y in places_of(pdf):
        assert 60 <= x <= LETTER[0] - 60
        assert 30 <= y <= LETTER[1] - 40


def test_markup_of_a_donor_is_only_text() -> None:
    said = text_of(draw_receipt(receipt(donor_name="<script>alert(1)</script> **bold** {nb}")))
    assert "<script>alert(1)</script> **bold** {nb}" in said


@settings(max_examples=10)
@given(st.text(max_size=120))
def test_any_text_at_all_can_be_printed(name: str) -> None:
    assert draw_receipt(receipt(donor_name=name)).startswith(b"%PDF-")


def test_one_row_is_always_the_same_file() -> None:
    rows = [receipt(donor_name="王小明 محمد Анна", language="ru") for _ in range(2)]
    first, second = (draw_receipt(row) for row in rows)
    assert first == second
    assert first != draw_receipt(receipt(donor_name="王小明 محمد Анна", language="ru", paid_minor=5001))
    assert made_at_of(first) == MADE_AT


def test_every_font_travels_with_the_file() -> None:
    assert fonts_of(draw_receipt(receipt(donor_name="王小明 Анна"))) == [True, True, True]
