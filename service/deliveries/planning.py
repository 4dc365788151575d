"""Who gets an issue, once. Owns release: seal, freeze the audience in one insert-select, nudge the senders.

One row per (issue, subscriber) by a unique constraint; a second release is refused by the issue's state.
"""

from datetime import timedelta

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.models import Delivery
from service.donations.asking import find_asking
from service.donations.gratitude import select_recent_givers
from service.errors import BadInput, Conflict
from service.issues.checks import Level, check_issue
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.seal import seal_issue
from service.issues.states import IssueEvent, next_state
from service.jobs import Job, enqueue
from service.organisation.queries import find_organisation
from service.rendering.entries import LinkContent
from service.rendering.issue import RenderedIssue
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscriber
from service.tokens import TokenSigner
from service.tracking.models import Link

SENDERS = 4  # nudges at release: as many senders as one worker process has threads


def release_issue(session: Session, issue_id: int, base_url: str, signer: TokenSigner | None = None) -> int:
    """Seal the draft, freeze its audience and start sending after the commit. Returns the audience.

    ``signer`` signs the links of its asks; without it the issue asks for no gift of ours.

    Raises:
        Conflict: when it was released already, or nobody would get it.
        BadInput: when a check says stop.
    """
    issue = lock_draft(session, issue_id)
    asking = find_asking(session, signer, base_url) if signer else None
    _, rendered = seal_issue(session, issue, base_url, asking)
    _refuse_unready(issue, rendered)
    session.add_all(_link(issue_id, link) for link in rendered.links)
    audience = _plan(session, issue)
    if not audience:
        raise Conflict("Nobody would get this issue: this newsletter has no confirmed subscribers yet.")
    issue.state = next_state(next_state(issue.state, IssueEvent.RELEASE), IssueEvent.START)
    issue.released_at, issue.audience = func.now(), audience
    for _ in range(min(SENDERS, audience)):
        enqueue(session, Job.SEND_ISSUE, issue_id)
    return audience


def _refuse_unready(issue: Issue, rendered: RenderedIssue) -> None:
    stops = [problem.sentence for problem in check_issue(issue, rendered) if problem.level is Level.STOP]
    if stops:
        raise BadInput("This issue can't go out yet. " + " ".join(stops))


def _link(issue_id: int, link: LinkContent) -> Link:
    return Link(issue_id=issue_id, number=link.number, url=link.url, label=link.label, item=link.item)


def _plan(session: Session, issue: Issue) -> int:
    audience = select_audience(issue.newsletter_id).subquery()
    givers = _select_thanked(session).subquery()
    columns = ["issue_id", "subscriber_id", "subscription_id", "recipient", "is_thanked"]
    rows = (
        select(literal(issue.id), *audience.c, givers.c.address_key.is_not(None))
        .join(Subscriber, Subscriber.id == audience.c.id)
        .outerjoin(givers, givers.c.address_key == Subscriber.address_key)
    )
    session.execute(insert(Delivery).from_select(columns, rows))
    return session.scalar(select(func.count()).where(Delivery.issue_id == issue.id)) or 0


def _select_thanked(session: Session) -> Select[str]:
    """Return the query for the address keys of those who are thanked where others are asked."""
    organisation = find_organisation(session)
    return select_recent_givers(now() - timedelta(days=organisation.thanks_days if organisation else 0))
