"""Which receipts a gift has: by its facts as they are now, whatever was seen before, and however often."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.errors import BadInput, NotFound
from service.organisation.queries import get_organisation
from service.receipts.facts import Standing
from service.receipts.issuing import bring_up_to_date
from service.receipts.models import Receipt, ReceiptState
from service.receipts.queries import (
    find_receipt_by_number,
    get_receipt,
    list_receipts_of_donor,
    list_receipts_of_gift,
)
from tests.receipts.gifts import CARD_GIFT, Gift, Open, store_gift, store_gift_of

SEEN: dict[str, dict[str, Any]] = {
    "unpaid": {"standing": Standing.UNPAID, "refunded_minor": 0},
    "good": {"standing": Standing.GOOD, "refunded_minor": 0},
    "part paid back": {"standing": Standing.GOOD, "refunded_minor": 1200},
    "disputed": {"standing": Standing.DISPUTED, "refunded_minor": 0},
    "paid back": {"standing": Standing.RETURNED, "refunded_minor": 5000},
    "charged back": {"standing": Standing.RETURNED, "refunded_minor": 0},
}
ALL_OF_IT_BACK = {"standing": Standing.GOOD, "refunded_minor": 5000}


def _valid(receipts: list[Receipt]) -> list[Receipt]:
    return [receipt for receipt in receipts if receipt.state in {ReceiptState.ISSUED, ReceiptState.HELD}]


@pytest.mark.parametrize(
    ("seen", "states"),
    [
        (["unpaid"], []),
        (["good"], ["issued"]),
        (["disputed"], []),
        (["paid back"], []),
        (["unpaid", "good"], ["issued"]),
        (["good", "part paid back"], ["superseded", "issued"]),
        (["good", "disputed"], ["held"]),
        (["good", "disputed", "good"], ["issued"]),
        (["good", "disputed", "part paid back"], ["superseded", "issued"]),
        (["good", "disputed", "charged back"], ["voided"]),
        (["good", "paid back"], ["voided"]),
        (["good", "paid back", "disputed"], ["voided"]),
        (["good", "paid back", "good"], ["voided", "issued"]),
        (["good", "unpaid"], ["voided"]),
        (["good", "part paid back", "good", "paid back"], ["superseded", "superseded", "voided"]),
    ],
    ids=" > ".join,
)
def test_states_of_every_version_after_a_row_of_facts(gift: Gift, seen: list[str], states: list[str]) -> None:
    for name in seen:
        gift.tell(**SEEN[name])
        gift.tell()
    assert gift.states() == states


def test_a_good_gift_of_which_nothing_is_left_has_no_receipt_that_stands(gift: Gift) -> None:
    gift.tell(**ALL_OF_IT_BACK)
    assert gift.states() == []
    gift.tell(**SEEN["good"])
    gift.tell(**ALL_OF_IT_BACK)
    assert (gift.states(), gift.receipts()[0].state_reason) == (["voided"], "paid_back")


def test_what_stands_depends_only_on_what_was_told_last(gift: Gift) -> None:
    """Over every order of three facts: the valid receipt, its amount, the numbers and the letters."""
    for order in itertools.permutations(SEEN, 3):
        with gift.open_transaction() as session:
            facts = store_gift_of(session, gift.facts.donor_id)
        one = Gift(gift.open_transaction, facts)
        for name in order:
            one.tell(**SEEN[name])
        receipts = one.receipts()
        standing = [(receipt.state.value, receipt.amount_minor) for receipt in _valid(receipts)]
        expected: dict[str, list[tuple[str, int]]] = {
            "good": [("issued", 5000)],
            "part paid back": [("issued", 3800)],
            "disputed": [("held", receipts[0].amount_minor)] if _holds_one(order) else [],
        }
        assert standing == expected.get(order[-1], []), order
        assert len({receipt.number for receipt in receipts}) <= 1, order
        assert [receipt.version for receipt in receipts] == list(range(len(receipts), 0, -1)), order


def _holds_one(order: tuple[str, ...]) -> bool:
    """A dispute holds what was valid just before it; it neither makes a receipt nor wakes a void one."""
    return order[-2] in {"good", "part paid back"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(SEEN)), min_size=1, max_size=8))
def test_however_the_facts_came_at_most_one_version_is_valid_and_letters_name_real_versions(
    gift: Gift, seen: list[str]
) -> None:
    with gift.open_transaction() as session:
        one = Gift(gift.open_transaction, store_gift_of(session, gift.facts.donor_id))
    for name in seen:
        one.tell(**SEEN[name])
    receipts = one.receipts()
    assert len(_valid(receipts)) <= 1
    assert all(receipt.state is ReceiptState.SUPERSEDED for receipt in receipts[1:] if receipt.state != "voided")
    keys = set(one.letter_keys())
    assert {f"receipt:{receipt.id}" for receipt in receipts} <= keys
    voided = [receipt for receipt in receipts if receipt.state is ReceiptState.VOIDED]
    assert {f"receipt-voided:{receipt.id}" for receipt in voided} <= keys


def test_a_receipt_says_what_was_given_and_to_whom(gift: Gift) -> None:
    gift.tell(fee_cover_minor=175, tribute="In memory of Harriet Lowe", is_renewal=True)
    (receipt,) = gift.receipts()
    said = {column: getattr(receipt, column) for column in ("donor_name", "donor_address", "tribute", "method")}
    assert said == {
        "donor_name": "Grace Giver",
        "donor_address": "grace.giver@example.org",
        "tribute": "In memory of Harriet Lowe",
        "method": "Visa •••• 4242",
    }
    assert (receipt.legal_name, receipt.tax_number) == ("Northern Crossings Institute, Inc.", "00-0000000")
    assert (receipt.paid_minor, receipt.fee_cover_minor, receipt.amount_minor) == (5000, 175, 5000)
    assert (receipt.number, receipt.year, receipt.given_on.isoformat()) == ("2026-000001", 2026, "2026-11-20")
    assert receipt.is_renewal


@pytest.mark.parametrize(
    ("amount_minor", "value_minor", "deductible_minor"),
    [(5000, 0, 5000), (5000, 4999, 1), (5000, 5000, 0), (5000, 9000, 0)],
)
def test_deductible_is_what_exceeds_the_value_received_and_never_negative(
    gift: Gift, amount_minor: int, value_minor: int, deductible_minor: int
) -> None:
    gift.tell(paid_minor=amount_minor, fair_market_value_minor=value_minor, benefit="A dinner")
    assert gift.receipts()[0].deductible_minor == deductible_minor


@pytest.mark.parametrize(
    "change",
    [
        {"donor_name": "Grace B. Giver"},
        {"paid_minor": 6000},
        {"refunded_minor": 1},
        {"fee_cover_minor": 200},
        {"fair_market_value_minor": 100},
        {"benefit": "A mug"},
        {"tribute": "In honor of Ada"},
        {"currency": "cad"},
        {"paid_at": datetime(2026, 11, 19, 12, tzinfo=UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_fact_is_a_new_version_of_the_same_number_with_its_letter(gift: Gift, change: dict[str, Any]) -> None:
    gift.tell()
    gift.tell(**change)
    second, first = gift.receipts()
    assert (first.number, first.version, first.state, first.state_reason) == (
        "2026-000001",
        1,
        "superseded",
        "replaced",
    )
    assert (second.number, second.version, second.state) == ("2026-000001", 2, "issued")
    assert gift.letter_keys() == [f"receipt:{first.id}", f"receipt:{second.id}"]


@pytest.mark.parametrize(
    "change",
    [
        {"fund_name": "Where it is needed the most"},
        {"method": "Visa"},
        {"language": "ru"},
        {"address": "grace@new.example"},
        {"is_renewal": True},
        {"paid_at": datetime(2026, 11, 20, 23, tzinfo=UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_no_other_receipt_sends_no_second_one(gift: Gift, change: dict[str, Any]) -> None:
    gift.tell()
    gift.tell(**change)
    assert gift.states() == ["issued"]
    assert len(gift.letter_keys()) == 1


def test_a_new_office_address_changes_no_receipt_that_was_issued(gift: Gift) -> None:
    gift.tell()
    with gift.open_transaction() as session:
        get_organisation(session).postal_address = "1 New Street"
    gift.tell()
    (receipt,) = gift.receipts()
    assert receipt.postal_address.startswith("14 Wharf Lane")
    gift.tell(donor_name="G. Giver")
    assert gift.receipts()[0].postal_address == "1 New Street"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("paid back", "paid_back"), ("charged back", "charged_back"), ("unpaid", "unpaid")],
)
def test_a_void_receipt_says_why_and_one_letter_goes_out(gift: Gift, name: str, reason: str) -> None:
    gift.tell()
    gift.tell(**SEEN[name])
    gift.tell()
    (receipt,) = gift.receipts()
    assert (receipt.state, receipt.state_reason) == ("voided", reason)
    assert gift.letter_keys() == [f"receipt:{receipt.id}", f"receipt-voided:{receipt.id}"]


def test_holding_and_giving_back_sends_nothing(gift: Gift) -> None:
    gift.tell()
    gift.tell(standing=Standing.DISPUTED)
    assert gift.receipts()[0].state_reason == "disputed"
    gift.tell(standing=Standing.GOOD)
    assert (gift.receipts()[0].state_reason, len(gift.letter_keys())) == ("", 1)


@pytest.mark.parametrize(
    ("paid_at", "year", "day"),
    [
        (datetime(2027, 1, 1, 4, 30, tzinfo=UTC), 2026, "2026-12-31"),  # 31 December, 23:30 Eastern
        (datetime(2027, 1, 1, 4, 59, 59, tzinfo=UTC), 2026, "2026-12-31"),
        (datetime(2027, 1, 1, 5, 0, tzinfo=UTC), 2027, "2027-01-01"),
        (datetime(2026, 7, 1, 3, 59, tzinfo=UTC), 2026, "2026-06-30"),  # summer time: four hours, not five
    ],
)
def test_a_gift_belongs_to_the_year_and_day_of_the_organisations_zone(
    gift: Gift, paid_at: datetime, year: int, day: str
) -> None:
    gift.tell(paid_at=paid_at)
    (receipt,) = gift.receipts()
    assert (receipt.year, receipt.given_on.isoformat(), receipt.number) == (year, day, f"{year}-000001")


def test_a_paid_gift_without_its_moment_is_refused_in_words(gift: Gift) -> None:
    with pytest.raises(BadInput, match="nobody says when"):
        gift.tell(paid_at=None)
    assert gift.states() == []


def test_no_receipt_before_the_organisation_is_known(open_transaction: Open) -> None:
    with open_transaction() as session, pytest.raises(NotFound, match="legal name"):
        bring_up_to_date(session, CARD_GIFT)


def test_finding_receipts(gift: Gift) -> None:
    gift.tell()
    gift.tell(refunded_minor=100)
    with gift.open_transaction() as session:
        other = Gift(gift.open_transaction, store_gift(session, "Ivan Other"))
    other.tell()
    with gift.open_transaction() as session:
        newest = find_receipt_by_number(session, " 2026-000001 ")
        assert newest is not None
        assert newest.version == 2
        assert get_receipt(session, newest.id) is newest
        assert [receipt.version for receipt in list_receipts_of_gift(session, gift.facts.donation_id)] == [2, 1]
        assert [receipt.version for receipt in list_receipts_of_donor(session, gift.facts.donor_id)] == [2, 1]
        assert find_receipt_by_number(session, "2026-000009") is None
        with pytest.raises(NotFound):
            get_receipt(session, newest.id + 99)


@pytest.mark.parametrize(
    "statement",
    [
        "update receipts set amount_minor = 1",
        "update receipts set donor_name = 'Somebody Else'",
        "update receipts set state = 'voided', statement = ''",
        "delete from receipts",
        "truncate receipts",
    ],
)
def test_the_database_itself_refuses_to_rewrite_a_receipt(gift: Gift, statement: str) -> None:
    gift.tell()
    with pytest.raises(DBAPIError, match=r"never rewritten|only ever added to"), gift.open_transaction() as session:
        session.execute(text(statement))
    assert (gift.states(), gift.receipts()[0].amount_minor) == (["issued"], 5000)
