"""The organisation's own facts: what receipts state, and the rules that gifts are taken by. One row."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Organisation(Base):
    """The one organisation of this house.

    ``time_zone`` (IANA) decides the day and the year that a gift belongs to. Amounts are minor units of ``currency``.
    ``refund_limit_minor``: a refund above it needs a second person. ``fee_basis_points`` and ``fee_fixed_minor`` are
    the processor's price, used only to say what covering it costs. ``thanks_days``: whoever gave in the last so many
    days is thanked in an issue instead of asked. ``disclosure`` is the solicitation text that some states demand.
    """

    __tablename__ = "organisations"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    legal_name: Mapped[str]
    tax_number: Mapped[str]
    postal_address: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="America/New_York")
    currency: Mapped[str] = mapped_column(default="usd")
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_address: Mapped[str]
    signatory: Mapped[str] = mapped_column(default="")
    disclosure: Mapped[str] = mapped_column(default="")
    suggested_minor: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=lambda: [2500, 5000, 10000, 25000])
    smallest_minor: Mapped[int] = mapped_column(default=500)
    largest_minor: Mapped[int] = mapped_column(default=2_500_000)
    refund_limit_minor: Mapped[int] = mapped_column(default=50_000)
    fee_basis_points: Mapped[int] = mapped_column(default=290)
    fee_fixed_minor: Mapped[int] = mapped_column(default=30)
    thanks_days: Mapped[int] = mapped_column(default=90)
    giving_paused_at: Mapped[datetime | None]
    giving_pause_reason: Mapped[str] = mapped_column(default="")

    @property
    def zone(self) -> ZoneInfo:
        """The zone as Python's own."""
        return ZoneInfo(self.time_zone)
