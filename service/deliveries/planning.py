"""Who gets an issue, once. Owns release: seal, freeze the audience in one insert-select, and set when it starts.

One row per (issue, subscriber) by a unique constraint; a second release is refused by the issue's state.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.batches import make_batches
from service.deliveries.mailboxes import skip_doubled
from service.deliveries.models import Delivery
from service.deliveries.running import set_going
from service.donations.asking import find_asking
from service.donations.gratitude import select_recent_givers
from service.errors import BadInput, Conflict
from service.issues.checks import Level, check_issue
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.schedule import plan_start
from service.issues.seal import seal_issue
from service.issues.states import IssueEvent, next_state
from service.organisation.queries import find_organisation
from service.rendering.entries import LinkContent
from service.rendering.issue import RenderedIssue
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber
from service.tokens import TokenSigner
from service.tracking.models import Link

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
    """Seal the draft and freeze its audience. Returns the audience.

    It starts after ``hold``, or at ``starts_at`` (aware) if that is later; with neither at once, after the commit.
    ``signer`` signs the links of its asks; without it the issue asks for no gift of ours.

    Raises:
        Conflict: when it was released already, or nobody would get it.
        BadInput: when a check says stop, or ``starts_at`` will not do.
    """
    issue = lock_draft(session, issue_id)
    present = session.scalars(select(func.now())).one()
    issue.starts_at = plan_start(present, hold, starts_at)
    asking = find_asking(session, signer, base_url) if signer else None
    _, rendered = seal_issue(session, issue, base_url, asking, dated_at=issue.starts_at)
    _refuse_unready(issue, rendered)
    session.add_all(_link(issue_id, link) for link in rendered.links)
    issue.state = next_state(issue.state, IssueEvent.RELEASE)
    issue.released_at, issue.audience = present, 0
    if not add_missing(session, issue):
        raise Conflict("Nobody would get this issue: this newsletter has no confirmed subscribers yet.")
    if issue.starts_at <= present:
        set_going(session, issue, IssueEvent.START)
    return issue.audience


def add_missing(session: Session, issue: Issue) -> int:
    """Give a copy, in batches of its own, to everybody who may get the locked issue now and has none. Returns how many.

    Safe to repeat: who has a row already gets no second one.
    """
    session.flush()  # of what the caller set; the rows go in by a statement of their own
    session.execute(_LONG_ENOUGH)
    audience = select_audience(issue.newsletter_id).subquery()
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
        skip_doubled(session, issue.id)
        make_batches(session, issue.id)
    return added


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
