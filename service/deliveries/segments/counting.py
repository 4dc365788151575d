"""How many people a segment means, counted now and within two seconds. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.deliveries.segments.choosing import select_chosen
from service.deliveries.segments.compiling import compile_tree
from service.deliveries.segments.ground import find_ground
from service.deliveries.segments.naming import read_segment
from service.issues.models import Issue
from service.subscribers.bounded import at_most
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber

EXAMPLES: Final = 5
TOO_LONG: Final = (
    "This takes too long to count. Fewer conditions are quicker, and so are days and issues that are named."
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many are ``chosen`` of the ``whole`` newsletter's readers who may be mailed now, and a few of them."""

    chosen: int
    whole: int
    examples: Sequence[Subscriber] = ()


def count_people(session: Session, words: str, newsletter_id: int) -> Counted:
    """Return how many readers of a newsletter ``words`` mean, with the newest of them as examples.

    Raises:
        BadInput: when the words are no segment, or name what is not there.
        TookTooLong: when it can't be counted while somebody waits.
    """
    with at_most(session):
        everybody = select_audience(newsletter_id)
        tree = read_segment(session, words, newsletter_id)
        people = everybody.where(compile_tree(tree, find_ground(session, newsletter_id)))
        chosen, newest = _count_with_newest(session, people)
        whole = _count(session, everybody)
        examples = session.scalars(select(Subscriber).where(Subscriber.id.in_(newest)).order_by(Subscriber.id.desc()))
        return Counted(chosen, whole, examples.all())


def count_chosen(session: Session, issue: Issue) -> Counted:
    """Return how many readers would get an issue now, of all who might be mailed.

    Raises:
        TookTooLong: when it can't be counted while somebody waits.
    """
    with at_most(session):
        return Counted(
            _count(session, select_chosen(session, issue)), _count(session, select_audience(issue.newsletter_id))
        )


def _count(session: Session, people: Select[int, int, str]) -> int:
    return session.scalars(select(func.count()).select_from(people.subquery())).one()


def _count_with_newest(session: Session, people: Select[int, int, str]) -> tuple[int, list[int]]:
    """Return the count and the ids of the newest few, from one look: "the newest first" alone can make a slow plan."""
    ids = people.with_only_columns(Subscriber.id).cte().prefix_with("MATERIALIZED", dialect="postgresql")
    newest = select(ids.c.id).order_by(ids.c.id.desc()).limit(EXAMPLES).scalar_subquery()
    counted = select(func.count(), func.array(newest)).select_from(ids)
    count, newest_ids = session.execute(counted).one()
    return count, newest_ids
