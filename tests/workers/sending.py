"""An issue to send through real workers, and what became of it."""

from collections import Counter

from sqlalchemy import select

from service.db import transaction
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue, Newsletter
from service.issues.states import IssueState
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.processes import RunningService


def publish_newsletter(running: RunningService, readers: int) -> int:
    """Store a newsletter with so many confirmed readers; return its id."""
    with transaction(running.services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, readers)
        return newsletter.id


def release(running: RunningService, newsletter_id: int, number: int = 0) -> int:
    """Release an issue now; return its id."""
    with transaction(running.services.factory) as session:
        issue = make_issue(session, session.get_one(Newsletter, newsletter_id), number + 1)
        release_issue(session, issue.id, running.url)
        return issue.id


def is_sent(running: RunningService, issue_id: int) -> bool:
    """Whether the issue has been finished."""
    with transaction(running.services.factory) as session:
        return session.get_one(Issue, issue_id).state is IssueState.SENT


def count_states(running: RunningService, issue_id: int) -> Counter[DeliveryState]:
    """Return how many copies are in each state that has any."""
    with transaction(running.services.factory) as session:
        return Counter(session.scalars(select(Delivery.state).where(Delivery.issue_id == issue_id)))
