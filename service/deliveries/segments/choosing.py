"""Which readers an issue goes to: "only those in …", "but not those in …". Owns that the words are frozen at release.

Eligibility and frequency always win: a segment takes readers away and adds nobody. From release on only the frozen
words count, on the day of the release; so whoever joins later is chosen as all the others were.
"""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.deliveries.frequency import select_wanting
from service.deliveries.segments.compiling import compile_tree
from service.deliveries.segments.ground import find_ground
from service.deliveries.segments.naming import read_segment
from service.errors import BadInput, NotFound
from service.issues.checks import Level, Problem
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.models import Subscription
from service.subscribers.segments.grammar import parse
from service.subscribers.segments.models import Segment


@dataclass(frozen=True, slots=True)
class Choice:
    """To whom an issue goes, in words: ``only`` these, and ``without`` those; None: everybody, nobody."""

    only: str | None
    without: str | None

    @property
    def is_everybody(self) -> bool:
        """Whether nothing was chosen."""
        return self.only is None and self.without is None


def choose_readers(session: Session, issue_id: int, only_id: int | None, without_id: int | None) -> Issue:
    """Let a draft go only to the readers in one saved segment, and not to those in another. Returns the draft.

    Safe to repeat.

    Raises:
        Conflict: when the issue is released.
        NotFound: when a segment was deleted meanwhile.
    """
    issue = lock_draft(session, issue_id)
    for segment_id in {only_id, without_id} - {None}:
        # Locked, so that nobody deletes it before this commits.
        found = select(Segment.id).where(Segment.id == segment_id).with_for_update(read=True)
        if session.scalar(found) is None:
            raise NotFound("This segment was deleted meanwhile; please choose again.")
    if (issue.segment_id, issue.excluded_segment_id) != (only_id, without_id):
        issue.segment_id, issue.excluded_segment_id = only_id, without_id
        issue.revision += 1  # a review of it as it was answers for it no more
    return issue


def find_choice(session: Session, issue: Issue, *, is_held: bool = False) -> Choice:
    """Return to whom an issue goes: a draft by the segments as they are saved now, all others as it was frozen.

    ``is_held``: nobody changes those segments until the transaction ends.
    """
    if issue.state is not IssueState.DRAFT:
        return Choice(issue.segment_text, issue.excluded_segment_text)
    ids = (issue.segment_id, issue.excluded_segment_id)
    saved = select(Segment.id, Segment.text).where(Segment.id.in_([one for one in ids if one is not None]))
    words = dict(session.execute(saved.with_for_update(read=True) if is_held else saved).all())
    return Choice(*(words[one] if one is not None else None for one in ids))


def check_choice(session: Session, issue: Issue) -> list[Problem]:
    """Return what stands against choosing an issue's readers by its words: they can't be read, or name what is not
    there."""
    choice, problems = find_choice(session, issue), []
    for words in (choice.only, choice.without):
        try:
            if words is not None:
                read_segment(session, words, issue.newsletter_id)
        except BadInput as problem:
            sentence = f"Its readers can’t be chosen by “{words}”. {problem.message}"
            problems.append(Problem(Level.STOP, sentence))
    return problems


def freeze_choice(session: Session, issue: Issue) -> None:
    """Keep with a locked draft the words by which its readers are chosen.

    Raises:
        BadInput: when the words are no segment any more, or name what is not there.
    """
    choice = find_choice(session, issue, is_held=True)
    for problem in check_choice(session, issue):
        raise BadInput(problem.sentence)
    issue.segment_text, issue.excluded_segment_text = choice.only, choice.without


def select_chosen(session: Session, issue: Issue, part: tuple[int, int] | None = None) -> Select[int, int, str]:
    """Return the query for (subscriber id, subscription id, mailed address) of everyone who is to get ``issue`` now.

    ``part``: only subscriptions with ids from the first to the second number.
    """
    people = select_wanting(issue)
    if part is not None:
        people = people.where(Subscription.id.between(*part))
    choice = find_choice(session, issue)
    if choice.is_everybody:
        return people
    ground = find_ground(session, issue.newsletter_id, issue.released_at, part)
    if choice.only is not None:
        people = people.where(compile_tree(parse(choice.only), ground))
    if choice.without is not None:
        people = people.where(~compile_tree(parse(choice.without), ground))
    return people
