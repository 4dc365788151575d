"""The task that brings in past issues, run by Celery as a worker runs it, twice."""

from pathlib import Path

from sqlalchemy import select

from service.issues.models import Issue
from service.issues.past.deciding import bring_in
from service.issues.past.models import Archive, ArchiveState
from service.issues.past.storing import store_archive
from service.jobs import Job
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.issues.past.exports import write_substack
from workers import issues


def test_the_task_examines_an_archive_then_brings_it_in_once(
    services: Services, open_transaction: OpenTransaction, tmp_path: Path
) -> None:
    issues.register(services.celery, lambda: services)
    with open_transaction() as session:
        archive_id = store_archive(session, make_newsletter(session), write_substack(tmp_path / "a.zip"), "a.zip").id

    def work() -> ArchiveState:
        services.celery.tasks[Job.RUN_ARCHIVE.value](archive_id)
        with open_transaction() as session:
            return session.get_one(Archive, archive_id).state

    assert [work(), work()] == [ArchiveState.EXAMINED, ArchiveState.EXAMINED]
    with open_transaction() as session:
        bring_in(session, archive_id)
    assert [work(), work()] == [ArchiveState.DONE, ArchiveState.DONE]
    with open_transaction() as session:
        assert len(session.scalars(select(Issue.id)).all()) == 3
