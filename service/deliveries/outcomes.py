"""What a relay's answer changes. Owns retry times, the window, and which answers count as an attempt.

Every statement is for many copies at once. What an answer means for a route or an issue is decided elsewhere.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Double, Integer, Text, Update, case, exists, func
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.deliveries.arrays import table_of, write_numbers, write_texts
from service.deliveries.breaker import find_ours
from service.deliveries.claiming import Claim
from service.deliveries.host_blocks import names_our_host
from service.deliveries.moves import deliveries, match_ours, move, name_ours
from service.deliveries.states import DeliveryEvent
from service.issues.models import Issue
from service.mail.events import About, Outcome, OutcomeKind

Answer = tuple[Claim, Outcome]

WINDOW: Final = timedelta(hours=72)
FIRST_WAIT: Final = timedelta(minutes=2)
LONGEST_WAIT: Final = timedelta(hours=4)
LONGEST_REPLY: Final = 500
ERASED: Final = ""  # the recipient of an erased person's copy, of which a relay's late words may still name the address
_HEARD: Final = 2  # attempts; as many as a refusal by policy has before its copy fails
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
    groups = _group(answers)
    tried_before = [one for one in groups[DeliveryEvent.DEFER] if one[0].attempts and _is_attempt(one[1])]
    # First: whose window is over is set aside, and what is written of those who wait passes over it.
    for event, group in ((DeliveryEvent.SET_ASIDE, tried_before), *groups.items()):
        if group:
            session.execute(_RECORD[event], _name_answers(event, group))


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts: doubling from 2 minutes to 4 hours, with a fifth of jitter."""
    doubled = min(FIRST_WAIT * (1 << min(max(attempts, 1) - 1, 12)), LONGEST_WAIT)
    return doubled * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, keeps no secret


def _group(answers: Sequence[Answer]) -> dict[DeliveryEvent, list[Answer]]:
    """Return the answers by what each does; who was refused because of us waits; who may have been too."""
    # By identity: an enum's hash is slow Python, and there is an answer for every mail.
    groups = {event: [one for one in answers if one[1].kind is kind] for kind, event in _EVENTS.items()}
    refused = groups[DeliveryEvent.REFUSE]
    if refused:
        ours = set(find_ours([outcome for _, outcome in answers]))
        theirs = [one for one in refused if one[1] not in ours]
        groups[DeliveryEvent.REFUSE] = [one for one in theirs if not _may_be_ours(one)]
        groups[DeliveryEvent.DEFER] += [one for one in refused if one[1] in ours]
        groups[DeliveryEvent.DEFER] += [_as_deferred(one) for one in theirs if _may_be_ours(one)]
    return groups


def _may_be_ours(answer: Answer) -> bool:
    """Whether a person's refusal is our host's, or may yet turn out to be everybody's: one by policy, the first time.

    A relay that blocks our host may say so to each recipient, and to few in one commit. The breaker counts these too:
    where it is everybody, the issue rests before anyone was refused twice. A block that names our host is held against
    nobody however often it is said, until the copy's window is over.
    """
    claim, outcome = answer
    return names_our_host(outcome) or (outcome.is_policy and not claim.attempts)


def is_heard(answer: Answer) -> bool:
    """Whether the breaker is to hear this answer: not what our host was told about one copy more than twice.

    A few people whose servers block us would otherwise, asked again and again, stop an issue that all others got.
    """
    claim, outcome = answer
    return claim.attempts < _HEARD or not names_our_host(outcome)


def _as_deferred(answer: Answer) -> Answer:
    """Return a refusal as one that asks for another attempt, and counts as the first."""
    claim, outcome = answer
    return claim, replace(outcome, kind=OutcomeKind.DEFERRED)


def _is_attempt(outcome: Outcome) -> bool:
    """Whether a copy that waits was tried: a lost line says as little about it as a relay that refuses us."""
    is_about_it = outcome.about is About.RECIPIENT or outcome.about is About.MAIL
    return is_about_it and outcome.kind is OutcomeKind.DEFERRED


# Its own, from its first attempt: one that had to wait for its turn has lost nothing of it. Nor has one whose issue
# rested, so it begins anew with every start (``running.set_going``).
_began_lately: Final = exists().where(Issue.id == deliveries.c.issue_id, Issue.starts_at >= func.now() - WINDOW)
_is_window_over: Final = (deliveries.c.first_tried_at < func.now() - WINDOW) & ~_began_lately


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
            reply_text=case((copy.recipient != ERASED, answers.c.texts)),
            reason=_REASONS.get(event),
            crashes=0,
        )
    )
    if event is DeliveryEvent.DEFER:
        again_at = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, answers.c.waits)
        first_tried_at = func.coalesce(copy.first_tried_at, case((answers.c.counts > 0, func.now())))
        tried = {"attempts": copy.attempts + answers.c.counts, "first_tried_at": first_tried_at}
        return recorded.values(next_attempt_at=again_at, **tried)
    if event is DeliveryEvent.SET_ASIDE:
        recorded = recorded.where(_is_window_over)
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
