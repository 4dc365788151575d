"""What a relay's answer changes. Owns retry times, the window, and which answers count as an attempt.

Every statement is for many copies at once. What an answer means for a route or an issue is decided elsewhere.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Double, Integer, Text, Update, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.deliveries.arrays import table_of, write_numbers, write_texts
from service.deliveries.breaker import blames_nobody
from service.deliveries.claiming import Claim
from service.deliveries.moves import deliveries, match_ours, move, name_ours
from service.deliveries.states import DeliveryEvent
from service.issues.models import Issue
from service.mail.events import About, Outcome, OutcomeKind

Answer = tuple[Claim, Outcome]

WINDOW: Final = timedelta(hours=72)
FIRST_WAIT: Final = timedelta(minutes=2)
LONGEST_WAIT: Final = timedelta(hours=4)
LONGEST_REPLY: Final = 500
_NO_CODE: Final = 0  # no relay says it

_EVENTS: Final = {
    OutcomeKind.ACCEPTED: DeliveryEvent.ACCEPT,
    OutcomeKind.DEFERRED: DeliveryEvent.DEFER,
    OutcomeKind.REFUSED: DeliveryEvent.REFUSE,
    OutcomeKind.LOST_TRACK: DeliveryEvent.LOSE_TRACK,
}
_REASONS: Final = {
    DeliveryEvent.REFUSE: "the relay refused it",
    DeliveryEvent.SET_ASIDE: "no relay took it within 72 hours",
    DeliveryEvent.LOSE_TRACK: "the connection ended before the relay’s answer",
}


def record_outcomes(session: Session, answers: Sequence[Answer]) -> None:
    """Write what happened to copies of one issue, each in the relay's own words.

    Safe to repeat: a copy must still be under its claim's fence and in a state for which the event means something. An
    answer that comes after the lease ran out still settles an uncertain copy; after the fence moved on it is nothing.
    """
    groups: defaultdict[DeliveryEvent, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[_event_of(answer[1])].append(answer)
    deferred = groups.pop(DeliveryEvent.DEFER, [])
    if deferred:
        is_over = _is_window_over(session, deferred[0][0].issue_id)
        for answer in deferred:
            closes = is_over and _is_attempt(answer[1])
            groups[DeliveryEvent.SET_ASIDE if closes else DeliveryEvent.DEFER].append(answer)
    for event, group in groups.items():
        session.execute(_RECORD[event], _name_answers(event, group))


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts: doubling from 2 minutes to 4 hours, with a fifth of jitter."""
    doubled = min(FIRST_WAIT * (1 << min(max(attempts, 1) - 1, 12)), LONGEST_WAIT)
    return doubled * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, keeps no secret


def _event_of(outcome: Outcome) -> DeliveryEvent:
    if outcome.kind is OutcomeKind.REFUSED and blames_nobody(outcome):
        return DeliveryEvent.DEFER
    return _EVENTS[outcome.kind]


def _is_attempt(outcome: Outcome) -> bool:
    """Whether the copy was tried: a line that was lost says as little about it as a relay that refuses us."""
    return outcome.about is not About.RELAY and not blames_nobody(outcome)


def _is_window_over(session: Session, issue_id: int) -> bool:
    began_at = func.coalesce(Issue.starts_at, Issue.released_at)
    return bool(session.scalar(select(func.now() - began_at > WINDOW).where(Issue.id == issue_id)))


def _make_statement(event: DeliveryEvent) -> Update:
    """Return the UPDATE that records ``event`` for many copies; see ``_name_answers`` for its parameters."""
    columns: dict[str, TypeEngine[Any]] = {
        "ids": BigInteger(),
        "fences": BigInteger(),
        "codes": Integer(),
        "texts": Text(),
    }
    if event is DeliveryEvent.DEFER:
        columns |= {"waits": Double(), "counts": Integer()}
    answers, copy = table_of(columns), deliveries.c
    recorded = (
        move(event)
        .where(match_ours(answers))
        .values(
            reply_code=func.nullif(answers.c.codes, _NO_CODE),
            reply_text=answers.c.texts,
            reason=_REASONS.get(event),
            crashes=0,
        )
    )
    if event is DeliveryEvent.DEFER:
        again_at = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, answers.c.waits)
        return recorded.values(next_attempt_at=again_at, attempts=copy.attempts + answers.c.counts)
    return recorded.values(attempts=copy.attempts + 1)


def _name_answers(event: DeliveryEvent, answers: Sequence[Answer]) -> dict[str, str]:
    named = {
        **name_ours([claim for claim, _ in answers]),
        "codes": write_numbers([outcome.code or _NO_CODE for _, outcome in answers]),
        "texts": write_texts([outcome.text[:LONGEST_REPLY] for _, outcome in answers]),
    }
    if event is DeliveryEvent.DEFER:
        counts = [int(_is_attempt(outcome)) for _, outcome in answers]
        waits = [wait_after(claim.attempts + count) for (claim, _), count in zip(answers, counts, strict=True)]
        named["counts"] = write_numbers(counts)
        named["waits"] = write_numbers([wait.total_seconds() for wait in waits])
    return named


_RECORD: Final = {
    event: _make_statement(event)
    for event in (
        DeliveryEvent.ACCEPT,
        DeliveryEvent.DEFER,
        DeliveryEvent.SET_ASIDE,
        DeliveryEvent.REFUSE,
        DeliveryEvent.LOSE_TRACK,
    )
}
