"""Saved choices of people: listed, added, changed, deleted. Owns that names are unique and that none in use goes."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from service.errors import BadInput, Conflict, NotFound
from service.issues.editing import one_line
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.segments.grammar import parse
from service.subscribers.segments.models import Segment

LONGEST_NAME: Final = 100  # characters
PAGE: Final = 50
# The others keep the words that they were sent by.
_WAITING: Final = (IssueState.DRAFT, IssueState.HELD, IssueState.SENDING, IssueState.PAUSED)


@dataclass(frozen=True, slots=True)
class Used:
    """A saved segment, and how many issues were or are to be sent by it."""

    segment: Segment
    issues: int


def get_segment(session: Session, segment_id: int) -> Segment:
    """Return the saved segment, or raise ``NotFound``."""
    found = session.get(Segment, segment_id)
    if found is None:
        raise NotFound("There is no such segment; it may have been deleted.")
    return found


def list_segments(session: Session, after: str = "", limit: int = PAGE) -> list[Used]:
    """Return saved segments by name, those after ``after``."""
    uses = select(func.count()).where(_uses(Segment.id)).correlate(Segment).scalar_subquery()
    rows = session.execute(select(Segment, uses).where(Segment.name > after).order_by(Segment.name).limit(limit))
    return [Used(segment, issues) for segment, issues in rows]


def list_choices(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of every saved segment, by name."""
    return [(row.id, row.name) for row in session.execute(select(Segment.id, Segment.name).order_by(Segment.name))]


def add_segment(session: Session, name: str, words: str, account_id: int | None = None) -> Segment:
    """Save ``words`` under a name.

    Raises:
        BadInput: when the words are no segment, or the name will not do.
    """
    segment = Segment(name=_read_name(name), text=_read_words(words), account_id=account_id)
    _store(session, segment)
    return segment


def change_segment(session: Session, segment_id: int, name: str, words: str) -> Segment:
    """Give a segment another name or other words. Drafts go by the new words; what was released keeps its own.

    Raises:
        BadInput: when the words are no segment, or the name will not do.
    """
    segment = _lock(session, segment_id)
    segment.name, segment.text = _read_name(name), _read_words(words)
    _store(session, segment)
    return segment


def delete_segment(session: Session, segment_id: int) -> str:
    """Delete a segment that no issue waits for. Returns its name.

    Raises:
        Conflict: when a draft, or an issue that is not done, goes by it; the sentence says which.
    """
    segment = _lock(session, segment_id)
    issue = session.scalar(
        select(Issue)
        .where(_uses(segment.id), Issue.state.in_(_WAITING))
        .options(joinedload(Issue.newsletter))
        .order_by(Issue.id)
        .limit(1)
    )
    if issue is not None:
        raise Conflict(f"{_name_issue(issue)} goes by this segment, so it can’t be deleted now.")
    for column in (Issue.segment_id, Issue.excluded_segment_id):
        session.execute(update(Issue).where(column == segment.id).values({column: None}))
    session.delete(segment)
    return segment.name


def list_using(session: Session, segment_id: int) -> list[Issue]:
    """Return the issues that were or are to be sent by a segment, the newest first, twenty at most."""
    issues = select(Issue).where(_uses(segment_id)).options(joinedload(Issue.newsletter))
    return list(session.scalars(issues.order_by(Issue.id.desc()).limit(20)))


def _uses(segment_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return or_(Issue.segment_id == segment_id, Issue.excluded_segment_id == segment_id)


def _lock(session: Session, segment_id: int) -> Segment:
    locked = select(Segment).where(Segment.id == segment_id).with_for_update()
    found = session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such segment; it may have been deleted.")
    return found


def _store(session: Session, segment: Segment) -> None:
    name = segment.name
    try:
        with session.begin_nested():
            session.add(segment)
            session.flush()
    except IntegrityError as problem:
        raise BadInput(f"Another segment has the name “{name}” already.") from problem


def _read_name(raw: str) -> str:
    name = one_line(raw, "The name")
    if not name:
        raise BadInput("The segment needs a name.")
    if len(name) > LONGEST_NAME:
        raise BadInput(f"The name has {len(name)} characters; at most {LONGEST_NAME} fit.")
    return name


def _read_words(raw: str) -> str:
    words = raw.replace("\r\n", "\n").strip()
    parse(words)
    return words


def _name_issue(issue: Issue) -> str:
    title = f"“{issue.title}”" if issue.title else f"Issue {issue.number}"
    return f"{title} of {issue.newsletter.name}"
