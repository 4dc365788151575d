"""Who may sign up now: few from one network, and by proof of work while sign-ups flood in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.db import make_engine
from service.errors import TooMany
from service.subscribers.defence import (
    ALARM,
    ATTACK_LASTS,
    FLOOD_WINDOW,
    MOST_OF_ALL,
    MOST_PER_NETWORK,
    MOST_PER_NETWORK_IN_ATTACK,
    NETWORK_WINDOW,
    check_door,
    is_under_attack,
    needs_work,
    tend_door,
)
from service.subscribers.signup_models import SignUpRules
from tests.factories.publication import make_newsletter
from tests.subscribers.signing_up import add_sign_ups, make_older, set_rules

HERE, ELSEWHERE = "203.0.113.0/24", "198.51.100.0/24"
MOMENT = timedelta(seconds=1)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A transaction that is rolled back at the end."""
    engine = make_engine(database_url)
    with Session(engine) as opened:
        yield opened
        opened.rollback()
    engine.dispose()


@pytest.fixture
def newsletter_id(session: Session) -> int:
    """A newsletter to sign up for."""
    return make_newsletter(session).id


def is_open(session: Session, network: str = HERE) -> bool:
    """Whether the door lets this network in."""
    try:
        check_door(session, network)
    except TooMany:
        return False
    return True


def test_a_network_signs_up_a_class_and_not_a_town(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_PER_NETWORK - 1, newsletter_id, network=HERE)
    assert is_open(session)
    add_sign_ups(session, 1, newsletter_id, network=HERE)
    assert not is_open(session)
    assert is_open(session, ELSEWHERE)
    make_older(session, NETWORK_WINDOW + MOMENT)
    assert is_open(session)


def test_whoever_is_refused_is_told_that_they_may_come_back(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_PER_NETWORK, newsletter_id, network=HERE)
    with pytest.raises(TooMany, match="try again later") as caught:
        check_door(session, HERE)
    assert (caught.value.status, caught.value.retry) == (429, True)


def test_no_work_is_asked_for_on_a_quiet_day(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_OF_ALL - 1, newsletter_id)
    tend_door(session)
    assert (needs_work(session), is_under_attack(session), list_standing_alarms(session)) == (False, False, [])


def test_staff_may_always_ask_for_work(session: Session) -> None:
    set_rules(session, asks_for_work=True)
    assert (needs_work(session), is_under_attack(session)) == (True, False)


def test_a_flood_has_forms_bring_work_and_lets_fewer_in_from_a_network(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_PER_NETWORK_IN_ATTACK, newsletter_id, network=HERE)
    add_sign_ups(session, MOST_OF_ALL - MOST_PER_NETWORK_IN_ATTACK, newsletter_id)
    assert is_open(session)
    tend_door(session)
    assert (needs_work(session), is_under_attack(session)) == (True, True)
    assert not is_open(session)
    assert is_open(session, ELSEWHERE)
    (alarm,) = list_standing_alarms(session)
    assert (alarm.key, alarm.times) == (ALARM, 1)
    assert "proof of work" in alarm.sentence


def test_what_came_before_the_last_minutes_is_no_flood(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_OF_ALL, newsletter_id, ago=FLOOD_WINDOW + MOMENT)
    tend_door(session)
    assert not is_under_attack(session)


def test_a_flood_that_lasts_is_one_alarm(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_OF_ALL, newsletter_id)
    for _ in range(3):
        tend_door(session)
    assert [alarm.times for alarm in list_standing_alarms(session)] == [1]


def test_when_it_is_over_the_door_opens_and_the_alarm_goes(session: Session, newsletter_id: int) -> None:
    add_sign_ups(session, MOST_OF_ALL, newsletter_id)
    tend_door(session)
    make_older(session, FLOOD_WINDOW + MOMENT)
    tend_door(session)
    assert is_under_attack(session)  # a while longer, for a flood comes in waves
    assert len(list_standing_alarms(session)) == 1
    set_rules(session, attack_until=session.execute(select(func.now())).scalar_one() - MOMENT)
    tend_door(session)
    assert (needs_work(session), is_under_attack(session), list_standing_alarms(session)) == (False, False, [])


def test_an_attack_lasts_a_while_after_the_flood_and_as_long_as_staff_said(
    session: Session, newsletter_id: int
) -> None:
    moment = session.execute(select(func.now())).scalar_one()
    add_sign_ups(session, MOST_OF_ALL, newsletter_id)
    tend_door(session)
    assert session.get_one(SignUpRules, 1, populate_existing=True).attack_until == moment + ATTACK_LASTS
    longer = moment + 3 * ATTACK_LASTS
    set_rules(session, attack_until=longer)
    tend_door(session)
    assert session.get_one(SignUpRules, 1, populate_existing=True).attack_until == longer
