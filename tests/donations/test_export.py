"""Tables for the accountant: every line of the period, exact amounts, and no text that a spreadsheet would run."""

import csv
from datetime import UTC, date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from service.donations.export import Table, export_table
from service.donations.giftfacts import update_receipt
from service.errors import BadInput
from service.spreadsheets import BYTE_ORDER_MARK, Plain, write_table
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation

EASTERN = ZoneInfo("America/New_York")
ATTACKS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1")


def read(session: Session, table: Table, first: date, last: date) -> list[dict[str, str]]:
    """Return an exported table as rows by their heads."""
    text = "".join(export_table(session, table, first, last, EASTERN))
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_every_line_of_the_period_is_there_to_the_cent(session: Session) -> None:
    donor, fund = make_donor(session), make_fund(session)
    gift = make_donation(session, donor, fund, 5000)
    make_donation(session, donor, fund, 7000, paid_at=datetime(2026, 12, 1, 5, tzinfo=UTC))
    rows = read(session, Table.LEDGER, date(2026, 11, 1), date(2026, 11, 30))
    assert [(row["Kind"], row["Amount"], row["Currency"]) for row in rows] == [
        ("gift", "50.00", "USD"),
        ("fee", "-1.75", "USD"),
    ]
    assert {(row["Gift"], row["Day"], row["Donor"], row["Fund"]) for row in rows} == {
        (str(gift.id), "2026-11-20", "Grace Giver", "Where it is needed most")
    }


def test_the_last_minute_of_the_year_is_in_the_year(session: Session) -> None:
    make_donation(session, make_donor(session), make_fund(session), paid_at=datetime(2027, 1, 1, 4, 59, 59, tzinfo=UTC))
    for table in Table:
        assert read(session, table, date(2026, 1, 1), date(2026, 12, 31))
        assert read(session, table, date(2027, 1, 1), date(2027, 12, 31)) == []


def test_a_gift_has_one_row_with_its_valid_receipt_however_many_versions_there_are(session: Session) -> None:
    make_organisation(session)
    gift = make_donation(session, make_donor(session), make_fund(session), 5000)
    session.refresh(gift, ["donor", "fund"])
    for value in (0, 1000):
        gift.fair_market_value_minor, gift.benefit = value, "A dinner" if value else ""
        update_receipt(session, gift)
    (row,) = read(session, Table.GIFTS, PAID_AT.date(), PAID_AT.date())
    assert (row["Amount"], row["Its value"], row["Given in return"]) == ("50.00", "10.00", "A dinner")
    assert row["Receipt"].endswith("000001")
    assert row["State"] == "succeeded"


def test_no_text_that_a_person_typed_is_a_formula(session: Session) -> None:
    fund = make_fund(session)
    for number, attack in enumerate(ATTACKS):
        gift = make_donation(session, make_donor(session, f"donor-{number}@example.org", attack), fund, 5000)
        gift.employer = gift.tribute_name = gift.benefit = attack
    session.flush()
    for table in Table:
        rows = read(session, table, PAID_AT.date(), PAID_AT.date())
        cells = {cell for row in rows for cell in row.values()}
        assert {f"'{attack}" for attack in ATTACKS} <= cells
        assert not cells & set(ATTACKS)


def test_a_period_that_ends_before_it_begins_is_refused_before_the_first_line(session: Session) -> None:
    with pytest.raises(BadInput, match="ends before"):
        export_table(session, Table.LEDGER, date(2026, 2, 1), date(2026, 1, 31), EASTERN)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30), min_size=1, max_size=4))
def test_every_text_comes_back_as_it_was_but_for_its_apostrophe(texts: list[str]) -> None:
    written = "".join(write_table(["head"] * len(texts), [texts])).removeprefix(BYTE_ORDER_MARK)
    _, back = list(csv.reader(StringIO(written, newline="")))
    for text, cell in zip(texts, back, strict=True):
        assert cell in {text, f"'{text}"}
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_what_we_write_ourselves_is_left_alone() -> None:
    assert list(write_table(["Amount"], [[Plain("-3.00")]]))[1] == "-3.00\r\n"
