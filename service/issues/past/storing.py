"""An archive on its way into the database: each post a row, as it came. Decides nothing about any of them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.past.files import open_posts, read_site
from service.issues.past.models import Archive, ArchivedPost, ArchiveState, PostOutcome
from service.issues.past.post import Post
from service.jobs import Job, enqueue

_AT_ONCE: Final = 50  # posts in one statement


def store_archive(session: Session, newsletter: Newsletter, path: Path, filename: str, site: str = "") -> Archive:
    """Store every post of a file, all or none, and have them examined.

    Args:
        path: where the file lies now; ``filename``: what its sender calls it.
        site: where the posts stood on the web, as typed; "" where nobody knows.

    Raises:
        BadInput: when the file is no export that we know, or there is no post in it.
    """
    with open_posts(path, site) as (house, posts):
        archive = Archive(
            newsletter_id=newsletter.id,
            filename=filename[:200],
            house=house,
            site=read_site(site),
            state=ArchiveState.EXAMINING,
        )
        session.add(archive)
        session.flush()
        count = 0
        while rows := [_row(archive.id, count + place, post) for place, post in _take(posts)]:
            session.execute(insert(ArchivedPost), rows)
            count += len(rows)
    if not count:
        raise BadInput("There is no post in this archive.")
    enqueue(session, Job.RUN_ARCHIVE, archive.id)
    return archive


def _take(posts: Iterator[Post]) -> Iterator[tuple[int, Post]]:
    return enumerate(islice(posts, _AT_ONCE), start=1)


def _row(archive_id: int, position: int, post: Post) -> dict[str, object]:
    return {
        "archive_id": archive_id,
        "position": position,
        "origin": post.origin,
        "title": post.title,
        "subtitle": post.subtitle,
        "byline": list(post.byline),
        "published_at": post.published_at,
        "address": post.address,
        "html": post.html,
        "outcome": PostOutcome.SKIPPED if post.refusal else PostOutcome.WAITING,
        "reason": post.refusal,
        "warnings": [post.remark] if post.remark and not post.refusal else [],
    }
