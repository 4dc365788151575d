"""The legal sentences, case by case. Changing one fails here, and then TEMPLATE_VERSION must go up."""

import pytest

from service.money import CURRENCIES
from service.receipts import wording
from service.receipts.wording import say_what_was_given_in_return

DINNER = "In exchange for this contribution, the following was provided to you: A dinner. "
LIMITED = "is limited to the excess of your contribution over the value of the goods or services provided"


def test_a_pure_gift_says_that_nothing_was_given_in_return() -> None:
    said = say_what_was_given_in_return(25000, 0, "", 25000, "usd")
    assert said == "No goods or services were provided in exchange for this contribution."


def test_something_in_return_is_described_with_a_good_faith_estimate() -> None:
    said = say_what_was_given_in_return(5000, 2000, " A\n dinner. ", 3000, "usd")
    assert said == DINNER + "Our good-faith estimate of its fair market value is $20.00."


@pytest.mark.parametrize(
    ("paid_minor", "value_minor", "is_told"),
    [
        (7500, 2000, False),  # not more than $75
        (7501, 2000, True),
        (7501, 7501, True),  # the payment counts, not the deductible part
        (10000, 9000, True),
        (7501, 0, False),  # a pure gift is no exchange
    ],
)
def test_above_75_dollars_the_donor_is_told_that_only_the_excess_counts(
    paid_minor: int, value_minor: int, is_told: bool
) -> None:
    said = say_what_was_given_in_return(paid_minor, value_minor, "A dinner", paid_minor - value_minor, "usd")
    assert (LIMITED in said) is is_told
    assert ("only the excess, $" in said) is is_told


def test_the_excess_is_named() -> None:
    said = say_what_was_given_in_return(12000, 4500, "A dinner", 7500, "usd")
    assert said.endswith("only the excess, $75.00, is deductible.")
    assert "fair market value is $45.00." in said


@pytest.mark.parametrize("currency", sorted(set(CURRENCIES) - {"usd"}))
def test_in_other_money_the_donor_is_always_told(currency: str) -> None:
    assert LIMITED in say_what_was_given_in_return(1000, 500, "A dinner", 500, currency)


@pytest.mark.parametrize(
    ("currency", "written"), [("usd", "$12.34"), ("jpy", "¥1,234"), ("bhd", "BHD 1.234"), ("eur", "€12.34")]
)
def test_amounts_in_sentences_are_written_by_their_currency(currency: str, written: str) -> None:
    assert f"fair market value is {written}." in say_what_was_given_in_return(9999, 1234, "A book", 8765, currency)


def test_a_token_says_that_the_whole_gift_counts() -> None:
    said = say_what_was_given_in_return(9000, 0, "A bookmark", 9000, "usd")
    assert said.startswith("You received: A bookmark. ")
    assert said.endswith("the full amount of your payment is a deductible contribution.")


def test_a_value_without_a_description_still_names_goods_or_services() -> None:
    assert "provided to you: goods or services." in say_what_was_given_in_return(5000, 100, " ", 4900, "usd")


def test_the_exemption_names_section_and_tax_number() -> None:
    said = wording.say_who_is_exempt("Northern Crossings Institute, Inc.", "00-0000000")
    assert said == (
        "Northern Crossings Institute, Inc. is exempt from federal income tax under section 501(c)(3) of the "
        "Internal Revenue Code. Tax number (EIN): 00-0000000."
    )


def test_only_later_versions_say_what_they_replace() -> None:
    assert wording.say_which_it_replaces("2026-000007", 1) == ""
    assert wording.say_which_it_replaces("2026-000007", 2).endswith("It replaces every earlier version.")
    assert wording.say_which_statement_it_replaces(2026, 1) == ""
    assert "version 3 of the statement for 2026" in wording.say_which_statement_it_replaces(2026, 3)


def test_a_renewal_has_its_own_receipt_and_a_dead_one_warns() -> None:
    assert "recurring gift" in wording.RENEWAL
    for notice in (wording.VOID, wording.HELD, wording.SUPERSEDED, wording.STATEMENT_SUPERSEDED):
        assert "do not use it for tax purposes" in notice
