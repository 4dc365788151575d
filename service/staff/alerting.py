"""Whose business an alarm is: who hears of it by mail, and who may settle it. Owns that rule, by the alarm's key.

An office that does not look at the desk for days must still hear.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once
from service.staff.models import Account
from service.staff.roles import Permission, may

FRESH: Final = timedelta(days=1)  # somebody who joins later need not hear of what others have seen for days
# How the keys of alarms about sending begin; all others are about gifts, books and papers.
_ABOUT_SENDING: Final = ("audience:", "broker", "guard", "issue:", "missed:", "relay:")


def find_keeper(key: str) -> Permission:
    """Return which permission makes an alarm with this key one's business."""
    return Permission.SEND if key.startswith(_ABOUT_SENDING) else Permission.FINANCE


def post_alarms(session: Session) -> None:
    """Write of each alarm that stands to everybody whose business it is. Safe to repeat: one letter for each."""
    people = session.execute(select(Account.id, Account.address_key, Account.role)).all()
    fresh = select(Alarm.id, Alarm.key).where(Alarm.settled_at.is_(None), Alarm.raised_at > func.now() - FRESH)
    for alarm_id, key in session.execute(fresh):
        for account_id, address, role in people:
            if may(role, find_keeper(key)):
                name, about = f"alarm:{alarm_id}:{account_id}", {"alarm": alarm_id}
                post_letter_once(session, name, LetterKind.ALARM, address, about)
