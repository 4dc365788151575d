"""What the fleet has learnt about its routes. Owns the tables of pace; never a relay's address or password."""

from datetime import date, datetime

from sqlalchemy import Double, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Pace(Base):
    """How fast one route may send to one recipient domain, as learnt from 421 and 450. ``domain`` '' is the route.

    ``per_second`` None: no limit was learnt. ``before`` is how fast it went when the trouble began; the learnt limit
    ends there. Until ``quiet_until`` nothing is sent at all.
    """

    __tablename__ = "paces"

    route: Mapped[str] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(primary_key=True)
    per_second: Mapped[float | None] = mapped_column(Double)
    before: Mapped[float | None] = mapped_column(Double)
    quiet_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Bucket(Base):
    """A token bucket in the database: the limiter's word while Redis is away."""

    __tablename__ = "buckets"

    name: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    filled_at: Mapped[datetime]


class RouteDay(Base):
    """How many mails a route took on one day (UTC), for a warm-up's daily limit."""

    __tablename__ = "route_days"

    route: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(server_default="0")
