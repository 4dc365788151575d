"""Why nothing of a running issue leaves at this moment, and what staff can do. Reads only; senders decide.

What one process alone knows (that a relay was silent a moment ago) is not known here before it is an alarm.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.deliveries.guard import ALARM
from service.deliveries.models import Batch
from service.routes.queries import RouteHealth, list_route_health
from service.settings import Settings
from service.web.desk.access import current_zone
from service.web.desk.clocks import mark_time, say_duration, say_hour, say_moment, say_pace

SLOW: Final = 0.1  # mails a second: less than one in the ten seconds that the pace of progress is taken over
CALLED: Final = timedelta(minutes=1)  # senders are nudged at once, and every few seconds again
GOES_ON: Final = "You need do nothing: it goes on by itself."
TELL: Final = "Please tell whoever runs this service."
START_WORKERS: Final = f"Postrider’s workers may not be running, or can’t reach a relay. {TELL}"


@dataclass(frozen=True)
class Wait:
    """A reason in sentences, and what to do as another. ``is_fault``: without somebody's help it stays so."""

    why: str
    advice: str = GOES_ON
    is_fault: bool = False

    @property
    def plain(self) -> str:
        """The reason without its marks of time, to be spoken."""
        return self.why.striptags() if isinstance(self.why, Markup) else self.why


def find_wait(work: Session, issue_id: int, settings: Settings) -> Wait:
    """Return why a running issue of which nothing was sent lately does not move; the reason that hides others first."""
    alarms = {alarm.key: alarm.sentence for alarm in list_standing_alarms(work)}
    if ALARM in alarms:
        return Wait(alarms[ALARM], "", is_fault=True)
    return _of_relays(work, settings, alarms) or _of_senders(work, issue_id)


def name_silence(relay: str) -> str:
    """Return the key of the alarm that a relay has not answered for some minutes, as ``routes.lessons`` raises it."""
    return f"relay:silent:{relay}"


def _of_relays(work: Session, settings: Settings, alarms: Collection[str]) -> Wait | None:
    """Return what stands in the way of every relay; None while one takes mail."""
    relays = list_route_health(work, settings.routes)
    if not relays:
        return Wait("No relay is set up.", "Whoever runs this service names one in SMTP_URL.", is_fault=True)
    present = work.scalars(select(func.now())).one()
    reasons = [_of_relay(relay, alarms, present) for relay in relays]
    found = [reason for reason in reasons if reason is not None]
    if len(found) < len(relays):
        return None
    is_silent = any(_is_silent(relay, alarms) for relay in relays)
    return Wait(Markup(" ").join(found), TELL if is_silent else GOES_ON, is_fault=is_silent)


def _of_relay(relay: RouteHealth, alarms: Collection[str], present: datetime) -> Markup | None:
    name, lesson, warm_up = relay.route.name, relay.lesson, relay.warm_up
    if lesson and lesson.rests_until:
        return Markup("The relay “{}” rests until {}, for it said: “{}”.").format(
            name, _hour(lesson.rests_until), lesson.reason
        )
    if warm_up and warm_up.taken >= warm_up.limit:
        next_at = find_next_day(relay.route.warm_up, present.astimezone(UTC).date())
        why = "is new and has taken its mails of today; the next leave" if warm_up.limit else "takes its first mails"
        day = mark_time(next_at, say_moment(next_at, current_zone()))
        return Markup("The relay “{}” {} on {}.").format(name, why, day)
    if _is_silent(relay, alarms):
        return Markup("The relay “{}” does not answer.").format(name)
    paces = [pace for pace in (relay.route.per_second, lesson.per_second if lesson else None) if pace is not None]
    if paces and min(paces) < SLOW:
        return Markup("The relay “{}” takes only {} now.").format(name, say_pace(min(paces)))
    return None


def _of_senders(work: Session, issue_id: int) -> Wait:
    """Return what the issue's open batches tell: in a sender's hands, put off, or taken up by nobody."""
    is_held = Batch.lease_until >= func.now()
    held, due_at, present = work.execute(
        select(func.count().filter(is_held), func.min(Batch.due_at), func.now()).where(
            Batch.issue_id == issue_id, Batch.due_at.is_not(None)
        )
    ).one()
    if held:
        return Wait("Senders are at work, and wait for the relay’s answers.")
    if due_at is not None and due_at > present:
        return Wait(
            Markup("Every copy that waits was put off, by a relay or by a limit; the next is tried at {}.").format(
                _hour(due_at)
            )
        )
    waited = present - due_at if due_at is not None else timedelta()
    if waited < CALLED:
        return Wait("Senders have been called and will begin in a moment.")
    minutes = waited // CALLED * CALLED  # whole ones: the sentence is read out whenever it changes
    return Wait(f"For {say_duration(minutes)} no sender has taken it up.", START_WORKERS, is_fault=True)


def _is_silent(relay: RouteHealth, alarms: Collection[str]) -> bool:
    return name_silence(relay.route.name) in alarms


def _hour(at: datetime) -> Markup:
    return mark_time(at, say_hour(at, current_zone()))


def find_next_day(first_day: date | None, today: date) -> datetime:
    """Return when a relay in its warm-up takes mails again; its days are counted in UTC."""
    tomorrow = today + timedelta(days=1)
    return datetime.combine(max(tomorrow, first_day or tomorrow), time(), UTC)
