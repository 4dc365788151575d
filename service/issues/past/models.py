"""The tables of archives: a file of posts on its way in, and what became of each post. Never sends anything."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class ArchiveState(StrEnum):
    """Where an archive stands: first each post is examined, then staff decide, then they are brought in."""

    EXAMINING = "examining"
    EXAMINED = "examined"
    BRINGING = "bringing"
    DONE = "done"


class PostOutcome(StrEnum):
    """What becomes of one post."""

    WAITING = "waiting"
    NEW = "new"  # examined: it would be added
    ADDED = "added"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


class Archive(Base):
    """One file of posts. ``house`` is where it is from, ``site`` where the posts stood on the web, "" if not said."""

    __tablename__ = "archives"
    __table_args__ = (Index("ix_archives_open", "id", postgresql_where="state in ('examining', 'bringing')"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    filename: Mapped[str]
    house: Mapped[str]
    site: Mapped[str] = mapped_column(server_default="")
    state: Mapped[ArchiveState] = mapped_column(word_type(ArchiveState), server_default=ArchiveState.EXAMINING)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class ArchivedPost(Base):
    """One post of an archive, by its place in the order of dates. ``html`` is as it came, "" once it is done with.

    ``warnings`` are what staff should know of it, in sentences. ``issue_id`` is the past issue that it became.
    """

    __tablename__ = "archived_posts"
    __table_args__ = (Index("ix_archived_posts_issue_id", "issue_id"),)

    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str]
    title: Mapped[str]
    subtitle: Mapped[str]
    byline: Mapped[list[str]] = mapped_column(ARRAY(Text))
    published_at: Mapped[datetime | None]
    address: Mapped[str]
    html: Mapped[str]
    outcome: Mapped[PostOutcome] = mapped_column(word_type(PostOutcome))
    reason: Mapped[str] = mapped_column(server_default="")
    warnings: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id", ondelete="SET NULL"))
