"""Relays and signing keys as the environment writes them. Owns their grammar; never opens a relay or reads a key."""

import re
from dataclasses import dataclass, field
from datetime import date
from math import inf
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

_HINT = "; write # ? @ / : and % in a password as %23 %3F %40 %2F %3A and %25."


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
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname or not _has_good_end(parts):
        raise ValueError(f"{name} must be a relay such as smtp+starttls://user:password@relay.example.org:587{_HINT}")
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
    if options:  # not named: an unescaped "?" makes a part of the password look like one
        raise ValueError(f"{name} has an option other than connections, weight, per_second and warm_up{_HINT}")
    if route.connections < 1 or route.weight < 0 or (route.per_second is not None and not 0 < route.per_second < inf):
        raise ValueError(f"{name} needs connections and per_second above 0, and a weight of 0 or more.")
    return route


def _has_good_end(parts: SplitResult) -> bool:
    try:
        return parts.port != 0 and not parts.fragment
    except ValueError:
        return False


def parse_dkim_keys(raw: str) -> tuple[DkimKey, ...]:
    """Return the keys in ``DKIM_KEYS``: ``selector@domain=file.pem``, several separated by blanks."""
    return tuple(_dkim_key(part) for part in raw.split())


def _dkim_key(part: str) -> DkimKey:
    named = re.fullmatch(r"([A-Za-z0-9-]+)@([A-Za-z0-9.-]+)=(.+)", part)
    if not named:
        raise ValueError("must be selector@domain=file.pem, several separated by blanks.")
    if not Path(named[3]).is_file():
        raise ValueError(f"the file of {named[1]}@{named[2]} is not there.")
    return DkimKey(named[2].lower(), named[1], Path(named[3]))
