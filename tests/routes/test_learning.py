"""The rules of pace, as tables."""

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest

from service.mail.events import About, Outcome, OutcomeKind, outcome_of_reply
from service.routes.learning import (
    LONGEST_REST,
    SLOWEST,
    UNLIMITED,
    Speed,
    Trouble,
    describe,
    find_trouble,
    rest_domain,
    rest_route,
    slow_down,
    speed_up,
)


@pytest.mark.parametrize(
    ("code", "words", "about", "trouble"),
    [
        (421, "4.7.0 Try later", About.RELAY, Trouble.ROUTE),
        (421, "Service not available", About.RECIPIENT, Trouble.ROUTE),
        (421, "4.3.2 Shutting down", About.MAIL, Trouble.ROUTE),
        (451, "4.7.1 Sender rate exceeded", About.SENDER, Trouble.ROUTE),
        (454, "4.7.0 Temporary authentication failure", About.RELAY, Trouble.ROUTE),
        (452, "4.3.1 Insufficient system storage", About.MAIL, Trouble.ROUTE),
        (450, "4.7.1 Too many messages", About.RECIPIENT, Trouble.DOMAIN),
        (451, "4.7.500 Server busy", About.MAIL, Trouble.DOMAIN),
        (452, "Too much mail from you", About.RECIPIENT, Trouble.DOMAIN),
        (450, "try again", About.RECIPIENT, Trouble.DOMAIN),
        (450, "4.2.0 <a@b.example>: Recipient address rejected: Greylisted", About.RECIPIENT, None),
        (451, "4.7.1 Graylisting in action, please come back later", About.RECIPIENT, None),
        (451, "4.7.1 grey-listed for 300 seconds", About.RECIPIENT, None),
        (452, "4.2.2 Mailbox full", About.RECIPIENT, None),
        (450, "4.1.1 Recipient unverified", About.RECIPIENT, None),
        (250, "2.0.0 Ok", About.MAIL, None),
        (550, "5.1.1 No such user", About.RECIPIENT, None),
        (550, "5.7.1 Blocked", About.MAIL, None),
    ],
)
def test_each_answer_asks_the_right_one_to_go_slower(
    code: int, words: str, about: About, trouble: Trouble | None
) -> None:
    assert find_trouble(outcome_of_reply(code, words, about)) is trouble


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_a_line_that_dropped_says_nothing_about_pace(kind: OutcomeKind) -> None:
    assert find_trouble(Outcome(kind, None, "connection reset", About.RELAY)) is None


@pytest.mark.parametrize(
    ("speed", "observed", "had_success", "expected"),
    [
        (UNLIMITED, 8.0, False, Speed(4.0, 8.0)),
        (UNLIMITED, 8.0, True, Speed(4.0, 8.0)),
        (Speed(4.0, 8.0), 3.0, True, Speed(2.0, 8.0)),
        (Speed(4.0, 8.0), 3.0, False, Speed(4.0, 8.0)),
        (Speed(SLOWEST, 8.0), 1.0, True, Speed(SLOWEST, 8.0)),
        (UNLIMITED, 0.001, True, Speed(SLOWEST, 0.001)),
    ],
)
def test_trouble_halves_a_pace_once_for_each_success_before_it(
    speed: Speed, observed: float, had_success: bool, expected: Speed
) -> None:
    assert slow_down(speed, observed, had_success=had_success) == expected


def test_success_lets_a_tenth_more_through_each_minute_until_no_limit_is_left() -> None:
    speed, paces = Speed(4.0, 8.0), []
    while speed.per_second is not None:
        paces.append(round(speed.per_second, 2))
        speed = speed_up(speed)
    assert paces == [4.0, 4.4, 4.84, 5.32, 5.86, 6.44, 7.09, 7.79]
    assert speed is UNLIMITED


@pytest.mark.parametrize("speed", [Speed(None, None), Speed(None, 3.0), Speed(3.0, None), Speed(1.0, 1.0)])
def test_a_limit_that_limits_nothing_ends(speed: Speed) -> None:
    assert speed_up(speed) is UNLIMITED


def chances() -> Iterator[Random]:
    """Yield chance after chance, the same in each run."""
    yield from map(Random, count())


@pytest.mark.parametrize(("code", "first"), [(421, 60.0), (None, 15.0), (535, 15.0), (454, 15.0)])
def test_a_route_rests_twice_as_long_each_time_with_jitter_and_never_for_ever(code: int | None, first: float) -> None:
    outcome = Outcome(OutcomeKind.DEFERRED, code, "later", About.RELAY)
    chance = chances()
    rests = [[rest_route(outcome, strikes, next(chance)) for _ in range(40)] for strikes in (1, 2, 3, 99)]
    assert len(set(rests[0])) == 40
    for strikes, drawn in enumerate(rests[:3]):
        middle = min(first * 2**strikes, LONGEST_REST)
        assert 0.8 * middle <= min(drawn) < 0.9 * middle
        assert 1.1 * middle < max(drawn) <= 1.2 * middle
    assert max(rests[3]) <= 1.2 * LONGEST_REST


def test_a_domain_rests_between_one_and_five_minutes() -> None:
    chance = chances()
    drawn = [rest_domain(next(chance)) for _ in range(60)]
    assert 60 <= min(drawn) < 90
    assert 270 < max(drawn) <= 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4.7.1 <jane@example.org>: too fast", "450 4.7.1 …: too fast"),
        ("4.7.1 jane@example.org too fast", "450 4.7.1 … too fast"),
        ("жди" * 200, "450 " + ("жди" * 200)[:196]),
    ],
)
def test_reasons_are_short_and_name_nobody(text: str, words: str) -> None:
    assert describe(outcome_of_reply(450, text)) == words
