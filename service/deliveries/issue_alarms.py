"""The alarms that say an issue rests. Owns their names and that a decision ends them; never when one is raised."""

from sqlalchemy.orm import Session

from service.alarms.raising import withdraw_alarm


def name_paused_alarm(issue_id: int) -> str:
    """Return the key of the alarm that an issue paused itself."""
    return f"issue:{issue_id}:paused"


def name_missed_alarm(issue_id: int) -> str:
    """Return the key of the alarm that an issue missed its time."""
    return f"missed:{issue_id}"


def withdraw_issue_alarms(session: Session, issue_id: int) -> None:
    """Settle both: somebody has decided. The alarm of a relay that refuses us stays."""
    for key in (name_paused_alarm(issue_id), name_missed_alarm(issue_id)):
        withdraw_alarm(session, key)
