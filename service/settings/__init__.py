"""The only reader of the environment. Owns names, defaults and checks; never builds anything from them.

Every bad value is reported at once, at start, by name and without its content.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from service.settings.sending import DkimKey, Route, parse_dkim_keys, parse_routes
from service.settings.values import (
    parse_count,
    parse_database_url,
    parse_domain,
    parse_origin,
    parse_public_url,
    parse_redis_url,
    parse_seconds,
    parse_secret_keys,
    parse_stripe_key,
    parse_webhook_secrets,
)

__all__ = ["ROOT", "BadSettings", "DkimKey", "Environment", "Route", "Settings", "load_settings", "parse_routes"]

ROOT = Path(__file__).resolve().parent.parent.parent
T = TypeVar("T")


class Environment(StrEnum):
    """Where this process runs. Development parts refuse to start in production."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class BadSettings(ValueError):  # noqa: N818 - reads as a sentence
    """One or more environment variables are missing or wrong; the message lists every one."""


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides.

    ``secret_keys``: the first signs, all verify, so that links in old mail outlive a rotation.
    ``public_url``: the origin of every link that leaves the house, without a trailing slash; never taken from ``Host``.
    ``stripe_key`` is empty where no gifts are taken. ``stripe_webhook_secrets``: any of them may sign, so that they can
    be rotated. ``stripe_url`` is empty for Stripe itself, else the test Stripe of development. ``trusted_proxies``: how
    many proxies of our own stand before the web server, each adding to ``X-Forwarded-For``. ``routes``: at least one.
    ``dkim_keys``: for each domain the first of its kind signs; empty where the relay signs. ``return_domain`` takes
    bounces and unsubscribing mails; empty where nobody reads them. ``journal_dir`` is where a sender notes what a crash
    would take with it. ``hold`` is how long a released issue can still be taken back. ``meter_dir`` is set by
    ``postrider bench`` alone: senders write there where their time went. What holds a secret is not in the ``repr``,
    which ends up in logs.
    """

    environment: Environment
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    public_url: str
    routes: tuple[Route, ...]
    inbox_dir: Path | None
    stripe_key: str = field(default="", repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    stripe_url: str = ""
    trusted_proxies: int = 0
    dkim_keys: tuple[DkimKey, ...] = ()
    return_domain: str = ""
    journal_dir: Path = ROOT / "var" / "journal"
    hold: timedelta = timedelta()
    meter_dir: Path | None = None

    @property
    def takes_gifts(self) -> bool:
        """Whether a payment processor is set up."""
        return bool(self.stripe_key)

    @property
    def is_production(self) -> bool:
        """Whether real readers are at the other end."""
        return self.environment is Environment.PRODUCTION

    @property
    def public_host(self) -> str:
        """The host name in ``public_url``, as used in Message-IDs."""
        return urlsplit(self.public_url).hostname or "localhost"


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment once.

    Raises:
        BadSettings: listing every missing or wrong variable, one sentence each.
    """
    reader = _Reader(os.environ if env is None else env)
    environment = reader.read("POSTRIDER_ENV", _environment, default="production")
    settings = Settings(
        environment=environment or Environment.PRODUCTION,
        database_url=reader.read("DATABASE_URL", parse_database_url) or "",
        redis_url=reader.read("REDIS_URL", parse_redis_url) or "",
        secret_keys=reader.read("SECRET_KEY", parse_secret_keys) or (),
        public_url=reader.read("PUBLIC_URL", parse_public_url) or "",
        routes=reader.read("SMTP_URL", parse_routes) or (),
        inbox_dir=reader.read("INBOX_DIR", Path, default="") if reader.has("INBOX_DIR") else None,
        stripe_key=reader.read("STRIPE_KEY", parse_stripe_key, default="") or "",
        stripe_webhook_secrets=reader.read("STRIPE_WEBHOOK_SECRETS", parse_webhook_secrets, default="") or (),
        stripe_url=reader.read("STRIPE_URL", parse_origin, default="") or "",
        trusted_proxies=reader.read("TRUSTED_PROXIES", parse_count, default="0") or 0,
        dkim_keys=reader.read("DKIM_KEYS", parse_dkim_keys, default="") or (),
        return_domain=reader.read("RETURN_DOMAIN", parse_domain, default="") or "",
        journal_dir=reader.read("JOURNAL_DIR", Path, default=str(ROOT / "var" / "journal")) or Path(),
        hold=timedelta(seconds=reader.read("HOLD_SECONDS", parse_seconds, default="120") or 0),
        meter_dir=reader.read("METER_DIR", Path, default="") if reader.has("METER_DIR") else None,
    )
    reader.problems += _check_stripe(settings)
    if settings.is_production and settings.takes_gifts and not reader.has("TRUSTED_PROXIES"):
        reader.problems.append(
            "TRUSTED_PROXIES: is not set; say how many proxies of your own stand before the web server (0 for none). "
            "Behind a proxy that is not counted all givers are one network, and one of them spends the limit of all."
        )
    if settings.is_production and urlsplit(settings.public_url).scheme == "http":
        reader.problems.append("PUBLIC_URL: production links must start with https://.")
    if reader.problems:
        raise BadSettings("\n".join(reader.problems))
    return settings


class _Reader:
    """Collects one sentence per bad variable instead of stopping at the first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def has(self, name: str) -> bool:
        return bool(self.env.get(name, "").strip())

    def read(self, name: str, parse: Callable[[str], T], default: str | None = None) -> T | None:
        raw = self.env.get(name, "").strip() or default
        if raw is None:
            self.problems.append(f"{name}: is not set.")
            return None
        try:
            return parse(raw)
        except ValueError as problem:
            self.problems.append(f"{name}: {problem}")
            return None


def _environment(raw: str) -> Environment:
    if raw not in set(Environment):
        raise ValueError("must be development, test or production.")
    return Environment(raw)


def _check_stripe(settings: Settings) -> Iterator[str]:
    """Yield what does not fit together; a money door that is half set up must not open."""
    if settings.stripe_key and not settings.stripe_webhook_secrets:
        yield "STRIPE_WEBHOOK_SECRETS: is not set, but STRIPE_KEY is; without it nobody could tell a forged event."
    if settings.stripe_url and settings.is_production:
        yield "STRIPE_URL: is for the test Stripe of development; production speaks to Stripe itself."
    if settings.stripe_url and "_live_" in settings.stripe_key:
        yield "STRIPE_URL: a live key never goes anywhere but to Stripe itself."
