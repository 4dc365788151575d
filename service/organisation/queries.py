"""Finding the organisation. Never changes it."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.errors import NotFound
from service.organisation.models import Organisation


def find_organisation(session: Session) -> Organisation | None:
    """Return the organisation, or None before staff have said who it is."""
    return session.get(Organisation, 1)


def get_organisation(session: Session) -> Organisation:
    """Return the organisation, or raise ``NotFound`` in words for a giver."""
    organisation = find_organisation(session)
    if organisation is None:
        raise NotFound("Gifts can’t be taken here yet: the organisation’s legal name and tax number are not filled in.")
    return organisation


def find_zone(session: Session) -> ZoneInfo:
    """Return the zone whose calendar the office goes by; UTC before staff have said who the organisation is."""
    organisation = find_organisation(session)
    return organisation.zone if organisation else ZoneInfo("UTC")
