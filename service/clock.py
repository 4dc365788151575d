"""The one source of the present moment. Never used for leases: those go by the database's clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment as an aware datetime in UTC."""
    return datetime.now(UTC)
