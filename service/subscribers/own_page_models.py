"""The table of requests for own pages by the network that asked. Names nobody, neither asker nor asked."""

from datetime import datetime

from sqlalchemy import Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class OwnPageRequest(Base):
    """One request from ``network``, which is what a household shares, never an IP. Kept for a day.

    ``has_letter``: whether it caused one; the limit of all counts these, that of a network every request.
    """

    __tablename__ = "own_page_requests"
    __table_args__ = (
        Index("ix_own_page_requests_requested_at", "requested_at"),
        Index("ix_own_page_requests_network_requested_at", "network", "requested_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    network: Mapped[str]
    has_letter: Mapped[bool]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
