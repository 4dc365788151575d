"""What an issue is made of. Owns the tables of the publication; never who receives it.

An item's text is Markdown (CommonMark with footnotes); mail, text, web and print are made from it.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, word_type
from service.issues.states import IssueState, ItemKind


class Newsletter(Base):
    """A publication, and the standing facts that every issue of it prints.

    ``list_id`` is what readers' mail filters hold on to (RFC 2919); it never changes, whatever the name becomes.
    """

    __tablename__ = "newsletters"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    list_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tagline: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    publisher: Mapped[str]
    postal_address: Mapped[str]
    tax_line: Mapped[str] = mapped_column(default="")
    gift_url: Mapped[str] = mapped_column(default="")
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Issue(Base):
    """One numbered, dated number of a newsletter. ``revision`` grows with each edit: two windows never overwrite.

    ``audience`` is how many people it is planned for: the figure that all states must sum to. ``starts_at`` is since
    when, or from when, its mail may leave: renewed when it is resumed, or re-opened once it rested: no copy's retry
    window ends sooner than 72 hours after it. ``pause_reason`` says why it rests, where it paused itself.

    ``segment_id`` and ``excluded_segment_id``: which readers get it, and which of them don't; at release their words
    are kept in the two texts beside, and only these count from then on. ``imported_from`` names a past issue in the
    archive that it was brought from; it was never sent by us.
    """

    __tablename__ = "issues"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "volume", "number", postgresql_nulls_not_distinct=True),
        Index(
            "uq_issues_imported_from",
            "newsletter_id",
            "imported_from",
            unique=True,
            postgresql_where="imported_from is not null",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    volume: Mapped[int | None]
    number: Mapped[int]
    issued_on: Mapped[date]
    title: Mapped[str] = mapped_column(default="")
    preheader: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    state: Mapped[IssueState] = mapped_column(word_type(IssueState), default=IssueState.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    audience: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    released_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segments.id"))
    excluded_segment_id: Mapped[int | None] = mapped_column(ForeignKey("segments.id"))
    segment_text: Mapped[str | None]
    excluded_segment_text: Mapped[str | None]
    imported_from: Mapped[str | None]

    newsletter: Mapped[Newsletter] = relationship()
    items: Mapped[list["Item"]] = relationship(order_by="Item.position", cascade="all, delete-orphan")
    manuscripts: Mapped[list["Manuscript"]] = relationship(order_by="Manuscript.id", cascade="all, delete-orphan")


class Item(Base):
    """One part of an issue: greeting, brief, feature, note or ask."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    position: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(word_type(ItemKind))
    title: Mapped[str] = mapped_column(default="")
    byline: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    language: Mapped[str]
    markdown: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)


class Manuscript(Base):
    """The source of an issue exactly as it came, kept so that nothing an author sent is ever lost."""

    __tablename__ = "manuscripts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    filename: Mapped[str]
    source: Mapped[bytes]
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())

    findings: Mapped[list["Finding"]] = relationship(order_by="Finding.id", cascade="all, delete-orphan")


class Finding(Base):
    """One thing that the import could not decide alone: a line left out, or a warning for staff to settle."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    manuscript_id: Mapped[int] = mapped_column(ForeignKey("manuscripts.id"), index=True)
    is_warning: Mapped[bool]
    line: Mapped[int]
    text: Mapped[str]
    reason: Mapped[str]
    settled_at: Mapped[datetime | None]


class Edition(Base):
    """What an issue said when it was sealed: the compiled mail, the web page and their hash. Never changes.

    ``dated_at`` is the Date of every copy and ``message_host`` the right side of its Message-ID: with them a copy is
    the same bytes at every attempt, and can be signed before it leaves.
    """

    __tablename__ = "editions"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), primary_key=True)
    content_hash: Mapped[str]
    subject: Mapped[str]
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_address: Mapped[str]
    list_id: Mapped[str]
    list_name: Mapped[str] = mapped_column(server_default="")
    template: Mapped[bytes]
    web_html: Mapped[str]
    html_bytes: Mapped[int]
    text_bytes: Mapped[int]
    dated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_host: Mapped[str] = mapped_column(server_default="")
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())
