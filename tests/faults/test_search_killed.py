"""The process that looks for who has no copy of an issue dies by kill -9 within a part, and the broker is emptied."""

import pytest
from sqlalchemy import select, text, update

from service.deliveries import planning
from service.deliveries.audiences import nudge_audiences, tend_audience
from service.deliveries.missing import send_to_missing
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import Search, get_progress
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, use_publisher
from service.settings import Settings
from service.wiring import Services, wire
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.faults.forks import Fork
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.waiting import wait_for_follower, wait_until

READERS, LATE = 25, 12


def tend(settings: Settings, issue_id: int) -> None:
    """Be a worker that was asked to look for them."""
    services = wire(settings, pool_size=1)
    use_publisher(lambda *_: None)
    tend_audience(services.factory, issue_id)


def test_a_search_whose_process_is_killed_goes_on_from_the_rows_and_gives_everybody_one_copy(
    services: Services, settings: Settings, open_transaction: OpenTransaction, published_jobs: PublishedJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue_id = make_issue(session, newsletter).id
        release_issue(session, issue_id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.SENT, fence=1))
        session.execute(update(Batch).values(due_at=None))
        session.execute(update(Issue).values(state=IssueState.SENT))
        for number in range(LATE):
            make_reader(session, newsletter.id, f"late-{number}@example.org")
    monkeypatch.setattr(planning, "AT_ONCE", READERS - 1)
    with open_transaction() as session:
        assert send_to_missing(session, issue_id) is None
    with services.factory() as guard:
        # The copies of a part are written, their batch is not.
        guard.execute(text("lock table batches in exclusive mode"))
        worker = Fork(tend, settings, issue_id)
        wait_for_follower(guard)
        worker.kill()
        guard.rollback()
    wait_until(lambda: _goes_on(open_transaction, published_jobs, issue_id), "the server to notice the death")
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
        assert (progress.audience, progress.search) == (READERS, Search(0, READERS + LATE))  # nothing by half
    tend_audience(services.factory, issue_id)
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
        assert (progress.audience, progress.queued, progress.search) == (READERS + LATE, LATE, None)
        assert progress.holds
        assert len(set(session.scalars(select(Delivery.subscriber_id)))) == READERS + LATE


def _goes_on(open_transaction: OpenTransaction, published_jobs: PublishedJobs, issue_id: int) -> bool:
    """Whether the sweep finds the search in the rows, and nobody holds its issue."""
    published_jobs.jobs.clear()
    with open_transaction() as session:
        nudge_audiences(session)
        free = session.scalar(select(Issue.id).where(Issue.id == issue_id).with_for_update(skip_locked=True))
    return free is not None and published_jobs.of(Job.TEND_AUDIENCE) == [(issue_id,)]
