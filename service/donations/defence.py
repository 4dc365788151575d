"""Who may open a payment page now. Owns the limits, and the doors that close by themselves while cards are tried.

Everything is counted from rows, so that every process sees the same and a restart forgets nothing. There is a door for
the public and one for whoever comes by a signed link; a donor who is signed in needs neither. Looking changes nothing;
``close_if_flooded`` alone writes: its alarms are what keeps the doors closed, and settling one opens its door.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.alarms.models import Alarm
from service.alarms.raising import raise_alarm
from service.clock import now
from service.donations.models import Attempt
from service.errors import TooMany, Unavailable
from service.inbox.models import OutsideEvent, Provider
from service.organisation.models import Organisation
from service.turns import Turn, take_turn
from service.visitors.networks import UNKNOWN

# A family, an office or a table at a dinner gives from one network; 18,000 cards were once tried from one address
# (mozilla/donate.mozilla.org#1184).
MOST_PER_NETWORK: Final = 15
# One person who mistypes, changes the amount and comes back; stolen cards are often tried under one made-up address.
MOST_PER_ADDRESS: Final = 6
# While the public form is closed, a household that comes by a mail's link gives once and mistypes twice. The link
# stands in the public archive too, and whoever tries cards may find it there.
MOST_PER_NETWORK_IN_FLOOD: Final = 3
LIMIT_WINDOW: Final = timedelta(hours=1)

FLOOD_WINDOW: Final = timedelta(minutes=5)
# About one gift in fifteen meets a decline, so that 20 in five minutes would need 300 honest gifts.
MOST_DECLINES: Final = 20
# The busiest five minutes after an issue to 20,000 readers bring about ten gifts.
MOST_OPENED: Final = 60
# Whoever comes by a link in a mail goes on, up to many times what the greatest issue brings; but as many as the public
# while cards are being declined: the links stand in the public archive too.
MOST_OPENED_BY_LINK: Final = 300
# Within this time of the public form's closing its open pages are closed too, and the processor has told of the last
# declines there. What is declined later was tried by a link.
PAGES_CLOSE_WITHIN: Final = timedelta(seconds=30)
# Longer than the tools that try cards wait before they give a site up, shorter than a giver's evening.
CLOSED_FOR: Final = timedelta(minutes=15)

ALARM: Final = "giving:flood"
LINK_ALARM: Final = "giving:flood by links"
DECLINED: Final = "payment_intent.payment_failed"
_REPEAT_ALARM: Final = timedelta(minutes=1)  # often enough to keep the door closed, seldom enough for the log
_CLOSING: Final = "gifts: the public form closed itself"


class GivingPaused(Unavailable):
    """Staff have paused giving."""

    code = "giving_paused"


class GivingClosed(Unavailable):
    """The public form has closed itself for a while."""

    code = "giving_closed"


@dataclass(frozen=True)
class Arrival:
    """How a giver came. ``asked_by``: the issue and the item whose signed link led here."""

    network: str = UNKNOWN
    asked_by: tuple[int, int] | None = None
    is_signed_in: bool = False


def check_door(session: Session, organisation: Organisation, arrival: Arrival) -> None:
    """Do nothing while giving is open to whoever came like this. Changes nothing.

    Raises:
        GivingPaused: by staff, for everybody.
        GivingClosed: by itself, see ``is_closed_to``.
    """
    if organisation.giving_paused_at is not None:
        raise GivingPaused("Giving is paused at this moment. Nothing was charged; please come back later.")
    if is_closed_to(session, arrival):
        raise GivingClosed("Too many payments are being tried just now. Please come back in a quarter of an hour.")


def check_limits(session: Session, arrival: Arrival, address_key: str) -> None:
    """Do nothing while this network and this address have sent few forms in the last hour. Changes nothing.

    Raises:
        TooMany: with status 429.
    """
    since = now() - LIMIT_WINDOW
    most = MOST_PER_NETWORK_IN_FLOOD if is_closed(session) else MOST_PER_NETWORK
    by_address = _count_attempts(session, since, Attempt.address_key == address_key)
    by_network = _count_attempts(session, since, Attempt.network == arrival.network)
    if by_address >= MOST_PER_ADDRESS or by_network >= most:
        raise TooMany("Many gifts were begun from here within an hour. Nothing was charged; please try again later.")


def is_closed_to(session: Session, arrival: Arrival) -> bool:
    """Return whether the door for whoever came like this has closed itself. A donor who is signed in goes on."""
    if arrival.is_signed_in:
        return False
    return is_closed_to_links(session) if arrival.asked_by is not None else is_closed(session)


def is_closed(session: Session) -> bool:
    """Return whether the public form is closed: it is being flooded, or was so less than a quarter of an hour ago."""
    return _was_raised_since(session, ALARM, now() - CLOSED_FOR) or _find_flood(session) is not None


def is_closed_to_links(session: Session) -> bool:
    """Return whether signed links open nothing: they are being flooded, or were so less than a quarter of an hour ago.

    So it is, too, when cards are still declined though the public form has closed.
    """
    return _was_raised_since(session, LINK_ALARM, now() - CLOSED_FOR) or _find_link_flood(session) is not None


def close_if_flooded(session: Session) -> bool:
    """Raise the alarms that keep the doors closed, for each that is flooded now; return whether the public one is.

    Safe to repeat: a flood that lasts renews its one alarm once a minute. For every form that comes, and for the sweep.
    """
    flood = _find_flood(session)
    if flood is not None:
        if not _was_raised_since(session, ALARM, now() - CLOSED_FOR):
            take_turn(session, _CLOSING, timedelta(0))
        _keep_closed(session, ALARM, flood, "The public gift form", "links in mails still work")
    by_links = _find_link_flood(session)  # after the other: it counts what came since the public form closed
    if by_links is not None:
        _keep_closed(session, LINK_ALARM, by_links, "The gift form behind links in mails", "signed-in donors can give")
    return flood is not None


def _keep_closed(session: Session, key: str, flood: str, form: str, who_goes_on: str) -> None:
    if not _was_raised_since(session, key, now() - _REPEAT_ALARM):
        raise_alarm(
            session,
            key,
            f"{flood} within {_minutes(FLOOD_WINDOW)} minutes: somebody may be trying stolen cards. {form} has closed "
            f"itself for {_minutes(CLOSED_FOR)} minutes; {who_goes_on}. Settle this alarm to open the form before.",
        )


def _find_flood(session: Session) -> str | None:
    """Return what there is too much of, in words, or None."""
    since = now() - FLOOD_WINDOW
    declined = _count_declines(session, since)
    if declined >= MOST_DECLINES:
        return f"{declined} payments were declined"
    opened = _count_attempts(session, since, Attempt.issue_id.is_(None))
    return f"{opened} gift forms were sent" if opened >= MOST_OPENED else None


def _find_link_flood(session: Session) -> str | None:
    """Return what links bring too much of, in words, or None."""
    since = now() - FLOOD_WINDOW
    closed_at = session.scalar(select(Turn.taken_at).where(Turn.name == _CLOSING))
    if closed_at is not None and _was_raised_since(session, ALARM, now() - CLOSED_FOR):
        declined = _count_declines(session, max(since, closed_at + PAGES_CLOSE_WITHIN))
        if declined >= MOST_DECLINES:
            return f"{declined} more payments were declined"
    most = MOST_OPENED if _count_declines(session, since) >= MOST_DECLINES else MOST_OPENED_BY_LINK
    opened = _count_attempts(session, since, Attempt.issue_id.is_not(None))
    return f"{opened} gift forms were sent by links in mails" if opened >= most else None


def _count_declines(session: Session, since: datetime) -> int:
    declines = select(func.count()).where(
        OutsideEvent.provider == Provider.STRIPE, OutsideEvent.type == DECLINED, OutsideEvent.received_at > since
    )
    return session.execute(declines).scalar_one()


def _count_attempts(session: Session, since: datetime, condition: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).where(Attempt.created_at > since, condition)).scalar_one()


def _was_raised_since(session: Session, key: str, since: datetime) -> bool:
    standing = select(Alarm.id).where(Alarm.key == key, Alarm.settled_at.is_(None), Alarm.last_raised_at > since)
    return session.scalar(standing) is not None


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)
