"""The table of letters to own pages by the network that asked for them. Names nobody, neither asker nor asked."""

from datetime import datetime

from sqlalchemy import Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class OwnPageRequest(Base):
    """One letter that was caused from ``network``, which is what a household shares, never an IP. Kept for a day."""

    __tablename__ = "own_page_requests"
    __table_args__ = (
        Index("ix_own_page_requests_requested_at", "requested_at"),
        Index("ix_own_page_requests_network_requested_at", "network", "requested_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    network: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
