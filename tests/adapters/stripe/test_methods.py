"""How somebody paid, in words: the brand and the last digits, and never a code of Stripe's."""

from typing import Any

import pytest
import stripe

from service.adapters.stripe.methods import describe_method, is_slow


@pytest.mark.parametrize(
    ("method", "words", "slow"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "Visa •••• 4242", False),
        ({"type": "card", "card": {"brand": "amex", "last4": "0005"}}, "American Express •••• 0005", False),
        ({"type": "card", "card": {"brand": "new_brand", "last4": "1"}}, "New brand •••• 1", False),
        ({"type": "card", "card": {"brand": None, "last4": None}}, "Card", False),
        ({"type": "card"}, "Card", False),
        ({"type": "us_bank_account", "us_bank_account": {"last4": "6789"}}, "Bank account •••• 6789", True),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}, "Bank account •••• 3000", True),
        ({"type": "paypal", "paypal": {"payer_email": "jane@example.org"}}, "PayPal", False),
        ({"type": "link", "link": {"country": "US"}}, "Link", False),
        ({"type": "amazon_pay", "amazon_pay": {}}, "Amazon Pay", False),
        ({"type": "some_new_pay", "some_new_pay": None}, "Some new pay", False),
        ({}, "", False),
    ],
)
def test_a_method_has_words(method: dict[str, Any], words: str, slow: bool) -> None:
    given = stripe.StripeObject.construct_from(method, key=None)
    assert (describe_method(given), is_slow(given)) == (words, slow)


def test_no_method_has_none() -> None:
    assert (describe_method(None), is_slow(None)) == ("", False)
