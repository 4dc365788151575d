"""Raising and settling alarms. Owns that one fault is one alarm, however often it is seen."""

import logging

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.errors import NotFound

log = logging.getLogger(__name__)


def raise_alarm(session: Session, key: str, sentence: str) -> None:
    """Put an alarm before staff. Safe to repeat: a standing alarm with this ``key`` is only counted.

    ``key`` names the fault (``reconciliation``, ``giving:declines``); ``sentence`` says what is wrong and what to do.
    """
    log.error("alarm %s: %s", key, sentence)
    row = insert(Alarm).values(key=key, sentence=sentence)
    counted = row.on_conflict_do_update(
        index_elements=[Alarm.key],
        index_where=text("settled_at is null"),
        set_={"times": Alarm.times + 1, "sentence": row.excluded.sentence, "last_raised_at": func.now()},
    )
    session.execute(counted)


def list_standing_alarms(session: Session) -> list[Alarm]:
    """Return what nobody has settled yet, oldest first."""
    return list(session.scalars(select(Alarm).where(Alarm.settled_at.is_(None)).order_by(Alarm.id)))


def withdraw_alarm(session: Session, key: str) -> None:
    """Settle the standing alarm with this key, because the fault has gone by itself. Safe to repeat."""
    gone = update(Alarm).where(Alarm.key == key, Alarm.settled_at.is_(None)).values(settled_at=func.now())
    session.execute(gone)


def get_alarm(session: Session, alarm_id: int) -> Alarm:
    """Return the alarm, or raise ``NotFound``."""
    alarm = session.get(Alarm, alarm_id)
    if alarm is None:
        raise NotFound("There is no such alarm.")
    return alarm


def settle_alarm(session: Session, alarm_id: int, account_id: int) -> None:
    """Note that somebody has seen to it. Safe to repeat: the first who says so has."""
    settled = (
        update(Alarm)
        .where(Alarm.id == alarm_id, Alarm.settled_at.is_(None))
        .values(settled_at=func.now(), settled_by_id=account_id)
    )
    session.execute(settled)
