"""What a donor may change about a standing arrangement, and what a typed wish means. Rules; never stores, never calls.

What is possible follows from the state alone. Days are those of the organisation's zone.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from service.donations.models import RecurringDonation
from service.donations.states import Frequency, RecurringState
from service.errors import BadInput
from service.money import fee_to_cover, parse_amount, write_amount
from service.organisation.models import Organisation


class ChangeKind(StrEnum):
    """What may be changed."""

    AMOUNT = "amount"
    DATE = "date"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class Refusal(StrEnum):
    """Why a wish can't be granted, for pages in other languages than the sentence."""

    NOT_NOW = "not_now"
    NO_AMOUNT = "no_amount"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NO_DATE = "no_date"
    OUT_OF_REACH = "out_of_reach"
    NO_MONTHS = "no_months"


class RefusedWish(BadInput):
    """A wish that can't be granted; nothing was changed."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True)
class Wish:
    """What a donor asks for, as typed. ``amount`` is the gift alone; covering the fee comes on top of it."""

    kind: ChangeKind
    amount: str = ""
    covers_fee: bool = False
    day: str = ""
    months: str = ""


PAUSES: Final = (1, 2, 3)  # gifts that are left out
REACH: Final = {Frequency.MONTHLY: timedelta(days=35), Frequency.YEARLY: timedelta(days=365)}
NOON: Final = time(12)  # the same day everywhere in the organisation's country
CARD_STATES: Final = frozenset({RecurringState.ACTIVE, RecurringState.PAST_DUE, RecurringState.PAUSED})
POSSIBLE: Final = {
    RecurringState.INCOMPLETE: frozenset({ChangeKind.STOP}),
    RecurringState.ACTIVE: frozenset({ChangeKind.AMOUNT, ChangeKind.DATE, ChangeKind.PAUSE, ChangeKind.STOP}),
    # The gift that failed goes on being tried as it was: a pause or another day would promise what is not so.
    RecurringState.PAST_DUE: frozenset({ChangeKind.AMOUNT, ChangeKind.STOP}),
    RecurringState.PAUSED: frozenset({ChangeKind.AMOUNT, ChangeKind.RESUME, ChangeKind.STOP}),
    RecurringState.ENDED: frozenset(),
}
# Leaving out a month changes nothing for a gift once a year: moving its date does what is meant.
_ONLY_MONTHLY: Final = frozenset({ChangeKind.PAUSE})


def list_possible(recurring: RecurringDonation) -> frozenset[ChangeKind]:
    """Return what may be changed now. One that ends by itself can only be stopped at once."""
    possible = POSSIBLE[recurring.state]
    if recurring.ends_at is not None:
        return possible & {ChangeKind.STOP}
    return possible if recurring.frequency is Frequency.MONTHLY else possible - _ONLY_MONTHLY


def date_range(recurring: RecurringDonation, organisation: Organisation, at: datetime) -> tuple[date, date]:
    """Return the first and the last day that the next gift may be moved to."""
    today = at.astimezone(organisation.zone).date()
    return today + timedelta(days=1), today + REACH.get(recurring.frequency, REACH[Frequency.MONTHLY])


def pause_end(recurring: RecurringDonation, organisation: Organisation, months: int, at: datetime) -> datetime:
    """Return the day of the first gift after ``months`` were left out: the next charge is the first of them."""
    following = max(recurring.next_charge_at or at, at).astimezone(organisation.zone)
    return following.replace(**_months_later(following.date(), months)).astimezone(UTC)


def read_wish(
    wish: Wish, recurring: RecurringDonation, organisation: Organisation, at: datetime
) -> dict[str, Any] | None:
    """Return the details of a change, or None when it is so already.

    Raises:
        RefusedWish: when the state does not allow it, or the amount, day or number of months won't do.
    """
    if wish.kind not in list_possible(recurring):
        raise RefusedWish(Refusal.NOT_NOW, f"That can’t be done with a gift that is {recurring.state}.")
    return _READERS[wish.kind](wish, recurring, organisation, at)


def _read_amount(
    wish: Wish, recurring: RecurringDonation, organisation: Organisation, _: datetime
) -> dict[str, Any] | None:
    gift = _parse_gift(wish.amount, recurring, organisation)
    cover = 0
    if wish.covers_fee:
        cover = fee_to_cover(gift, organisation.fee_basis_points, organisation.fee_fixed_minor, recurring.currency)
    if (gift + cover, cover) == (recurring.amount_minor, recurring.fee_cover_minor):
        return None
    return {"amount_minor": gift + cover, "fee_cover_minor": cover, "previous_minor": recurring.amount_minor}


def _parse_gift(raw: str, recurring: RecurringDonation, organisation: Organisation) -> int:
    try:
        gift = parse_amount(raw, recurring.currency)
    except BadInput as problem:
        raise RefusedWish(Refusal.NO_AMOUNT, problem.message) from problem
    if gift < organisation.smallest_minor:
        smallest = write_amount(organisation.smallest_minor, recurring.currency, short=True)
        raise RefusedWish(Refusal.TOO_SMALL, f"The smallest gift is {smallest}.")
    if gift > organisation.largest_minor:
        largest = write_amount(organisation.largest_minor, recurring.currency, short=True)
        raise RefusedWish(Refusal.TOO_LARGE, f"The largest gift is {largest}. For more, please write to us.")
    return gift


def _read_date(
    wish: Wish, recurring: RecurringDonation, organisation: Organisation, at: datetime
) -> dict[str, Any] | None:
    try:
        day = date.fromisoformat(wish.day.strip())
    except ValueError as problem:
        raise RefusedWish(Refusal.NO_DATE, "Please choose a day, such as 2027-01-15.") from problem
    first, last = date_range(recurring, organisation, at)
    if not first <= day <= last:
        raise RefusedWish(Refusal.OUT_OF_REACH, f"Please choose a day from {first} to {last}.")
    present = recurring.next_charge_at
    if present is not None and present.astimezone(organisation.zone).date() == day:
        return None
    return {"at": datetime.combine(day, NOON, organisation.zone).astimezone(UTC).isoformat()}


def _read_pause(wish: Wish, recurring: RecurringDonation, organisation: Organisation, at: datetime) -> dict[str, Any]:
    if wish.months not in {str(months) for months in PAUSES}:
        raise RefusedWish(Refusal.NO_MONTHS, "A gift can be paused for one, two or three months.")
    months = int(wish.months)
    # A day before the next gift, so that this one is charged again and those before are not.
    until = pause_end(recurring, organisation, months, at) - timedelta(days=1)
    return {"months": months, "resumes_at": until.isoformat()}


def _read_nothing(
    _wish: Wish, _recurring: RecurringDonation, _organisation: Organisation, _at: datetime
) -> dict[str, Any]:
    return {}


def _months_later(day: date, months: int) -> dict[str, Any]:
    """Return the parts of the same day ``months`` later, or of that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return {"year": year, "month": month, "day": min(day.day, monthrange(year, month)[1])}


_READERS: Final[
    dict[ChangeKind, Callable[[Wish, RecurringDonation, Organisation, datetime], dict[str, Any] | None]]
] = {
    ChangeKind.AMOUNT: _read_amount,
    ChangeKind.DATE: _read_date,
    ChangeKind.PAUSE: _read_pause,
    ChangeKind.RESUME: _read_nothing,
    ChangeKind.STOP: _read_nothing,
}
