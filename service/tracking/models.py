"""The tables of links and hits. Owns what was seen and the verdict on it; keeps no IP and no user agent."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class Agent(StrEnum):
    """The only thing kept of a user agent: which kind of program asked."""

    BROWSER = "browser"
    IMAGE_PROXY = "image-proxy"
    MACHINE = "machine"


class Verdict(StrEnum):
    """Who was probably behind a hit."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Link(Base):
    """A link of a sealed issue; the redirector knows targets only from here, so it can't be made to open another."""

    __tablename__ = "links"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    label: Mapped[str]
    item: Mapped[int]


class Hit(Base):
    """One fetch of a pixel (``link_number`` is null: an open) or of a link (a click). The verdict comes later."""

    __tablename__ = "hits"
    __table_args__ = (
        Index("ix_hits_issue", "issue_id", "delivery_id"),
        Index("ix_hits_delivery", "delivery_id"),  # taking an issue back deletes deliveries, each of which is looked up
        Index("ix_hits_unjudged", "id", postgresql_where="verdict is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    link_number: Mapped[int | None]
    agent: Mapped[Agent] = mapped_column(word_type(Agent))
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    verdict: Mapped[Verdict | None] = mapped_column(word_type(Verdict))
