"""Amounts as people write them, as programs write them, and as integers between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.money import BASIS, CURRENCIES, fee_to_cover, get_currency, parse_amount, write_amount, write_plain

# docs.stripe.com/currencies: decimals of what is charged, and the step where not every amount can be.
PLACES = {
    0: {"jpy", "krw", "vnd", "clp", "xaf", "xof", "pyg", "rwf"},
    3: {"bhd", "jod", "kwd", "omr", "tnd"},
    2: {
        "usd",
        "eur",
        "gbp",
        "cad",
        "aud",
        "chf",
        "sek",
        "pln",
        "nok",
        "dkk",
        "czk",
        "nzd",
        "sgd",
        "hkd",
        "mxn",
        "brl",
        "inr",
        "ils",
        "zar",
        "huf",
        "twd",
        "isk",
        "ugx",
    },
}
STEPS = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}


def test_every_currency_has_its_decimals_and_its_step() -> None:
    assert set().union(*PLACES.values()) == set(CURRENCIES)
    for places, codes in PLACES.items():
        for code in codes:
            assert (code, CURRENCIES[code].places, CURRENCIES[code].step) == (code, places, STEPS.get(code, 1))


@pytest.mark.parametrize("code", ["xyz", "", "btc", "usd ", "U$D"])
def test_a_currency_outside_the_table_is_refused(code: str) -> None:
    with pytest.raises(BadInput, match="can’t take gifts in"):
        get_currency(code)


@pytest.mark.parametrize(
    ("typed", "code", "minor"),
    [
        ("50", "usd", 5000),
        ("$50", "usd", 5000),
        ("50 USD", "usd", 5000),
        ("1,250.50", "usd", 125_050),
        ("0.01", "usd", 1),
        ("0.5", "usd", 50),
        (" ５０ ", "usd", 5000),
        ("9999999999999.99", "usd", 999_999_999_999_999),
        ("500", "jpy", 500),
        ("¥500", "jpy", 500),
        ("1.250", "kwd", 1250),
        ("3", "isk", 300),
    ],
)
def test_an_amount_is_read_as_it_was_meant(typed: str, code: str, minor: int) -> None:
    assert parse_amount(typed, code) == minor


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "usd"),
        ("fifty", "usd"),
        ("-5", "usd"),
        ("1e3", "usd"),
        ("0x10", "usd"),
        ("5.001", "usd"),
        ("1,25", "usd"),
        ("12,50.00", "usd"),
        ("5\x000", "usd"),
        ("NaN", "usd"),
        ("infinity", "usd"),
        ("99999999999999.99", "usd"),
        ("5.5", "jpy"),
        ("1.255", "kwd"),
        ("3.50", "isk"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(typed: str, code: str) -> None:
    with pytest.raises(BadInput):
        parse_amount(typed, code)


@pytest.mark.parametrize(
    ("minor", "code", "written", "plain"),
    [
        (125_050, "usd", "$1,250.50", "1250.50"),
        (-300, "usd", "−$3.00", "-3.00"),
        (5, "eur", "€0.05", "0.05"),
        (1200, "jpy", "¥1,200", "1200"),
        (1250, "kwd", "KWD 1.250", "1.250"),
        (-7, "jpy", "−¥7", "-7"),
    ],
)
def test_an_amount_is_written_for_people_and_for_programs(minor: int, code: str, written: str, plain: str) -> None:
    assert write_amount(minor, code) == written
    assert write_plain(minor, code) == plain


def test_an_amount_that_others_charged_in_a_strange_currency_is_written_as_it_is() -> None:
    assert write_amount(-1250, "XTS") == "XTS −1250 (minor units)"
    assert write_plain(-1250, "xts") == "-1250"


def test_a_round_amount_may_be_written_short() -> None:
    assert write_amount(5000, short=True) == "$50"
    assert write_amount(5050, short=True) == "$50.50"


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**12))
def test_what_is_written_is_read_back(code: str, units: int) -> None:
    minor = units * CURRENCIES[code].step
    assert parse_amount(write_amount(minor, code), code) == minor
    assert parse_amount(write_plain(minor, code), code) == minor


@given(st.integers(1, 10**9), st.integers(0, 1000), st.integers(0, 500))
def test_covering_the_fee_leaves_at_least_the_gift_and_at_most_a_cent_more(gift: int, rate: int, fixed: int) -> None:
    whole = gift + fee_to_cover(gift, rate, fixed)
    fee = (whole * rate + BASIS // 2) // BASIS + fixed  # half a cent is rounded up
    assert gift <= whole - fee <= gift + 2
