"""Who may sign up now. Owns the limits of networks and of all together, and what the doors ask while under attack.

Everything is counted from rows, so that every process sees the same and a restart forgets nothing. No limit here knows
an address: those are ``signup_handling``'s, out of sight. Looking changes nothing; ``tend_door`` alone writes.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm, withdraw_alarm
from service.errors import TooMany
from service.languages.sentences import for_readers
from service.subscribers.signup_models import SignUp, SignUpRules
from service.turns import take_turn

# A class, an office or a table at a fair signs up from one network.
MOST_PER_NETWORK: Final = 20
MOST_PER_NETWORK_IN_ATTACK: Final = 3
NETWORK_WINDOW: Final = timedelta(hours=1)

# A newsletter that was named on the radio gets some hundred readers within minutes; a flood thousands.
MOST_OF_ALL: Final = 600
FLOOD_WINDOW: Final = timedelta(minutes=5)
ATTACK_LASTS: Final = timedelta(minutes=15)  # after the last moment of a flood

ALARM: Final = "signup:flood"
_REPEAT_ALARM: Final = timedelta(minutes=1)


def check_door(session: Session, network: str) -> None:
    """Do nothing while few sign-ups came from this network. Changes nothing.

    Sign-ups that are let in at the very same moment don't see each other: as many more as there are web threads.

    Raises:
        TooMany: with status 429.
    """
    most = MOST_PER_NETWORK_IN_ATTACK if is_under_attack(session) else MOST_PER_NETWORK
    if _count_since(session, NETWORK_WINDOW, most, SignUp.network == network) >= most:
        raise TooMany(for_readers("Many sign-ups came from your network within an hour. Please try again later."))


def is_under_attack(session: Session) -> bool:
    """Return whether sign-ups flood in, or did so a short while ago, or staff say so."""
    return session.execute(select(SignUpRules.attack_until > func.now())).scalar_one() is True


def needs_work(session: Session) -> bool:
    """Return whether a form has to bring a proof of work: under attack, or because staff always want it."""
    asks = select(SignUpRules.asks_for_work | func.coalesce(SignUpRules.attack_until > func.now(), False))
    return session.execute(asks).scalar_one()


def tend_door(session: Session) -> None:
    """Begin or prolong the attack mode while sign-ups flood in, and withdraw its alarm when it is over.

    For the sweep. Safe to repeat: a flood that lasts renews its one alarm once a minute.
    """
    if _count_since(session, FLOOD_WINDOW, MOST_OF_ALL, literal(True)) >= MOST_OF_ALL:
        until = func.greatest(SignUpRules.attack_until, func.now() + ATTACK_LASTS)
        session.execute(update(SignUpRules).values(attack_until=until))
        if take_turn(session, ALARM, _REPEAT_ALARM):
            raise_alarm(session, ALARM, _SENTENCE)
    elif not is_under_attack(session):
        withdraw_alarm(session, ALARM)


def _count_since(session: Session, window: timedelta, enough: int, condition: ColumnElement[bool]) -> int:
    """Return how many sign-ups came within ``window``; counts no further than ``enough``."""
    recent = select(SignUp.id).where(SignUp.created_at > func.now() - window, condition).limit(enough)
    return session.execute(select(func.count()).select_from(recent.subquery())).scalar_one()


_SENTENCE: Final = (
    f"More than {MOST_OF_ALL} sign-ups came within {FLOOD_WINDOW // timedelta(minutes=1)} minutes: programs may be "
    f"signing up addresses that are not theirs. Until {ATTACK_LASTS // timedelta(minutes=1)} minutes after the last of "
    f"them, a form must bring a proof of work, and a network may sign up {MOST_PER_NETWORK_IN_ATTACK} an hour. No "
    "address gets more than a few letters; there is nothing that you must do."
)
