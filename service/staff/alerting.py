"""Alarms by mail: an office that does not look at the desk for days must still hear. Owns who is written to."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once
from service.staff.models import Account
from service.staff.roles import Permission, Role, may

FRESH: Final = timedelta(days=1)  # somebody who joins later need not hear of what others have seen for days


def post_alarms(session: Session) -> None:
    """Write to everybody who may see the books of each alarm that stands. Safe to repeat: one letter for each."""
    roles = [role for role in Role if may(role, Permission.FINANCE)]
    people = session.execute(select(Account.id, Account.address_key).where(Account.role.in_(roles))).all()
    fresh = select(Alarm.id).where(Alarm.settled_at.is_(None), Alarm.raised_at > func.now() - FRESH)
    for alarm_id in session.scalars(fresh):
        for account_id, address in people:
            post_letter_once(session, f"alarm:{alarm_id}:{account_id}", LetterKind.ALARM, address, {"alarm": alarm_id})
