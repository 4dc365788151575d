"""The shape of every object, taken from the installed client's own classes: exactly its fields, no more and no less.

Owns which fields Stripe leaves out of an answer until they are asked for. Never knows what a field means.
"""

from collections.abc import Collection
from functools import cache
from types import MappingProxyType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe import StripeObject
from stripe.billing_portal import Configuration
from stripe.billing_portal import Session as PortalSession
from stripe.checkout import Session as CheckoutSession

JsonObject = dict[str, Any]

CLASSES: MappingProxyType[str, type[StripeObject]] = MappingProxyType(
    {
        "balance": stripe.Balance,
        "balance_transaction": stripe.BalanceTransaction,
        "billing_portal.configuration": Configuration,
        "billing_portal.session": PortalSession,
        "charge": stripe.Charge,
        "checkout.session": CheckoutSession,
        "customer": stripe.Customer,
        "dispute": stripe.Dispute,
        "event": stripe.Event,
        "invoice": stripe.Invoice,
        "invoice_payment": stripe.InvoicePayment,
        "item": stripe.LineItem,
        "line_item": stripe.InvoiceLineItem,
        "payment_intent": stripe.PaymentIntent,
        "payment_method": stripe.PaymentMethod,
        "payout": stripe.Payout,
        "plan": stripe.Plan,
        "price": stripe.Price,
        "product": stripe.Product,
        "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
        "refund": stripe.Refund,
        "subscription": stripe.Subscription,
        "subscription_item": stripe.SubscriptionItem,
        "webhook_endpoint": stripe.WebhookEndpoint,
    }
)

# Left out of answers unless they are expanded, as each field's page in Stripe's API reference says ("Expandable").
ON_REQUEST: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        "charge": frozenset({"refunds"}),
        "checkout.session": frozenset({"line_items"}),
        "customer": frozenset({"cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"}),
        "invoice": frozenset({"confirmation_secret", "payments"}),
        "plan": frozenset({"tiers"}),
        "price": frozenset({"currency_options", "tiers"}),
    }
)
# A product of Stripe's of its own, which this account has not joined.
_NOT_JOINED = frozenset({"managed_payments"})


def shape(name: str, /, **fields: Any) -> JsonObject:
    """Return an object with all of its fields: those given, and null for every other that may be null.

    Args:
        name: the ``object`` of Stripe's object, such as "charge".
        fields: its fields by name; all that may not be null must be among them.

    Raises:
        TypeError: a field is missing, or the installed client does not know it. The fake is wrong, not the caller.
    """
    made = fill(CLASSES[name], _find_left_out(name), object=name, **fields)
    return {"id": made["id"], "object": name} | made


def fill(made_of: type, left_out: Collection[str] = (), /, **fields: Any) -> JsonObject:
    """Return a hash with all fields that this class of the client declares, but for those left out.

    Raises:
        TypeError: a field is missing, or the class does not know it.
    """
    blank, needed = _read_class(made_of)
    unknown = fields.keys() - made_of.__annotations__.keys()
    if unknown:
        raise TypeError(f"{made_of.__qualname__} has no {', '.join(sorted(unknown))} in stripe {stripe.VERSION}")
    missing = needed - fields.keys() - set(left_out)
    if missing:
        raise TypeError(f"{made_of.__qualname__}.{min(missing)} is missing")
    return {
        field: fields.get(field, blank.get(field))
        for field in made_of.__annotations__
        if field in fields or field not in left_out
    }


def list_of(url: str, found: list[JsonObject]) -> JsonObject:
    """Return Stripe's list that lies inside of an object."""
    return {"object": "list", "data": found, "has_more": False, "url": url}


def may_be_null(hint: Any) -> bool:
    """Whether the client declares this field as optional."""
    return get_origin(hint) is Union and type(None) in get_args(hint)


def is_expandable(name: str, field: str) -> bool:
    """Whether ``expand`` may name this field: an id that stands for an object, or a list left out until asked for."""
    if field in ON_REQUEST.get(name, frozenset()):
        return True
    hint = CLASSES[name].__annotations__.get(field)
    parts = get_args(hint)
    return str in parts and any(isinstance(part, ForwardRef) for part in parts)


def literal_values(hint: Any) -> tuple[str, ...]:
    """Return the words that a hint allows, empty if it is not a choice of words."""
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return tuple(value for part in get_args(hint) for value in literal_values(part))


@cache
def _read_class(made_of: type) -> tuple[JsonObject, frozenset[str]]:
    """Return what the fields that need not be given are, and the names of those that must be."""
    hints = made_of.__annotations__
    blank: JsonObject = {field: None for field, hint in hints.items() if may_be_null(hint)}
    if "livemode" in hints:
        blank["livemode"] = False
    return blank, frozenset(hints) - frozenset(blank)


@cache
def _find_left_out(name: str) -> frozenset[str]:
    left_out = {"OBJECT_NAME", "deleted"} | _NOT_JOINED | ON_REQUEST.get(name, frozenset())
    if name == "payment_method":  # shows the details of the one kind that it is of
        left_out |= set(literal_values(CLASSES[name].__annotations__["type"]))
    return frozenset(left_out)
