"""The one client: pinned version, retries and a timeout, which Stripe's own leaves out. Never calls anything itself."""

from typing import Final
from urllib.parse import urlsplit

import stripe

from service.settings import BadSettings, Settings

# The version that the installed client is written for; the webhook endpoint must be made with the same one.
API_VERSION: Final = "2026-10-28.endive"
TRIES_AGAIN: Final = 2  # StripeClient does not by default; the same idempotency key goes with each try
PATIENCE: Final = 20  # seconds for one answer; the default is 80
_STRIPES_OWN: Final = "stripe.com"


def make_client(settings: Settings, *, patience: float = PATIENCE) -> stripe.StripeClient:
    """Return a client for the account of ``settings.stripe_key``. Opens no connection yet.

    Raises:
        BadSettings: when it would speak to anybody but Stripe with a live key or in production.
    """
    url = settings.stripe_url
    if url:
        _refuse_strangers(settings)
    return stripe.StripeClient(
        settings.stripe_key,
        stripe_version=API_VERSION,
        max_network_retries=TRIES_AGAIN,
        http_client=stripe.RequestsClient(timeout=patience),
        base_addresses={"api": url, "connect": url, "files": url} if url else {},
    )


def is_live_key(key: str) -> bool:
    """Whether a key moves real money."""
    return key.startswith(("sk_live_", "rk_live_"))


def _refuse_strangers(settings: Settings) -> None:
    host = urlsplit(settings.stripe_url).hostname or ""
    if host == _STRIPES_OWN or host.endswith(f".{_STRIPES_OWN}"):
        return
    is_test_key = settings.stripe_key.startswith(("sk_test_", "rk_test_"))
    if settings.is_production or not is_test_key:
        raise BadSettings("STRIPE_URL: only a test key, and never production, may speak to another server than Stripe.")
