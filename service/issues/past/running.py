"""Examines the posts of an archive and, once staff decided, brings them in. Owns the steps and their transactions.

Each post is one transaction under the archive's lock, so a process that dies anywhere leaves whole issues, and the next
goes on with the post after them. What is done is in the rows; the job is only a nudge.
"""

from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db import SessionFactory, transaction
from service.errors import BadInput
from service.issues.models import Issue, Newsletter
from service.issues.past import post as reasons
from service.issues.past.composing import PastIssue, compose_past_issue
from service.issues.past.models import Archive, ArchivedPost, ArchiveState, PostOutcome
from service.issues.past.numbering import next_number
from service.issues.past.sealing import seal_past_issue
from service.jobs import Job, enqueue

HERE_ALREADY: Final = "It is here already; nothing was changed."
_NEXT: Final = {ArchiveState.EXAMINING: PostOutcome.WAITING, ArchiveState.BRINGING: PostOutcome.NEW}
_AFTER: Final = {ArchiveState.EXAMINING: ArchiveState.EXAMINED, ArchiveState.BRINGING: ArchiveState.DONE}


def run_archive(factory: SessionFactory, archive_id: int) -> None:
    """Do what the archive waits for, post by post, until it waits for staff or is done.

    Safe to repeat and to run twice at once: the archive's row is locked for each post, and whoever finds it locked
    leaves it to the other, so that nudges never fill a worker's threads.
    """
    while _take_step(factory, archive_id):
        pass


def nudge_archives(session: Session) -> None:
    """Send a job for every archive that waits for a worker, or whose worker is gone."""
    for archive_id in session.scalars(select(Archive.id).where(Archive.state.in_(_NEXT))):
        enqueue(session, Job.RUN_ARCHIVE, archive_id)


def _take_step(factory: SessionFactory, archive_id: int) -> bool:
    """Do one post, or end the stage. Returns whether there may be more to do."""
    with transaction(factory) as session:
        archive = session.get(Archive, archive_id, with_for_update={"skip_locked": True})
        if archive is None or archive.state not in _NEXT:
            return False
        post = session.scalar(
            select(ArchivedPost)
            .where(ArchivedPost.archive_id == archive_id, ArchivedPost.outcome == _NEXT[archive.state])
            .order_by(ArchivedPost.published_at, ArchivedPost.position)
            .limit(1)
        )
        if post is None:
            _end_stage(session, archive)
            return False
        _do(session, archive, post)
        return True


def _end_stage(session: Session, archive: Archive) -> None:
    archive.state = _AFTER[archive.state]
    if archive.state is ArchiveState.DONE:
        archive.finished_at = func.now()
        session.execute(update(ArchivedPost).where(ArchivedPost.archive_id == archive.id).values(html=""))


def _do(session: Session, archive: Archive, post: ArchivedPost) -> None:
    known = select(Issue.id).where(Issue.newsletter_id == archive.newsletter_id, Issue.imported_from == post.origin)
    try:
        made = _compose(session, archive, post)
    except BadInput as problem:
        post.outcome, post.reason = PostOutcome.SKIPPED, problem.message
        return
    if archive.state is ArchiveState.BRINGING:
        # Only for the number; whoever signs up meanwhile needs no more of this row than its key.
        session.execute(
            select(Newsletter.id).where(Newsletter.id == archive.newsletter_id).with_for_update(key_share=True)
        )
    if (issue_id := session.scalar(known)) is not None:
        post.outcome, post.reason, post.issue_id = PostOutcome.UNCHANGED, HERE_ALREADY, issue_id
    elif archive.state is ArchiveState.EXAMINING:
        post.outcome, post.warnings = PostOutcome.NEW, [*post.warnings, *made.warnings]
    else:
        _add(session, made)
        post.outcome, post.issue_id = PostOutcome.ADDED, made.issue.id


def _compose(session: Session, archive: Archive, post: ArchivedPost) -> PastIssue:
    if post.published_at is None:
        raise BadInput(reasons.NO_DATE)
    if post.published_at > now():
        raise BadInput(reasons.IN_THE_FUTURE)
    newsletter = session.get_one(Newsletter, archive.newsletter_id)
    return compose_past_issue(newsletter, post, post.published_at, archive.site)


def _add(session: Session, made: PastIssue) -> None:
    issue = made.issue
    issue.number = next_number(session, issue.newsletter.id, issue.issued_on.year)
    session.add(issue)
    session.flush()
    session.add(seal_past_issue(issue, made.web_html))
