"""What a process sees of its routes' answers. Owns when trouble or success is worth noting for the fleet."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Final

from service.mail.events import Outcome, OutcomeKind
from service.routes.learning import Trouble, describe, find_trouble, rest_domain, rest_route
from service.routes.lessons import WHOLE_ROUTE, Lessons, Limit
from service.routes.metering import Meter
from service.routes.pacing import domain_of

Answers = Collection[tuple[str, Outcome]]  # recipient and what happened

EASE_EVERY: Final = 10.0  # seconds between two looks of one process at whether a limit may be eased
SILENCES: Final = 4  # in a row, which takes some minutes: then staff are told
MANY_DOMAINS: Final = 4


class Observer:
    """Turns answers into lessons. Shared by the threads of a process; a race loses a count, never a lesson."""

    def __init__(self, lessons: Lessons, monotonic: Callable[[], float] = time.monotonic, chance: Random | None = None):
        self._lessons, self._monotonic = lessons, monotonic
        self._chance = chance or Random()  # noqa: S311 - spreads retries, keeps no secret
        self._meters: defaultdict[str, Meter] = defaultdict(lambda: Meter(monotonic))
        self._strikes: Counter[str] = Counter()  # by route: failures in a row, in the relay's own words
        self._silences: Counter[str] = Counter()  # and those without any
        self._took: set[tuple[str, str]] = set()  # (route, domain) that took mail since the last trouble there
        self._ease_at: dict[str, float] = {}

    def learn(self, route: str, answers: Answers) -> None:
        """Take in a window's outcomes as (recipient, outcome)."""
        self._meters[route].add(len(answers))
        limits = self._lessons.known().of(route)
        accepted = OutcomeKind.ACCEPTED
        others = [answer for answer in answers if answer[1].kind is not accepted]
        has_success = len(others) < len(answers)
        if has_success:
            self._strikes.pop(route, None)
        took = self._find_limited(route, limits, answers) if has_success and limits else set()
        if others:
            self._note_troubles(route, limits, others, answers)
        if took and self._monotonic() >= self._ease_at.get(route, 0.0):
            self._ease_at[route] = self._monotonic() + EASE_EVERY
            self._lessons.note_success(route, took)

    def note_away(self, route: str, outcome: Outcome) -> float:
        """Take in that a relay can't be used; return for how many seconds this process leaves it alone.

        A relay that gave its reason gave it for all of us. Silence may be this machine's own fault: it rests here only.
        """
        if outcome.code is not None:
            self._strikes[route] += 1
            self._slow(route, WHOLE_ROUTE, rest_route(outcome, self._strikes[route], self._chance), outcome, 1.0)
            return 0.0
        self._silences[route] += 1
        if self._silences[route] >= SILENCES:
            self._lessons.note_silence(route, describe(outcome))
        return rest_route(outcome, self._silences[route], self._chance)

    def note_back(self, route: str) -> None:
        """Take in that a relay answers. What it says then is ``learn``'s."""
        if self._silences.pop(route, 0) >= SILENCES:
            self._lessons.note_back(route)

    def _find_limited(self, route: str, limits: Mapping[str, Limit], answers: Answers) -> set[str]:
        """Return the domains under a limit, and the route's own, that took mail; remember that they did."""
        took = {domain_of(recipient) for recipient, outcome in answers if outcome.kind is OutcomeKind.ACCEPTED}
        limited = {*took, WHOLE_ROUTE} & limits.keys()
        self._took.update((route, domain) for domain in limited)
        return limited

    def _note_troubles(self, route: str, limits: Mapping[str, Limit], others: Answers, answers: Answers) -> None:
        """Note each trouble of a window once, however many mails met it, and none where mails must rest already."""
        now = self._monotonic()
        for domain, outcome in _find_troubled(others, len(answers)).items():
            if domain in limits and limits[domain].quiet_until > now:
                continue
            if domain == WHOLE_ROUTE:
                self._strikes[route] += 1
                self._slow(route, domain, rest_route(outcome, self._strikes[route], self._chance), outcome, 1.0)
            else:
                share = sum(1 for recipient, _ in answers if domain_of(recipient) == domain) / len(answers)
                self._slow(route, domain, rest_domain(self._chance), outcome, share)

    def _slow(self, route: str, domain: str, rest: float, outcome: Outcome, share: float) -> None:
        had_success = (route, domain) in self._took
        self._took.discard((route, domain))
        observed = self._meters[route].per_second() * share
        self._lessons.note_trouble(route, domain, rest, describe(outcome), observed, had_success=had_success)


def _find_troubled(others: Answers, answers: int) -> dict[str, Outcome]:
    """Return what each domain that must go slower, or the route as a whole, was told.

    Several domains that lose patience at once, over half of a window, are one relay that does, in whatever words.
    """
    troubles = [(recipient, outcome, find_trouble(outcome)) for recipient, outcome in others]
    told = {
        WHOLE_ROUTE if trouble is Trouble.ROUTE else domain_of(recipient): outcome
        for recipient, outcome, trouble in troubles
        if trouble is not None
    }
    is_everybody = sum(1 for *_, trouble in troubles if trouble is not None) * 2 > answers
    if len(told) >= MANY_DOMAINS and is_everybody:
        return {WHOLE_ROUTE: next(reversed(told.values()))}
    return told
