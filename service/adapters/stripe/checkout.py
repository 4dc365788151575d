"""Stripe's own page for one gift: opening it, closing it, and how far a giver came.

The amounts are ours: each page is made for one order, with prices of its own. Never reads an amount back from a page.
"""

from dataclasses import replace
from typing import Final

import stripe
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsLineItemPriceData,
)

from service.adapters.stripe.invoices import list_payments_of_invoice
from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import id_of, read_labels, seconds, write_labels
from service.donations.gateway import CheckoutFacts, CheckoutOrder, OpenedCheckout
from service.donations.states import Frequency
from service.errors import BadInput, NotFound

COVER: Final = "Covers the processing fee"
INTERVALS: Final = {Frequency.MONTHLY: "month", Frequency.YEARLY: "year"}
# The page's languages: https://docs.stripe.com/js/appendix/supported_locales
LOCALES: Final = (
    *("bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN", "hr"),
    *("hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl"),
    *("sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"),
)
_SAME_LANGUAGE: Final = {"hi": "hi-IN", "no": "nb", "nn": "nb", "tl": "fil", "zh-hant": "zh-TW", "zh-mo": "zh-HK"}


def open_checkout(client: stripe.StripeClient, order: CheckoutOrder, key: str) -> OpenedCheckout:
    """Make the page. Where Stripe no longer knows the customer or product, make it without: the gift counts more."""
    try:
        return _create(client, order, key)
    except NotFound:
        alone = replace(order, customer_id=None, product_id=None)
        if alone == order:
            raise
        return _create(client, alone, f"{key}:alone")


def expire_checkout(client: stripe.StripeClient, session_id: str) -> None:
    """Close a page. Safe to repeat: Stripe refuses to close one that is not open, which is what we want."""
    try:
        with translated():
            client.v1.checkout.sessions.expire(session_id)
    except BadInput:
        with translated():
            present = client.v1.checkout.sessions.retrieve(session_id)
        if present.status == "open":
            raise


def fetch_checkout(client: stripe.StripeClient, session_id: str) -> CheckoutFacts:
    """Return how far a giver came. For a standing arrangement, the payment is that of its first invoice."""
    with translated():
        session = client.v1.checkout.sessions.retrieve(session_id)
    payment_id = id_of(session.payment_intent)
    invoice_id = id_of(session.invoice)
    if payment_id is None and invoice_id is not None:
        payment_id = next(iter(list_payments_of_invoice(client, invoice_id)), None)
    return CheckoutFacts(
        session_id=session.id,
        attempt=read_labels(session.metadata).attempt or session.client_reference_id,
        state=session.status or "open",
        payment_id=payment_id,
        subscription_id=id_of(session.subscription),
    )


def choose_locale(language: str) -> str:
    """Return the page's language for a reader's (``de``, ``pt-BR``, ``zh-Hant``), or ``auto``: as the browser asks."""
    whole = language.replace("_", "-")
    primary, _, rest = whole.partition("-")
    known = {locale.lower(): locale for locale in LOCALES} | _SAME_LANGUAGE
    candidates = (whole, f"{primary}-{rest.partition('-')[0]}", primary)
    return next((known[one.lower()] for one in candidates if one.lower() in known), "auto")


def _create(client: stripe.StripeClient, order: CheckoutOrder, key: str) -> OpenedCheckout:
    with translated():
        session = client.v1.checkout.sessions.create(_describe(order), {"idempotency_key": key})
    if session.url is None:
        raise BadInput("The payment service made no page for this gift.")
    return OpenedCheckout(session.id, session.url)


def _describe(order: CheckoutOrder) -> SessionCreateParams:
    labels = write_labels(order.attempt, order.fund, order.fee_cover_minor)
    params: SessionCreateParams = {
        "ui_mode": "hosted_page",
        "submit_type": "donate",
        "line_items": _list_lines(order),
        "metadata": labels,
        "client_reference_id": order.attempt,
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": seconds(order.expires_at),
        "locale": choose_locale(order.language),
    }
    # A second and third place for the labels: an invoice or a payment is often heard of before its page.
    if order.frequency is Frequency.ONCE:
        params["mode"] = "payment"
        params["payment_intent_data"] = {"metadata": labels}
    else:
        params["mode"] = "subscription"
        params["subscription_data"] = {"metadata": labels}
    if order.customer_id is not None:
        params["customer"] = order.customer_id
    else:
        params["customer_email"] = order.address
        if order.frequency is Frequency.ONCE:  # with a subscription there always is one, and Stripe refuses the word
            params["customer_creation"] = "always"
    return params


def _list_lines(order: CheckoutOrder) -> list[SessionCreateParamsLineItem]:
    """A standing arrangement has one line for the whole, so that another amount later is one change."""
    if order.frequency is not Frequency.ONCE:
        return [_line(order, order.amount_minor + order.fee_cover_minor)]
    lines = [_line(order, order.amount_minor)]
    if order.fee_cover_minor:
        cover: SessionCreateParamsLineItemPriceData = {
            "currency": order.currency,
            "unit_amount": order.fee_cover_minor,
            "product_data": {"name": COVER},
        }
        lines.append({"quantity": 1, "price_data": cover})
    return lines


def _line(order: CheckoutOrder, amount_minor: int) -> SessionCreateParamsLineItem:
    price: SessionCreateParamsLineItemPriceData = {"currency": order.currency, "unit_amount": amount_minor}
    if order.product_id is not None:
        price["product"] = order.product_id
    else:
        price["product_data"] = {"name": order.fund_name}
    if order.frequency in INTERVALS:
        price["recurring"] = {"interval": INTERVALS[order.frequency]}
    return {"quantity": 1, "price_data": price}
