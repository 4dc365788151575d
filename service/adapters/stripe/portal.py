"""Stripe's page on which a donor changes the card. Owns what that page may do: this one thing."""

from typing import Final

import stripe

from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import id_of

_OURS: Final = "card"
_MARK: Final = "postrider"


def open_card_page(client: stripe.StripeClient, customer_id: str, return_url: str, key: str) -> str:
    """Return the page's address; it leads back to ``return_url``."""
    with translated():
        _follow_customer(client, customer_id)
        session = client.v1.billing_portal.sessions.create(
            {
                "customer": customer_id,
                "configuration": _ensure_configuration(client),
                "return_url": return_url,
                "flow_data": {
                    "type": "payment_method_update",
                    "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
                },
            },
            {"idempotency_key": key},
        )
    return session.url


def _ensure_configuration(client: stripe.StripeClient) -> str:
    """Return our own configuration of the page, made once; the account's default may be missing or allow more."""
    known = client.v1.billing_portal.configurations.list({"active": True, "limit": 100})
    for one in known.auto_paging_iter():
        if one.metadata is not None and _MARK in one.metadata and one.metadata[_MARK] == _OURS:
            return one.id
    made = client.v1.billing_portal.configurations.create(
        {"features": {"payment_method_update": {"enabled": True}}, "metadata": {_MARK: _OURS}},
        {"idempotency_key": "portal-configuration:card"},
    )
    return made.id


def _follow_customer(client: stripe.StripeClient, customer_id: str) -> None:
    """Let a customer's arrangements charge the customer's own card, which is the one that the page changes.

    Checkout writes the first card on the arrangement, where it would go before any that the donor chooses later
    (https://docs.stripe.com/api/subscriptions/object#subscription_object-default_payment_method). An older arrangement
    on another card keeps it: nobody is charged by a card that was not chosen for it.
    """
    page = client.v1.subscriptions.list({"customer": customer_id, "limit": 100})
    on_own_card = [(one.id, method) for one in page.auto_paging_iter() if (method := id_of(one.default_payment_method))]
    if not on_own_card:
        return
    chosen = on_own_card[0][1]  # of the newest
    client.v1.customers.update(customer_id, {"invoice_settings": {"default_payment_method": chosen}})
    for subscription_id, method in on_own_card:
        if method == chosen:
            client.v1.subscriptions.update(subscription_id, {"default_payment_method": ""})
