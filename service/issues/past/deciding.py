"""What staff decide about an archive: bring it in, or take it back with every past issue that it brought."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.errors import Conflict, NotFound
from service.issues.models import Edition, Finding, Issue, Item, Manuscript
from service.issues.past.models import Archive, ArchivedPost, ArchiveState, PostOutcome
from service.jobs import Job, enqueue


def bring_in(session: Session, archive_id: int) -> Archive:
    """Have the posts that were found to be new made past issues.

    Raises:
        Conflict: when it is not examined yet, or was decided on already.
    """
    archive = _lock(session, archive_id)
    if archive.state is ArchiveState.EXAMINING:
        raise Conflict("This archive is still being looked through. Please wait until it is done.")
    if archive.state is not ArchiveState.EXAMINED:
        raise Conflict("This archive has been brought in already.")
    archive.state = ArchiveState.BRINGING
    enqueue(session, Job.RUN_ARCHIVE, archive_id)
    return archive


def take_back(session: Session, archive_id: int) -> int:
    """Forget an archive and delete the past issues that it brought, all together: none was ever sent to anybody.

    One that is being brought in stops after the post at hand. Returns how many issues are gone.
    """
    archive = _lock(session, archive_id)
    brought = select(ArchivedPost.issue_id).where(
        ArchivedPost.archive_id == archive_id, ArchivedPost.outcome == PostOutcome.ADDED
    )
    ids = list(session.scalars(brought.where(ArchivedPost.issue_id.is_not(None))))
    manuscripts = select(Manuscript.id).where(Manuscript.issue_id.in_(ids))
    session.execute(delete(Finding).where(Finding.manuscript_id.in_(manuscripts)))
    for part in (Manuscript, Item, Edition):
        session.execute(delete(part).where(part.issue_id.in_(ids)))
    session.delete(archive)
    session.flush()
    # Another archive with the same posts may still be brought in: there they are new again. One that is done has lost
    # its texts.
    waiting = update(ArchivedPost).where(ArchivedPost.issue_id.in_(ids), ArchivedPost.html != "")
    session.execute(waiting.values(outcome=PostOutcome.NEW, reason="", issue_id=None))
    session.execute(delete(Issue).where(Issue.id.in_(ids)))
    return len(ids)


def _lock(session: Session, archive_id: int) -> Archive:
    found = session.get(Archive, archive_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no such archive; it may have been taken back.")
    return found
