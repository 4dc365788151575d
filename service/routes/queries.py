"""How each route is doing, for staff. Reads only; what a process knows of its own cables is not in here."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.routes.buckets import DATABASE_CLOCK
from service.routes.lessons import WHOLE_ROUTE
from service.routes.models import Pace, RouteDay
from service.routes.warmup import DAYS, day_of, limit_of_day
from service.settings import Route


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt about one recipient domain, or about a whole route: how fast, and until when it rests."""

    domain: str
    per_second: float | None
    rests_until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Where a new route stands: the day's number from 1, how many mails it took today, and how many it may take."""

    day: int
    taken: int
    limit: int


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """A route as it is set up, and what stands in its way now. ``warm_up`` is None once it is over."""

    route: Route
    lesson: Lesson | None
    domains: list[Lesson]
    warm_up: WarmUp | None

    @property
    def has_lessons(self) -> bool:
        """Whether there is anything to forget."""
        return self.lesson is not None or bool(self.domains)


def list_route_health(session: Session, routes: tuple[Route, ...]) -> list[RouteHealth]:
    """Return every route of the settings, in their order, its slowest domains first."""
    lessons: dict[str, list[Lesson]] = {}
    for pace in session.scalars(select(Pace).order_by(Pace.per_second.nulls_last(), Pace.domain)):
        rests_until = pace.quiet_until if pace.quiet_until and pace.quiet_until > now() else None
        lesson = Lesson(pace.domain, pace.per_second, rests_until, pace.reason or "")
        lessons.setdefault(pace.route, []).append(lesson)
    today = session.execute(select(day_of(DATABASE_CLOCK))).scalar_one()
    days = session.execute(select(RouteDay.route, RouteDay.taken).where(RouteDay.day == today))
    taken: dict[str, int] = dict(days.all())
    return [_health_of(route, lessons.get(route.name, []), taken.get(route.name, 0), today) for route in routes]


def _health_of(route: Route, lessons: list[Lesson], taken: int, today: date) -> RouteHealth:
    return RouteHealth(
        route=route,
        lesson=next((lesson for lesson in lessons if lesson.domain == WHOLE_ROUTE), None),
        domains=[lesson for lesson in lessons if lesson.domain != WHOLE_ROUTE],
        warm_up=_find_warm_up(route.warm_up, taken, today) if route.warm_up is not None else None,
    )


def _find_warm_up(first_day: date, taken: int, today: date) -> WarmUp | None:
    limit = limit_of_day(first_day, today)
    day = (today - first_day).days + 1
    return None if limit is None or day > DAYS else WarmUp(day, taken, limit)
