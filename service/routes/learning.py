"""What a relay's answers say about our pace, as rules over values. Never touches a row or a clock.

Slower at once, faster little by little: halve at trouble, a tenth more after each minute of success.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from service.mail.events import About, Outcome, OutcomeKind

SLOWEST: Final = 1 / 60  # mails a second: somebody must go first to see whether the trouble is over
SLOWER, FASTER = 0.5, 1.1
ROUTE_REST: Final = 60.0  # seconds, after the relay's own "not now"
AWAY_REST: Final = 15.0  # after a relay that can't be reached, or will not let us in
LONGEST_REST: Final = 300.0
DOMAIN_REST: Final = (60.0, 300.0)
LONGEST_REASON: Final = 200

_GREYLISTED: Final = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
# RFC 3463 §3: subject 1 is one address, subject 2 one mailbox. Neither has to do with how fast we are.
_ONE_PERSON: Final = re.compile(r"4\.[12]\.")
_OUR_DOING: Final = re.compile(r"4\.3\.")  # the system that answers is the relay itself, for whomever the mail is
_ADDRESS: Final = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


class Trouble(StrEnum):
    """What has to go slower."""

    ROUTE = "route"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Speed:
    """Mails a second; None is as fast as can be. ``before`` is how fast it went when the trouble began."""

    per_second: float | None = None
    before: float | None = None


UNLIMITED: Final = Speed()


def find_trouble(outcome: Outcome) -> Trouble | None:
    """Return what an answer asks to go slower, or None where it says nothing about pace.

    Greylisting (RFC 6647) and a full mailbox are about one copy, and its own retry is the answer to them.
    """
    if outcome.code == 421:
        return Trouble.ROUTE
    if outcome.kind is not OutcomeKind.DEFERRED or outcome.code is None:
        return None
    enhanced = outcome.enhanced or ""
    if outcome.about in {About.SENDER, About.RELAY} or _OUR_DOING.match(enhanced):
        return Trouble.ROUTE
    if _ONE_PERSON.match(enhanced) or _GREYLISTED.search(outcome.text):
        return None
    return Trouble.DOMAIN


def slow_down(speed: Speed, observed: float, *, had_success: bool) -> Speed:
    """Return the speed after trouble: half of the limit, or of the ``observed`` mails a second where none stood.

    Where nothing was taken since the last trouble it stays: the relay says "not yet" and not "slower".
    """
    if speed.per_second is not None and not had_success:
        return speed
    going = observed if speed.per_second is None else speed.per_second
    return Speed(max(going * SLOWER, SLOWEST), max(speed.before or 0.0, going))


def speed_up(speed: Speed) -> Speed:
    """Return the speed after a minute of success; ``UNLIMITED`` once it is back at what it was."""
    if speed.per_second is None or speed.before is None:
        return UNLIMITED
    faster = speed.per_second * FASTER
    return UNLIMITED if faster >= speed.before else Speed(faster, speed.before)


def rest_route(outcome: Outcome, strikes: int, chance: Random) -> float:
    """Return for how many seconds a route rests after it failed ``strikes`` times in a row: doubling, with jitter."""
    first = ROUTE_REST if outcome.code == 421 else AWAY_REST
    return min(first * float(1 << min(strikes - 1, 10)), LONGEST_REST) * chance.uniform(0.8, 1.2)


def rest_domain(chance: Random) -> float:
    """Return for how many seconds nothing goes to a recipient domain that asked for patience."""
    return chance.uniform(*DOMAIN_REST)


def describe(outcome: Outcome) -> str:
    """Return the relay's words for staff, short and without anybody's address."""
    return hide_addresses(f"{outcome.code or ''} {outcome.text}".strip())[:LONGEST_REASON]


def hide_addresses(words: str) -> str:
    """Return a relay's words without anybody's address: they outlive the person's row in logs, alarms and trails."""
    return _ADDRESS.sub("…", words)
