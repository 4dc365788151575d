"""The only reader of the environment. Owns names, defaults and checks; never builds anything from them.

Every bad value is reported at once, at start, by name and without its content.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
SHORTEST_WEBHOOK_SECRET = 24  # shorter is a part of one, cut while copying
T = TypeVar("T")


class Environment(StrEnum):
    """Where this process runs. Development parts refuse to start in production."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True)
class Route:
    """A relay by name. ``url`` holds its password, so it is in no ``repr``.

    ``connections`` is how many each sending process may keep open; ``weight`` its share of the mail (0: only when the
    others are away); ``per_second`` a limit for the whole fleet; ``warm_up`` the day of its first mail, from which a
    daily limit grows.
    """

    name: str
    url: str = field(repr=False)
    connections: int = 8
    weight: int = 1
    per_second: float | None = None
    warm_up: date | None = None


@dataclass(frozen=True)
class DkimKey:
    """A private key in a PEM file, RSA or Ed25519, published at ``selector._domainkey.domain``."""

    domain: str
    selector: str
    file: Path


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
    would take with it. ``hold`` is how long a released issue can still be taken back. What holds a secret is not
    in the ``repr``, which ends up in logs.
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
        database_url=reader.read("DATABASE_URL", _database_url) or "",
        redis_url=reader.read("REDIS_URL", _redis_url) or "",
        secret_keys=reader.read("SECRET_KEY", _secret_keys) or (),
        public_url=reader.read("PUBLIC_URL", _public_url) or "",
        routes=reader.read("SMTP_URL", parse_routes) or (),
        inbox_dir=reader.read("INBOX_DIR", Path, default="") if reader.has("INBOX_DIR") else None,
        stripe_key=reader.read("STRIPE_KEY", _stripe_key, default="") or "",
        stripe_webhook_secrets=reader.read("STRIPE_WEBHOOK_SECRETS", _webhook_secrets, default="") or (),
        stripe_url=reader.read("STRIPE_URL", _origin, default="") or "",
        trusted_proxies=reader.read("TRUSTED_PROXIES", _count, default="0") or 0,
        dkim_keys=reader.read("DKIM_KEYS", _dkim_keys, default="") or (),
        return_domain=reader.read("RETURN_DOMAIN", _domain, default="") or "",
        journal_dir=reader.read("JOURNAL_DIR", Path, default=str(ROOT / "var" / "journal")) or Path(),
        hold=timedelta(seconds=reader.read("HOLD_SECONDS", _seconds, default="120") or 0),
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


def _database_url(raw: str) -> str:
    scheme, _, rest = raw.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a PostgreSQL address such as postgresql://user:password@host:5432/name.")
    return f"postgresql+psycopg://{rest}"


def _redis_url(raw: str) -> str:
    if not raw.startswith(("redis://", "rediss://")):
        raise ValueError("must be a Redis address such as redis://host:6379/0.")
    return raw


def _secret_keys(raw: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in raw.split(","))
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise ValueError(f"every key needs at least {SHORTEST_SECRET} characters (separate keys by commas).")
    return keys


def _public_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be the origin of the site, such as https://letters.example.org.")
    return raw.rstrip("/")


def _stripe_key(raw: str) -> str:
    if raw and not raw.startswith(("sk_test_", "rk_test_", "sk_live_", "rk_live_")):
        raise ValueError("must be a secret or restricted key of Stripe (sk_… or rk_…).")
    return raw


def _webhook_secrets(raw: str) -> tuple[str, ...]:
    secrets = tuple(secret.strip() for secret in raw.split(",") if secret.strip())
    if any(not secret.startswith("whsec_") or len(secret) < SHORTEST_WEBHOOK_SECRET for secret in secrets):
        raise ValueError("every secret is the whole word that Stripe shows for the endpoint (whsec_…).")
    return secrets


def _origin(raw: str) -> str:
    parts = urlsplit(raw)
    if raw and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query):
        raise ValueError("must be an origin such as http://127.0.0.1:12111.")
    return raw.rstrip("/")


def _count(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit():
        raise ValueError("must be a number of proxies, 0 or more.")
    return int(raw)


def _check_stripe(settings: Settings) -> Iterator[str]:
    """Yield what does not fit together; a money door that is half set up must not open."""
    if settings.stripe_key and not settings.stripe_webhook_secrets:
        yield "STRIPE_WEBHOOK_SECRETS: is not set, but STRIPE_KEY is; without it nobody could tell a forged event."
    if settings.stripe_url and settings.is_production:
        yield "STRIPE_URL: is for the test Stripe of development; production speaks to Stripe itself."
    if settings.stripe_url and "_live_" in settings.stripe_key:
        yield "STRIPE_URL: a live key never goes anywhere but to Stripe itself."


def parse_routes(raw: str) -> tuple[Route, ...]:
    """Return the routes in ``SMTP_URL``: one address, or several as ``name=address``, separated by blanks.

    Raises:
        ValueError: naming the route and what is wrong with it, never its address.
    """
    routes = [_route(part) for part in raw.split()]
    names = [route.name for route in routes]
    if len(set(names)) != len(names):
        raise ValueError("every route needs a name of its own, as in main=smtp://… spare=smtp://…")
    if not any(route.weight for route in routes):
        raise ValueError("one route at least needs a weight above 0.")
    return tuple(routes)


def _route(part: str) -> Route:
    named = re.match(r"([a-z0-9-]{1,30})=", part)
    name, address = (named[1], part[named.end() :]) if named else ("main", part)
    parts = urlsplit(address)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise ValueError(f"{name} must be a relay such as smtp+starttls://user:password@relay.example.org:587.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        route = Route(
            name,
            parts._replace(query="").geturl(),
            connections=int(options.pop("connections", 8)),
            weight=int(options.pop("weight", 1)),
            per_second=float(options.pop("per_second")) if "per_second" in options else None,
            warm_up=date.fromisoformat(options.pop("warm_up")) if "warm_up" in options else None,
        )
    except ValueError:
        raise ValueError(f"{name} has an option that is not a number or a day.") from None
    if options:
        raise ValueError(f"{name} has unknown options: {', '.join(options)}.")
    if route.connections < 1 or route.weight < 0 or (route.per_second is not None and not route.per_second > 0):
        raise ValueError(f"{name} needs connections and per_second above 0, and a weight of 0 or more.")
    return route


def _dkim_keys(raw: str) -> tuple[DkimKey, ...]:
    return tuple(_dkim_key(part) for part in raw.split())


def _dkim_key(part: str) -> DkimKey:
    named = re.fullmatch(r"([A-Za-z0-9-]+)@([A-Za-z0-9.-]+)=(.+)", part)
    if not named:
        raise ValueError("must be selector@domain=file.pem, several separated by blanks.")
    if not Path(named[3]).is_file():
        raise ValueError(f"the file of {named[1]}@{named[2]} is not there.")
    return DkimKey(named[2].lower(), named[1], Path(named[3]))


def _domain(raw: str) -> str:
    if raw and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", raw):
        raise ValueError("must be a domain such as bounces.example.org.")
    return raw.lower()


def _seconds(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit():
        raise ValueError("must be a number of seconds, 0 or more.")
    return int(raw)
