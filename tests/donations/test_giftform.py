"""What a giver typed: which amounts are taken, what is said about the others, and what is kept of a name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.donations.giftform import FIELDS, BadGift, Fault, Wish, clean_line, read_wish
from service.donations.models import Fund
from service.organisation.models import Organisation

FUNDS = [Fund(id=7, slug="general", name="General"), Fund(id=8, slug="travel", name="Travel")]
FORM = {"amount": "5000", "name": "Ada Giver", "address": "ada@example.org"}


def organisation(currency: str = "usd") -> Organisation:
    """Takes $5 to $25,000 and pays 2.9 % and 30 cents."""
    return Organisation(
        currency=currency, smallest_minor=500, largest_minor=2_500_000, fee_basis_points=290, fee_fixed_minor=30
    )


def read(currency: str = "usd", **changes: str) -> Wish:
    """Read the form with these fields changed."""
    return read_wish({**FORM, **changes}, organisation(currency), FUNDS)


def faults(currency: str = "usd", **changes: str) -> dict[str, Fault]:
    """What is wrong with the form, by field."""
    with pytest.raises(BadGift) as caught:
        read(currency, **changes)
    return caught.value.faults


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("5", 500),
        ("12.5", 1250),
        ("$1,250.50", 125_050),
        (" 25000 ", 2_500_000),
        ("７５．２０", 7520),
        ("50 USD", 5000),
    ],
)
def test_case_73_an_amount_is_read_to_the_cent(typed: str, minor: int) -> None:
    assert read(amount="other", other_amount=typed).amount_minor == minor


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", Fault.AMOUNT_MISSING),
        ("   ", Fault.AMOUNT_MISSING),
        ("0.01", Fault.AMOUNT_TOO_SMALL),
        ("0", Fault.AMOUNT_TOO_SMALL),
        ("4.99", Fault.AMOUNT_TOO_SMALL),
        ("25000.01", Fault.AMOUNT_TOO_LARGE),
        ("1000000000000", Fault.AMOUNT_TOO_LARGE),
        ("9" * 400, Fault.AMOUNT_UNREADABLE),
        ("-50", Fault.AMOUNT_UNREADABLE),
        ("−50", Fault.AMOUNT_UNREADABLE),
        ("1e3", Fault.AMOUNT_UNREADABLE),
        ("0x50", Fault.AMOUNT_UNREADABLE),
        ("50.001", Fault.AMOUNT_UNREADABLE),
        ("50\x00", Fault.AMOUNT_UNREADABLE),
        ("5 0", Fault.AMOUNT_UNREADABLE),
        ("50 EUR", Fault.AMOUNT_UNREADABLE),
        ("NaN", Fault.AMOUNT_UNREADABLE),
        ("½", Fault.AMOUNT_UNREADABLE),
    ],
)
def test_case_73_other_amounts_are_refused_in_a_word(typed: str, fault: Fault) -> None:
    assert faults(amount="other", other_amount=typed) == {"amount": fault}


@pytest.mark.parametrize(
    "sent", ["-5000", "5e3", "5000.0", " 5000", "５０００", "9" * 16, "5000\x00", "5_000", "+5000"]
)
def test_case_73_only_our_own_buttons_send_minor_units(sent: str) -> None:
    assert faults(amount=sent) == {"amount": Fault.AMOUNT_UNREADABLE}


@pytest.mark.parametrize(("sent", "fault"), [("1", Fault.AMOUNT_TOO_SMALL), ("1000000000000", Fault.AMOUNT_TOO_LARGE)])
def test_case_73_a_button_that_was_tampered_with_keeps_to_the_limits(sent: str, fault: Fault) -> None:
    assert faults(amount=sent) == {"amount": fault}


def test_case_73_a_currency_without_decimals_takes_none() -> None:
    assert read("jpy", amount="other", other_amount="5000").amount_minor == 5000
    assert faults("jpy", amount="other", other_amount="5000.5") == {"amount": Fault.AMOUNT_UNREADABLE}
    assert faults("isk", amount="5050") == {"amount": Fault.AMOUNT_UNREADABLE}


def test_case_73_the_form_decides_neither_currency_nor_fee() -> None:
    extra = {"currency": "jpy", "fee_cover_minor": "1", "amount_minor": "1", "state": "complete", "fund_id": "99"}
    wish = read_wish({**FORM, **extra}, organisation(), FUNDS)
    assert (wish.currency, wish.amount_minor, wish.fee_cover_minor, wish.fund_id) == ("usd", 5000, 0, 7)


def test_the_fee_is_covered_only_when_asked_and_by_our_own_sum() -> None:
    assert read().fee_cover_minor == 0
    covered = read(cover_fee="yes")
    # 2.9 % of $51.81 is $1.502, and 30 cents: what is left is $50.00.
    assert (covered.amount_minor, covered.fee_cover_minor) == (5000, 181)


def test_every_fault_is_told_at_once() -> None:
    assert faults(amount="x", frequency="daily", fund="gone", name=" \t", address="ada@", tribute_kind="honour") == {
        "amount": Fault.AMOUNT_UNREADABLE,
        "frequency": Fault.FREQUENCY_UNKNOWN,
        "fund": Fault.FUND_CLOSED,
        "name": Fault.NAME_MISSING,
        "address": Fault.ADDRESS_WRONG,
        "tribute_name": Fault.TRIBUTE_NAME_MISSING,
    }


def test_a_tribute_needs_both_its_halves_and_is_never_guessed() -> None:
    assert faults(tribute_name="Leo") == {"tribute_kind": Fault.TRIBUTE_KIND_MISSING}
    assert faults(tribute_kind="hate", tribute_name="Leo") == {"tribute_kind": Fault.TRIBUTE_KIND_MISSING}
    wish = read(tribute_kind="memory", tribute_name="Leo")
    assert (wish.tribute_kind, wish.tribute_name) == ("memory", "Leo")


def test_a_fund_is_one_that_is_open_and_the_first_without_a_choice() -> None:
    assert [read(fund=slug).fund_id for slug in ("", "general", "travel")] == [7, 7, 8]
    with pytest.raises(BadGift) as caught:
        read_wish(FORM, organisation(), [])
    assert caught.value.faults == {"fund": Fault.FUND_CLOSED}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \t Giver ", "Ada Giver"),
        ("Ada\r\nBcc: all@example.org", "Ada Bcc: all@example.org"),
        ("Ада\x00 Дарова\x1b", "Ада Дарова"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>张伟</b>", "<b>张伟</b>"),
        ("x" * 500, "x" * 120),
        ("é", "é"),
    ],
)
def test_a_line_of_words_keeps_what_can_be_read(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40)))
def test_case_73_whatever_is_sent_becomes_a_gift_within_the_limits_or_a_word(form: dict[str, str]) -> None:
    found: dict[str, Fault] = {}
    try:
        wish = read_wish({**FORM, **form}, organisation(), FUNDS)
    except BadGift as problem:
        found = problem.faults
    assert found or 500 <= wish.amount_minor <= 2_500_000
    assert found or not any(
        unicodedata.category(char) == "Cc" for char in wish.name + wish.tribute_name + wish.employer
    )
