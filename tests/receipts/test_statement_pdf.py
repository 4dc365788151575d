"""The printed year statement: every gift in a table over as many pages as it takes, with totals and the sentences."""

import gc
import warnings
from datetime import UTC, datetime

import pytest

from service.receipts import wording
from service.receipts.models import Receipt, StatementState
from service.receipts.pdf import draw_statement
from tests.receipts.papers import DISCLOSURE, letters_of, places_of, read, receipt, statement, text_of

GIFTS = 60


def _gifts(count: int) -> list[Receipt]:
    return [
        receipt(
            number=f"2026-{place:06}",
            paid_minor=2500 + place,
            paid_at=datetime(2026, 1 + place % 12, 1 + place % 28, 15, tzinfo=UTC),
        )
        for place in range(1, count + 1)
    ]


def test_a_statement_lists_each_gift_and_says_what_a_tax_office_asks_for() -> None:
    dinner = receipt(number="2026-000009", paid_minor=12000, fair_market_value_minor=4500, benefit="A dinner")
    said = text_of(draw_statement(statement([*_gifts(2), dinner])))
    for phrase in (
        "Northern Crossings Institute, Inc.",
        "Your gifts in 2026",
        "Grace Giver",
        "2026-000001 ",
        "2026-000002 ",
        "2 February 2026",
        "Where it is needed most · Visa •••• 4242",
        "$25.01",
        "$120.00 $75.00",
        dinner.statement,
        "$170.03",  # all of it
        "$125.03",  # less the dinner
        wording.NOTHING_ELSE_IN_RETURN,
        "section 501(c)(3) of the Internal Revenue Code",
        "Tax number (EIN): 00-0000000",
        wording.KEEP_STATEMENT,
        "Robin Hale, Treasurer",
        DISCLOSURE,
    ):
        assert phrase in said, phrase


def test_a_long_year_goes_over_numbered_pages_that_repeat_their_head() -> None:
    pdf = draw_statement(statement(_gifts(GIFTS)))
    pages = [" ".join(page.extract_text().split()) for page in read(pdf).pages]
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
    for page in pages[1:]:
        assert page.startswith("Northern Crossings Institute, Inc. · Year-end giving statement 2026 · Grace Giver")
    whole = " ".join(pages)
    for place in range(1, GIFTS + 1):
        assert whole.count(f"2026-{place:06} ") == 1
    assert whole.count("Date Receipt For Amount Deductible") == sum("2026-0000" in page for page in pages)
    for x, y in places_of(pdf):
        assert 60 <= x <= 552
        assert 30 <= y <= 752


def test_a_monthly_donors_year_fits_on_one_page() -> None:
    assert len(read(draw_statement(statement(_gifts(12)))).pages) == 1


@pytest.mark.parametrize(
    ("state", "word", "notice"),
    [
        (StatementState.DRAFT, "DRAFT", wording.DRAFT),
        (StatementState.SUPERSEDED, "REPLACED", wording.STATEMENT_SUPERSEDED),
    ],
)
def test_a_draft_and_a_replaced_statement_say_so(state: StatementState, word: str, notice: str) -> None:
    pdf = draw_statement(statement(_gifts(1), state))
    assert notice in text_of(pdf)
    assert word in letters_of(pdf)


@pytest.mark.parametrize("state", [StatementState.APPROVED, StatementState.SENT])
def test_a_statement_that_counts_carries_no_warning(state: StatementState) -> None:
    said = text_of(draw_statement(statement(_gifts(1), state)))
    for word in ("DRAFT", "REPLA", "do not use", "version"):
        assert word not in said


def test_a_later_version_says_what_it_replaces_also_without_gifts() -> None:
    said = text_of(draw_statement(statement([], version=2)))
    assert "This is version 2 of the statement for 2026. It replaces every earlier version." in said
    assert "There are no gifts to acknowledge for this year." in said


@pytest.mark.parametrize(
    ("language", "phrase"), [("ru", "Ваши пожертвования за 2026 год"), ("zh", "年"), ("en", "Your gifts in 2026")]
)
def test_labels_are_in_the_donors_language(language: str, phrase: str) -> None:
    said = text_of(draw_statement(statement(_gifts(1), language=language)))
    assert phrase in said
    assert wording.NOTHING_IN_RETURN_ALL in said


def test_hostile_text_stays_on_the_page() -> None:
    gifts = [
        receipt(number="2026-000001", fund_name="W" * 900, method="日" * 900),
        receipt(number="2026-000002", fair_market_value_minor=100, benefit="<b>\u202eשלום</b> " * 80),
    ]
    for x, y in places_of(draw_statement(statement(gifts, donor_name="محمد " * 200))):
        assert 60 <= x <= 552
        assert 30 <= y <= 752


def test_one_row_is_always_the_same_file() -> None:
    first, second = (draw_statement(statement(_gifts(20), donor_name="王小明")) for _ in range(2))
    assert first == second
    assert first != draw_statement(statement(_gifts(19), donor_name="王小明"))


def test_no_font_file_stays_open_also_when_the_pages_are_laid_out_twice() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        draw_statement(statement(_gifts(30), donor_name="王小明"))
        gc.collect()
    assert [str(warning.message) for warning in seen] == []
