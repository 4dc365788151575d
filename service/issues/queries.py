"""Reading the publication. Owns look-ups; changes nothing."""

import re
from datetime import date

from sqlalchemy import Select, case, select, tuple_
from sqlalchemy.orm import Session, joinedload

from service.errors import NotFound
from service.issues.models import Edition, Finding, Issue, Item, Manuscript, Newsletter
from service.issues.states import IssueState

_LABEL = re.compile(r"(?:(\d{1,6})-)?(\d{1,6})")


def list_newsletters(session: Session) -> list[Newsletter]:
    """Return every newsletter, oldest first."""
    return list(session.scalars(select(Newsletter).order_by(Newsletter.id)))


def get_newsletter(session: Session, slug: str) -> Newsletter:
    """Return the newsletter with this slug, or raise ``NotFound``."""
    found = session.scalar(select(Newsletter).where(Newsletter.slug == slug))
    if found is None:
        raise NotFound("There is no such newsletter here.")
    return found


def list_issues(session: Session, *, before: int | None = None, most: int | None = None) -> list[Issue]:
    """Return issues with their newsletters, newest first; past issues after all that are our own.

    ``before``: the id of the issue right before the first; one that is gone by now counts as none. ``most``: how many.
    """
    is_past = Issue.state == IssueState.PAST
    place = tuple_(~is_past, case((is_past, Issue.issued_on), else_=date.min), Issue.id)
    found = select(Issue).options(joinedload(Issue.newsletter)).order_by(*(each.desc() for each in place.clauses))
    if before is not None and (key := session.execute(select(*place.clauses).where(Issue.id == before)).one_or_none()):
        found = found.where(place < tuple_(*key))
    return list(session.scalars(found.limit(most)))


def get_issue(session: Session, issue_id: int) -> Issue:
    """Return the issue with its newsletter, or raise ``NotFound``."""
    found = session.scalar(select(Issue).where(Issue.id == issue_id).options(joinedload(Issue.newsletter)))
    if found is None:
        raise NotFound("There is no such issue.")
    return found


def get_item(session: Session, item_id: int) -> Item:
    """Return the item, or raise ``NotFound``."""
    found = session.get(Item, item_id)
    if found is None:
        raise NotFound("There is no such item; it may have been removed.")
    return found


def find_edition(session: Session, issue_id: int) -> Edition | None:
    """Return what a released issue said when it was sealed, or None for a draft."""
    return session.get(Edition, issue_id)


def list_public_issues(session: Session, newsletter_id: int, most: int | None = None) -> list[Issue]:
    """Return the issues of a newsletter that are out, newest first, ``most`` of them or all."""
    newest = _select_public(newsletter_id).order_by(Issue.issued_on.desc(), Issue.id.desc()).limit(most)
    return list(session.scalars(newest))


def list_public_page(
    session: Session, newsletter_id: int, most: int, *, before: Issue | None = None, after: Issue | None = None
) -> tuple[list[Issue], bool, bool]:
    """Return at most ``most`` issues that are out, newest first, and whether there are later ones, and earlier ones.

    Those right before ``before``, or right after ``after``; the newest where none is given, or too few come after.
    """
    place, out = tuple_(Issue.issued_on, Issue.id), _select_public(newsletter_id).limit(most + 1)
    if after is not None:
        newer = out.where(place > tuple_(after.issued_on, after.id)).order_by(Issue.issued_on, Issue.id)
        found = list(session.scalars(newer))
        if len(found) >= most:
            return found[:most][::-1], len(found) > most, True
    older = out.order_by(Issue.issued_on.desc(), Issue.id.desc())
    if before is not None:
        older = older.where(place < tuple_(before.issued_on, before.id))
    found = list(session.scalars(older))
    return found[:most], before is not None, len(found) > most


def find_neighbours(session: Session, issue: Issue) -> tuple[Issue | None, Issue | None]:
    """Return the issues that are out right after and right before this one; None at the end of the row."""
    place, here = tuple_(Issue.issued_on, Issue.id), tuple_(issue.issued_on, issue.id)
    out = _select_public(issue.newsletter_id).limit(1)
    newer = out.where(place > here).order_by(Issue.issued_on, Issue.id)
    older = out.where(place < here).order_by(Issue.issued_on.desc(), Issue.id.desc())
    return session.scalar(newer), session.scalar(older)


def _select_public(newsletter_id: int) -> Select[Issue]:
    """Return the query for the issues of a newsletter that are out; one that is held has an edition but is not out."""
    released = select(Issue).join(Edition, Edition.issue_id == Issue.id).options(joinedload(Issue.newsletter))
    return released.where(Issue.newsletter_id == newsletter_id, Issue.state != IssueState.HELD)


def get_public_issue(session: Session, newsletter_slug: str, label: str) -> tuple[Issue, Edition]:
    """Return a released issue by the label in its URL (see ``issue_label``), or raise ``NotFound``."""
    parts = _LABEL.fullmatch(label)
    if parts is None:
        raise NotFound("There is no such issue in the archive.")
    volume = int(parts[1]) if parts[1] else None
    row = session.execute(
        select(Issue, Edition)
        .join(Edition, Edition.issue_id == Issue.id)
        .join(Newsletter, Newsletter.id == Issue.newsletter_id)
        .where(Newsletter.slug == newsletter_slug, Issue.number == int(parts[2]), Issue.state != IssueState.HELD)
        .where(Issue.volume.is_not_distinct_from(volume))
        .options(joinedload(Issue.newsletter))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such issue in the archive.")
    return row[0], row[1]


def list_findings(session: Session, issue_id: int) -> list[Finding]:
    """Return what the import left for staff to settle: warnings first, then lines left out, in reading order."""
    findings = (
        select(Finding)
        .join(Manuscript, Manuscript.id == Finding.manuscript_id)
        .where(Manuscript.issue_id == issue_id)
        .order_by(Finding.is_warning.desc(), Finding.line, Finding.id)
    )
    return list(session.scalars(findings))


def issue_label(issue: Issue) -> str:
    """Return the issue's part of a URL: ``2-7`` for volume 2, number 7; ``7`` without a volume."""
    return f"{issue.volume}-{issue.number}" if issue.volume else str(issue.number)
