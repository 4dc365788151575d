"""Who gets an issue, once. Owns release: seal, freeze the audience by insert-select, and set when it starts.

One row per (issue, subscriber) by a unique constraint; a second release is refused by the issue's state. A large
audience is planned afterwards, see ``audiences``: nobody waits for it in front of a page.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, exists, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.batches import make_batches
from service.deliveries.mailboxes import skip_doubled
from service.deliveries.models import SEARCH, AudiencePlan, Delivery
from service.deliveries.running import set_going
from service.deliveries.segments.choosing import freeze_choice, select_chosen
from service.donations.asking import find_asking
from service.donations.gratitude import select_recent_givers
from service.errors import BadInput, Conflict
from service.issues.checks import Level, check_issue
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.schedule import plan_start
from service.issues.seal import seal_issue
from service.issues.states import IssueEvent, next_state
from service.jobs import Job, enqueue
from service.organisation.queries import find_organisation
from service.rendering.entries import LinkContent
from service.rendering.issue import RenderedIssue
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from service.tokens import TokenSigner
from service.tracking.models import Link

AT_ONCE: Final = 20_000  # people; more are planned in the background, and their issue waits for the last of them
NOBODY: Final = "Nobody would get this issue: this newsletter has no confirmed subscribers who may be mailed now."
NOBODY_CHOSEN: Final = "Nobody would get this issue: no reader who may be mailed now is among those chosen for it."
UNCLEARED: Final = (
    "This issue was taken back a moment ago, and the list of its readers is still being taken down. "
    "Please try again in a minute."
)
_LONG_ENOUGH: Final = text("set local statement_timeout = '10min'")  # a million rows on a small, busy machine


def release_issue(
    session: Session,
    issue_id: int,
    base_url: str,
    signer: TokenSigner | None = None,
    *,
    hold: timedelta = timedelta(),
    starts_at: datetime | None = None,
) -> int:
    """Seal the draft and freeze its audience. Returns how many people that are.

    It starts after ``hold``, or at ``starts_at`` (aware) if that is later; with neither at once, after the commit.
    With more than ``AT_ONCE`` readers they are counted here and planned after the commit, and it starts once they are.
    ``signer`` signs the links of its asks; without it the issue asks for no gift of ours.

    Raises:
        Conflict: when it was released already, nobody would get it, or it was taken back a moment ago.
        BadInput: when a check says stop, the words that choose its readers can't be read or name what is not there, or
            ``starts_at`` will not do.
    """
    issue = lock_draft(session, issue_id)
    refuse_uncleared(session, issue_id)
    freeze_choice(session, issue)
    expected = session.scalars(select_chosen(session, issue).with_only_columns(func.count())).one()
    if not expected:
        raise Conflict(_say_nobody(issue))
    present = session.scalars(select(func.now())).one()
    issue.starts_at = plan_start(present, hold, starts_at)
    asking = find_asking(session, signer, base_url) if signer else None
    _, rendered = seal_issue(session, issue, base_url, asking, dated_at=issue.starts_at)
    _refuse_unready(issue, rendered)
    session.add_all(_link(issue_id, link) for link in rendered.links)
    issue.state = next_state(issue.state, IssueEvent.RELEASE)
    issue.released_at, issue.audience = present, 0
    if expected > AT_ONCE:
        session.add(AudiencePlan(issue_id=issue_id, expected=expected, after_id=0))
        enqueue(session, Job.TEND_AUDIENCE, issue_id)
        return expected
    add_missing(session, issue)
    if not issue.audience:
        raise Conflict(_say_nobody(issue))
    if issue.starts_at <= present:
        set_going(session, issue, IssueEvent.START)
    return issue.audience


def add_missing(session: Session, issue: Issue) -> int:
    """Give a copy, in batches of its own, to everybody who may get the locked issue now and has none. Returns how many.

    An audience that is being planned in the background is whole afterwards. Safe to repeat: who has a row already gets
    no second one.
    """
    added = add_copies(session, issue, select_chosen(session, issue))
    if added or session.get(AudiencePlan, issue.id) is not None:
        complete_plan(session, issue)
    return added


def are_many(session: Session, issue: Issue) -> bool:
    """Return whether the issue's newsletter has more readers than are looked through in front of a page; looks at no
    more than that."""
    active = (Subscription.newsletter_id == issue.newsletter_id, Subscription.state == SubscriptionState.ACTIVE)
    some = select(Subscription.id).where(*active).limit(AT_ONCE + 1).subquery()
    return session.scalars(select(func.count()).select_from(some)).one() > AT_ONCE


def plan_search(session: Session, issue: Issue) -> bool:
    """Have everybody who lacks the locked issue looked for in the background, where its readers are many.

    Returns whether they are. Safe to repeat: it begins anew, and who has a copy by then gets no second one.
    """
    if not are_many(session, issue):
        return False
    fresh = {"expected": SEARCH, "after_id": 0}
    plan = insert(AudiencePlan).values(issue_id=issue.id, **fresh)
    session.execute(plan.on_conflict_do_update(index_elements=[AudiencePlan.issue_id], set_=fresh))
    enqueue(session, Job.TEND_AUDIENCE, issue.id)
    return True


def complete_plan(session: Session, issue: Issue) -> None:
    """Call the audience of the locked issue whole, and skip those of it who share a mailbox. Safe to repeat."""
    session.flush()
    session.execute(delete(AudiencePlan).where(AudiencePlan.issue_id == issue.id))
    session.execute(_LONG_ENOUGH)
    skip_doubled(session, issue.id)


def add_copies(session: Session, issue: Issue, people: Select[int, int, str]) -> int:
    """Give a copy to those of ``people`` (see ``select_chosen``) who have none, in batches. Returns how many.

    The issue is locked. Whoever shares a mailbox with another is skipped by ``complete_plan``.
    """
    session.flush()  # of what the caller set; the rows go in by a statement of their own
    session.execute(_LONG_ENOUGH)
    # Locked as the foreign keys would: who is being deleted (an import is undone) is waited for, and left out.
    audience = people.with_for_update(read=True, key_share=True, of=[Subscriber, Subscription]).subquery()
    columns = ["issue_id", "subscriber_id", "subscription_id", "recipient", "name", "is_thanked"]
    givers = _select_thanked(session).subquery()
    rows = (
        select(literal(issue.id), *audience.c, Subscriber.name, givers.c.address_key.is_not(None))
        .join(Subscriber, Subscriber.id == audience.c.id)
        .outerjoin(givers, givers.c.address_key == Subscriber.address_key)
    )
    # The constraint, not a look for rows that are there: that would also wade through what this statement just wrote.
    planned = insert(Delivery).from_select(columns, rows).on_conflict_do_nothing().returning(Delivery.id).cte()
    added = session.scalars(select(func.count()).select_from(planned)).one()
    if added:
        issue.audience = (issue.audience or 0) + added
        make_batches(session, issue.id)
    return added


def refuse_uncleared(session: Session, issue_id: int) -> None:
    """Raise ``Conflict`` while a draft that was taken back still has copies of its former audience."""
    if session.scalar(select(exists().where(Delivery.issue_id == issue_id))):
        raise Conflict(UNCLEARED)


def _say_nobody(issue: Issue) -> str:
    return NOBODY if issue.segment_text is None and issue.excluded_segment_text is None else NOBODY_CHOSEN


def _refuse_unready(issue: Issue, rendered: RenderedIssue) -> None:
    stops = [problem.sentence for problem in check_issue(issue, rendered) if problem.level is Level.STOP]
    if stops:
        raise BadInput("This issue can't go out yet. " + " ".join(stops))


def _link(issue_id: int, link: LinkContent) -> Link:
    return Link(issue_id=issue_id, number=link.number, url=link.url, label=link.label, item=link.item)


def _select_thanked(session: Session) -> Select[str]:
    """Return the query for the address keys of those who are thanked where others are asked."""
    organisation = find_organisation(session)
    return select_recent_givers(now() - timedelta(days=organisation.thanks_days if organisation else 0))
