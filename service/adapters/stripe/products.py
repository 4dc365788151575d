"""The product that stands for a fund. A changed amount needs one that exists. Never deletes any."""

import hashlib
import re
from typing import Final

import stripe

from service.adapters.stripe.problems import translated

_PLAIN: Final = re.compile(r"[a-z0-9-]{1,60}")
_TAKEN: Final = "resource_already_exists"


def ensure_product(client: stripe.StripeClient, slug: str, name: str, key: str) -> str:
    """Return the id of the fund's product, made or renamed if need be. Safe to repeat: the id follows from the slug."""
    product_id = name_product(slug)
    # The name is part of the key: the same key with another name would be refused for a day.
    keyed = f"{key}:{_digest(name)}"
    with translated():
        try:
            client.v1.products.create({"id": product_id, "name": name}, {"idempotency_key": keyed})
        except stripe.InvalidRequestError as problem:
            if problem.code != _TAKEN:
                raise
            client.v1.products.update(product_id, {"name": name, "active": True})
    return product_id


def name_product(slug: str) -> str:
    """Return the product's id: the slug itself where Stripe can take it, else a digest of it."""
    return f"postrider-fund-{slug if _PLAIN.fullmatch(slug) else _digest(slug)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
