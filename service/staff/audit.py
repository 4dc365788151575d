"""The trail of what staff did. Owns adding and reading entries; nothing is ever changed or removed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.staff.models import Account, AuditEntry


def note(session: Session, account_id: int | None, action: str, subject: str, **details: object) -> None:
    """Add an entry: ``action`` in a few words, ``subject`` like ``issue:12``; None for the system itself."""
    session.add(AuditEntry(account_id=account_id, action=action, subject=subject, details=details))


def list_entries(session: Session, *subjects: str) -> list[tuple[AuditEntry, str | None]]:
    """Return entries about any of ``subjects`` with the name of who did it, newest first."""
    rows = session.execute(
        select(AuditEntry, Account.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(AuditEntry.subject.in_(subjects))
        .order_by(AuditEntry.id.desc())
    )
    return [(entry, name) for entry, name in rows]
