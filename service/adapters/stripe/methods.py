"""How somebody paid, in words for people: ``Visa •••• 4242``. Never a whole number."""

from collections.abc import Mapping
from typing import Any, Final

from stripe import StripeObject

_BRANDS: Final = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "EFTPOS",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
_KINDS: Final = {
    "ach_debit": "Bank account",
    "amazon_pay": "Amazon Pay",
    "bacs_debit": "Bank account",
    "cashapp": "Cash App",
    "paypal": "PayPal",
    "sepa_debit": "Bank account",
    "us_bank_account": "Bank account",
}
# Those whose bank answers days later: https://docs.stripe.com/payments/bank-debits
_SLOW: Final = frozenset(
    {"acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit", "us_bank_account"}
)


def describe_method(method: StripeObject | None) -> str:
    """Return the words for a payment method, or for what a charge says of it; nothing where there is none."""
    if method is None:
        return ""
    written: Mapping[str, Any] = method.to_dict()
    kind = str(written.get("type") or "")
    details = written.get(kind)
    details = details if isinstance(details, Mapping) else {}
    brand = details.get("brand")
    name = _BRANDS.get(str(brand), _in_words(str(brand))) if brand and kind == "card" else _name_kind(kind)
    last_digits = details.get("last4")
    return f"{name} •••• {last_digits}" if last_digits else name


def is_slow(method: StripeObject | None) -> bool:
    """Whether a payment by this is known to have failed only days after it was made."""
    return method is not None and str(method.to_dict().get("type")) in _SLOW


def _name_kind(kind: str) -> str:
    return _KINDS.get(kind, _in_words(kind))


def _in_words(code: str) -> str:
    return code.replace("_", " ").capitalize()
