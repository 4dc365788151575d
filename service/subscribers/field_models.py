"""The table of what an organisation asks its readers beside their address. Holds no answers: those are a person's."""

from datetime import datetime

from sqlalchemy import ARRAY, Identity, Text, func, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class ReaderField(Base):
    """One optional question. ``name`` is the key of the answer in ``Subscriber.fields`` and in files.

    ``labels`` by language, as readers see the question; ``choices`` are the only answers, or none for free text.
    """

    __tablename__ = "reader_fields"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    position: Mapped[int]
    is_asked: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
