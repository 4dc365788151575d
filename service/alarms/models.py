"""The table of alarms. An alarm is about an invariant that broke, never about a queue that is long."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Alarm(Base):
    """One thing that is wrong. While it stands, the same ``key`` is not raised again; ``times`` counts the tries."""

    __tablename__ = "alarms"
    __table_args__ = (Index("uq_alarms_standing", "key", unique=True, postgresql_where="settled_at is null"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    sentence: Mapped[str]
    times: Mapped[int] = mapped_column(default=1)
    raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
