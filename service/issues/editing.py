"""Making and changing drafts. Owns that only a draft changes, and that two windows never overwrite each other."""

import unicodedata
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput, Conflict, NotFound
from service.issues.models import Finding, Issue, Item, Manuscript, Newsletter
from service.issues.queries import get_item
from service.issues.states import IssueState, ItemKind
from service.organisation.queries import find_zone

LONGEST_LINE = 300


def create_issue(session: Session, newsletter: Newsletter) -> Issue:
    """Add an empty draft, numbered after the newest issue and dated today by the office's calendar.

    Past issues have a count of their own.
    """
    ours = select(Issue).where(Issue.newsletter_id == newsletter.id, Issue.state != IssueState.PAST)
    newest = session.scalar(ours.order_by(Issue.number.desc()).limit(1))
    volume = newest.volume if newest else None
    taken = select(func.max(Issue.number)).where(
        Issue.newsletter_id == newsletter.id, Issue.volume.is_not_distinct_from(volume)
    )
    issue = Issue(
        newsletter=newsletter,
        volume=volume,
        number=(session.scalar(taken) or 0) + 1,
        issued_on=now().astimezone(find_zone(session)).date(),
        language=newsletter.language,
    )
    session.add(issue)
    session.flush()
    return issue


def change_issue(
    session: Session,
    issue_id: int,
    revision: int,
    *,
    volume: int | None,
    number: int,
    issued_on: date,
    title: str,
    preheader: str,
    language: str,
) -> Issue:
    """Set the facts of the masthead.

    Raises:
        Conflict: when the issue is released, or somebody saved it since ``revision``.
        BadInput: when a line will not do, or the number is taken.
    """
    issue = lock_draft(session, issue_id)
    _refuse_stale(issue.revision, revision, "This issue")
    _refuse_taken(session, issue, volume, number)
    issue.volume, issue.number, issue.issued_on, issue.language = volume, number, issued_on, language
    issue.title, issue.preheader = one_line(title, "The title"), one_line(preheader, "The preview line")
    issue.revision += 1
    return issue


def add_item(session: Session, issue_id: int, kind: ItemKind) -> Item:
    """Add an empty item at the end of a draft."""
    issue = lock_draft(session, issue_id)
    last = session.scalar(select(func.max(Item.position)).where(Item.issue_id == issue.id)) or 0
    item = Item(issue_id=issue.id, position=last + 1, kind=kind, byline=[], language=issue.language)
    session.add(item)
    session.flush()
    return item


def change_item(
    session: Session,
    item_id: int,
    revision: int,
    *,
    kind: ItemKind,
    title: str,
    byline: list[str],
    language: str,
    markdown: str,
) -> Item:
    """Set an item's text and facts.

    Raises:
        Conflict: when the issue is released, or somebody saved this item since ``revision``.
        BadInput: when a line will not do.
    """
    item = get_item(session, item_id)
    lock_draft(session, item.issue_id)
    session.refresh(item)
    _refuse_stale(item.revision, revision, "This item")
    item.kind, item.language = kind, language
    item.title = one_line(title, "The title")
    item.byline = [one_line(name, "A name in the byline") for name in byline if name.strip()]
    item.markdown = markdown.replace("\r\n", "\n").replace("\x00", "").strip()
    item.revision += 1
    return item


def move_item(session: Session, item_id: int, step: int) -> None:
    """Exchange an item with its neighbour: ``step`` -1 is up, 1 is down; at the edge nothing moves."""
    item = get_item(session, item_id)
    lock_draft(session, item.issue_id)
    items = list(session.scalars(select(Item).where(Item.issue_id == item.issue_id).order_by(Item.position)))
    there = items.index(item) + step
    if 0 <= there < len(items):
        other = items[there]
        item.position, other.position = other.position, item.position


def remove_item(session: Session, item_id: int) -> None:
    """Take an item out of a draft; the manuscript that it came from is kept."""
    item = get_item(session, item_id)
    lock_draft(session, item.issue_id)
    session.delete(item)


def delete_issue(session: Session, issue_id: int) -> None:
    """Delete a draft with its items and manuscripts."""
    session.delete(lock_draft(session, issue_id))


def settle_finding(session: Session, finding_id: int) -> Finding:
    """Mark a warning or a left-out line as seen and settled. Safe to repeat."""
    finding = _lock_finding(session, finding_id)
    finding.settled_at = finding.settled_at or now()
    return finding


def restore_finding(session: Session, finding_id: int, item_id: int) -> Item:
    """Put a left-out line back at the end of an item of the same issue, and settle it. Safe to repeat."""
    finding, item = _lock_finding(session, finding_id), get_item(session, item_id)
    if session.get_one(Manuscript, finding.manuscript_id).issue_id != item.issue_id:
        raise NotFound("This line belongs to another issue.")
    if finding.settled_at is None:
        item.markdown = f"{item.markdown}\n\n{finding.text}".strip()
        item.revision += 1
        finding.settled_at = now()
    return item


def lock_draft(session: Session, issue_id: int) -> Issue:
    """Return the issue locked until the end of the transaction.

    Raises:
        NotFound: when there is no such issue.
        Conflict: when it was released: what was sent is never changed.
    """
    issue = session.scalar(
        select(Issue).where(Issue.id == issue_id).with_for_update().execution_options(populate_existing=True)
    )
    if issue is None:
        raise NotFound("There is no such issue.")
    if issue.state is IssueState.PAST:
        raise Conflict("This past issue is sealed as it was brought in, and can't be changed.")
    if issue.state is not IssueState.DRAFT:
        raise Conflict("This issue has been released; what was sent is sealed and can't be changed.")
    return issue


def one_line(raw: str, what: str) -> str:
    """Return ``raw`` as one tidy line without controls, or raise ``BadInput`` naming ``what`` is too long."""
    # No header holds a control character, and PostgreSQL's text neither NUL nor half of a surrogate pair.
    kept = (char for char in raw if char.isspace() or unicodedata.category(char) not in {"Cc", "Cs"})
    tidy = " ".join("".join(kept).split())
    if len(tidy) > LONGEST_LINE:
        raise BadInput(f"{what} has {len(tidy)} characters; at most {LONGEST_LINE} fit.")
    return tidy


def _lock_finding(session: Session, finding_id: int) -> Finding:
    finding = session.scalar(select(Finding).where(Finding.id == finding_id))
    if finding is None:
        raise NotFound("There is no such line.")
    lock_draft(session, session.get_one(Manuscript, finding.manuscript_id).issue_id)
    session.refresh(finding)
    return finding


def _refuse_stale(present: int, seen: int, what: str) -> None:
    if present != seen:
        raise Conflict(
            f"{what} was saved in another window since you opened it. Your text is still here: compare them."
        )


def _refuse_taken(session: Session, issue: Issue, volume: int | None, number: int) -> None:
    if number < 1 or (volume is not None and volume < 1):
        raise BadInput("Volume and number start at 1.")
    taken = select(Issue.id).where(
        Issue.newsletter_id == issue.newsletter_id,
        Issue.volume.is_not_distinct_from(volume),
        Issue.number == number,
        Issue.id != issue.id,
    )
    if session.scalar(taken):
        raise BadInput(f"Number {number} is taken by another issue of this newsletter.")
