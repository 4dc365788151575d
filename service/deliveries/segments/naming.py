"""What a segment names has to be there: issues, newsletters, fields. Owns the sentence for each that is not."""

from collections.abc import Iterator

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from service.deliveries.segments.deeds import select_issues
from service.errors import BadInput
from service.issues.models import Newsletter
from service.subscribers.field_models import ReaderField
from service.subscribers.models import Subscriber
from service.subscribers.segments.grammar import parse
from service.subscribers.segments.tree import (
    AnswerContains,
    AnswerIs,
    AttendedIssue,
    Clause,
    Either,
    Every,
    Field,
    Got,
    Is,
    IssueNumber,
    Not,
    Tree,
)


def read_segment(session: Session, words: str, newsletter_id: int) -> Tree:
    """Return what ``words`` say about the readers of a newsletter.

    Raises:
        BadInput: when they are no segment, or name what is not there.
    """
    tree = parse(words)
    for clause in _list_clauses(tree):
        _refuse_unknown(session, clause, newsletter_id)
    return tree


def _list_clauses(tree: Tree) -> Iterator[Clause]:
    match tree:
        case Not(part):
            yield from _list_clauses(part)
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _list_clauses(part)
        case _:
            yield tree


def _refuse_unknown(session: Session, clause: Clause, newsletter_id: int) -> None:
    match clause:
        case Is(Field.NEWSLETTER, slug):
            _refuse_unknown_newsletter(session, slug)
        case AttendedIssue(_, issue) | Got(issue):
            _refuse_unknown_issue(session, issue, newsletter_id)
        case AnswerIs(name) | AnswerContains(name):
            _refuse_unknown_field(session, name)


def _refuse_unknown_newsletter(session: Session, slug: str) -> None:
    if not session.scalar(select(exists().where(Newsletter.slug == slug))):
        slugs = session.scalars(select(Newsletter.slug).order_by(Newsletter.slug)).all()
        raise BadInput(f"There is no newsletter “{slug}” here; the names are: {', '.join(slugs)}.")


def _refuse_unknown_issue(session: Session, number: IssueNumber, newsletter_id: int) -> None:
    found = session.scalars(select(func.count()).select_from(select_issues(number, newsletter_id).subquery())).one()
    if found == 1:
        return
    said = f"issue {number.number}" + (f" of volume {number.volume}" if number.volume else "")
    if found:
        raise BadInput(f"There are {found} issues {number.number}; name the volume, such as: {said} of volume 2.")
    newsletter = session.get_one(Newsletter, newsletter_id)
    raise BadInput(f"{newsletter.name} has no {said} that is sent from here.")


def _refuse_unknown_field(session: Session, name: str) -> None:
    is_asked = exists().where(ReaderField.name == name)
    is_known = exists().where(Subscriber.fields.has_key(name))
    if not session.scalar(select(or_(is_asked, is_known))):
        raise BadInput(f"No reader has a field “{name}”; small letters and capitals make a difference in its name.")
