"""One value of the environment at a time: each function takes its text and raises ``ValueError`` with what it must be.

The sentence never repeats the value, which may be a secret.
"""

import re
from urllib.parse import urlsplit

SHORTEST_SECRET = 32
SHORTEST_WEBHOOK_SECRET = 24  # shorter is a part of one, cut while copying


def parse_database_url(raw: str) -> str:
    """Return the address with the driver that we use."""
    scheme, _, rest = raw.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a PostgreSQL address such as postgresql://user:password@host:5432/name.")
    return f"postgresql+psycopg://{rest}"


def parse_redis_url(raw: str) -> str:
    """Return the address of a Redis or Valkey."""
    if not raw.startswith(("redis://", "rediss://")):
        raise ValueError("must be a Redis address such as redis://host:6379/0.")
    return raw


def parse_secret_keys(raw: str) -> tuple[str, ...]:
    """Return the keys, separated by commas; the first signs."""
    keys = tuple(key.strip() for key in raw.split(","))
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise ValueError(f"every key needs at least {SHORTEST_SECRET} characters (separate keys by commas).")
    return keys


def parse_public_url(raw: str) -> str:
    """Return the origin of the site, without a trailing slash."""
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be the origin of the site, such as https://letters.example.org.")
    return raw.rstrip("/")


def parse_stripe_key(raw: str) -> str:
    """Return a key of the payment processor, or nothing."""
    if raw and not raw.startswith(("sk_test_", "rk_test_", "sk_live_", "rk_live_")):
        raise ValueError("must be a secret or restricted key of Stripe (sk_… or rk_…).")
    return raw


def parse_webhook_secrets(raw: str) -> tuple[str, ...]:
    """Return the secrets, separated by commas; any of them may sign."""
    secrets = tuple(secret.strip() for secret in raw.split(",") if secret.strip())
    if any(not secret.startswith("whsec_") or len(secret) < SHORTEST_WEBHOOK_SECRET for secret in secrets):
        raise ValueError("every secret is the whole word that Stripe shows for the endpoint (whsec_…).")
    return secrets


def parse_origin(raw: str) -> str:
    """Return an origin, without a trailing slash, or nothing."""
    parts = urlsplit(raw)
    if raw and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query):
        raise ValueError("must be an origin such as http://127.0.0.1:12111.")
    return raw.rstrip("/")


def parse_count(raw: str) -> int:
    """Return a whole number, 0 or more."""
    if not raw.isascii() or not raw.isdigit():
        raise ValueError("must be a number of proxies, 0 or more.")
    return int(raw)


def parse_domain(raw: str) -> str:
    """Return a domain in lower case, or nothing."""
    if raw and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", raw):
        raise ValueError("must be a domain such as bounces.example.org.")
    return raw.lower()


def parse_seconds(raw: str) -> int:
    """Return a whole number of seconds, a day at most."""
    if not raw.isascii() or not raw.isdigit() or int(raw) > 86_400:
        raise ValueError("must be a number of seconds from 0 to 86400.")
    return int(raw)
