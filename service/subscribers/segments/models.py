"""The table of saved choices of people. Chooses nobody."""

from datetime import datetime

from sqlalchemy import Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Segment(Base):
    """A saved choice of people, as staff wrote it. Read anew at each use."""

    __tablename__ = "segments"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    account_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
