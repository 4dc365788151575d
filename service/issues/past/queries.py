"""Reading archives: their list, their figures, and what became of each post, page by page. Changes nothing."""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from service.errors import NotFound
from service.issues.past.models import Archive, ArchivedPost, PostOutcome

PAGE: Final = 50  # posts


def list_archives(session: Session) -> list[Archive]:
    """Return the newest twenty archives, newest first."""
    return list(session.scalars(select(Archive).order_by(Archive.id.desc()).limit(20)))


def get_archive(session: Session, archive_id: int) -> Archive:
    """Return the archive, or raise ``NotFound``."""
    found = session.get(Archive, archive_id)
    if found is None:
        raise NotFound("There is no such archive; it may have been taken back.")
    return found


def count_outcomes(session: Session, archive_id: int) -> dict[PostOutcome, int]:
    """Return how many posts of the archive have each outcome, every outcome in it."""
    counted = (
        select(ArchivedPost.outcome, func.count())
        .where(ArchivedPost.archive_id == archive_id)
        .group_by(ArchivedPost.outcome)
    )
    return dict.fromkeys(PostOutcome, 0) | dict(session.execute(counted).all())


def list_posts(
    session: Session, archive_id: int, after: int = 0, outcome: PostOutcome | None = None, most: int = PAGE
) -> list[ArchivedPost]:
    """Return the posts behind place ``after`` in the file, without their HTML; only those of ``outcome``, if given."""
    query = select(ArchivedPost).where(ArchivedPost.archive_id == archive_id, ArchivedPost.position > after)
    if outcome is not None:
        query = query.where(ArchivedPost.outcome == outcome)
    return list(session.scalars(query.order_by(ArchivedPost.position).limit(most).options(defer(ArchivedPost.html))))


def find_archive_of(session: Session, issue_id: int) -> int | None:
    """Return the archive that brought a past issue, or None: it came otherwise, or nobody knows any more."""
    brought = select(ArchivedPost.archive_id).where(
        ArchivedPost.issue_id == issue_id, ArchivedPost.outcome == PostOutcome.ADDED
    )
    return session.scalar(brought.limit(1))


def to_plain_data(session: Session, archive_id: int) -> dict[str, Any]:
    """Return an archive's report, post by post, as JSON values."""
    archive = get_archive(session, archive_id)
    posts = list_posts(session, archive_id, most=1_000_000)
    return {
        "house": archive.house,
        **{outcome.value: count for outcome, count in count_outcomes(session, archive_id).items()},
        "posts": [
            {
                "post": post.origin,
                "title": post.title,
                "published_at": post.published_at.isoformat() if post.published_at else None,
                "outcome": post.outcome.value,
                "reason": post.reason,
                "warnings": post.warnings,
                "issue": post.issue_id,
            }
            for post in posts
        ],
    }
