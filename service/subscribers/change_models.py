"""The table of wishes to be written to at another address. Changes nobody."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class AddressChange(Base):
    """A wish to be written to at another address, and which of the two have said yes. Deleted after a week."""

    __tablename__ = "address_changes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), unique=True)
    new_address: Mapped[str]
    new_mailed_address: Mapped[str]
    new_address_key: Mapped[str] = mapped_column(Text(collation="C"))
    old_agreed_at: Mapped[datetime | None]
    new_agreed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
