"""Payment methods: the card, bank account or PayPal that a donor typed in. Owns their shape; never charges one.

A card's whole number stays in the notes: like Stripe, the API shows its last four digits only.
"""

import hashlib

from stripe import Charge, PaymentMethod
from stripe.params import PaymentMethodRetrieveParams

from service.development.fakestripe.account import Account
from service.development.fakestripe.cards import TestCard
from service.development.fakestripe.route import Params, read
from service.development.fakestripe.shapes import JsonObject, fill

_CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def make_method(
    account: Account,
    kind: str,
    *,
    email: str | None,
    name: str | None,
    card: TestCard | None = None,
    expires: tuple[int, int] = (12, 2034),
) -> JsonObject:
    """Make a payment method that belongs to nobody yet.

    Args:
        account: where it is kept.
        kind: "card", "us_bank_account" or "paypal".
        email: the payer's address.
        name: the payer's name.
        card: what the card does; needed for cards.
        expires: month and year, for cards.
    """
    details = _describe(kind, card, expires, email)
    billing = fill(PaymentMethod.BillingDetails, address=dict(NO_ADDRESS), email=email, name=name)
    fields: JsonObject = {kind: details, "billing_details": billing, "type": kind, "metadata": {}}
    method = account.add("payment_method", "pm", allow_redisplay="unspecified", **fields)
    if card:
        account.note(method["id"])["number"] = card.number
    return method


def describe_payment(method: JsonObject) -> JsonObject:
    """Return a charge's ``payment_method_details`` for this method."""
    kind = method["type"]
    given = method[kind]
    if kind == "card":
        kept: tuple[str, ...] = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
        details = fill(
            Charge.PaymentMethodDetails.Card,
            ("description", "iin", "issuer", "moto"),
            **{field: given[field] for field in kept},
            checks=dict(_CHECKS),
            network=given["brand"],
        )
    elif kind == "us_bank_account":
        kept = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
        details = fill(
            Charge.PaymentMethodDetails.UsBankAccount,
            ("expected_debit_date",),
            **{field: given[field] for field in kept},
        )
    else:
        kept = ("payer_email", "payer_id")
        details = fill(Charge.PaymentMethodDetails.Paypal, **{field: given[field] for field in kept})
    return {kind: details, "type": kind}


def _describe(kind: str, card: TestCard | None, expires: tuple[int, int], email: str | None) -> JsonObject:
    if kind == "us_bank_account":
        return fill(
            PaymentMethod.UsBankAccount,
            account_holder_type="individual",
            account_type="checking",
            bank_name="STRIPE TEST BANK",
            fingerprint=_fingerprint("000123456789"),
            last4="6789",
            routing_number="110000000",
        )
    if kind == "paypal":
        return fill(PaymentMethod.Paypal, payer_email=email, payer_id=_fingerprint(email or "")[:13].upper())
    if card is None:
        raise TypeError("a card payment needs a card")
    return fill(
        PaymentMethod.Card,
        ("description", "iin", "issuer"),
        brand=card.brand,
        checks=dict(_CHECKS),
        country="US",
        display_brand=card.brand,
        exp_month=expires[0],
        exp_year=expires[1],
        fingerprint=_fingerprint(card.number),
        funding="credit",
        last4=card.number[-4:],
    )


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _retrieve(account: Account, _params: Params, method_id: str) -> JsonObject:
    return account.get("payment_method", method_id)


ROUTES = (read("/v1/payment_methods/<method_id>", PaymentMethodRetrieveParams, _retrieve),)
