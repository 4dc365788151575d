"""What may be wished for in which state, and what a typed wish comes to: tables without a database."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from service.donations.models import RecurringDonation
from service.donations.states import Frequency, RecurringState
from service.donations.wishes import ChangeKind, Refusal, RefusedWish, Wish, date_range, list_possible, read_wish
from service.organisation.models import Organisation

NOW = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)  # still 30 November in New York
NEXT = datetime(2027, 1, 31, 15, 0, tzinfo=UTC)
ORGANISATION = Organisation(
    time_zone="America/New_York",
    smallest_minor=500,
    largest_minor=100_000,
    fee_basis_points=290,
    fee_fixed_minor=30,
)
GOOD = {
    ChangeKind.AMOUNT: Wish(ChangeKind.AMOUNT, amount="40"),
    ChangeKind.DATE: Wish(ChangeKind.DATE, day="2026-12-24"),
    ChangeKind.PAUSE: Wish(ChangeKind.PAUSE, months="2"),
    ChangeKind.RESUME: Wish(ChangeKind.RESUME),
    ChangeKind.STOP: Wish(ChangeKind.STOP),
}
# The letters of what is possible: amount, date, pause, resume, stop.
POSSIBLE = {
    (RecurringState.INCOMPLETE, Frequency.MONTHLY): "s",
    (RecurringState.INCOMPLETE, Frequency.YEARLY): "s",
    (RecurringState.ACTIVE, Frequency.MONTHLY): "adps",
    (RecurringState.ACTIVE, Frequency.YEARLY): "ads",
    (RecurringState.PAST_DUE, Frequency.MONTHLY): "as",
    (RecurringState.PAST_DUE, Frequency.YEARLY): "as",
    (RecurringState.PAUSED, Frequency.MONTHLY): "ars",
    (RecurringState.PAUSED, Frequency.YEARLY): "ars",
    (RecurringState.ENDED, Frequency.MONTHLY): "",
    (RecurringState.ENDED, Frequency.YEARLY): "",
}


def arrange(
    state: RecurringState = RecurringState.ACTIVE,
    frequency: Frequency = Frequency.MONTHLY,
    ends_at: datetime | None = None,
    next_charge_at: datetime | None = NEXT,
) -> RecurringDonation:
    """Return an arrangement over $25, of which $1 covers the fee."""
    return RecurringDonation(
        state=state,
        frequency=frequency,
        amount_minor=2600,
        fee_cover_minor=100,
        currency="usd",
        next_charge_at=next_charge_at,
        ends_at=ends_at,
    )


@pytest.mark.parametrize(
    ("state", "frequency", "kind"),
    list(product(RecurringState, (Frequency.MONTHLY, Frequency.YEARLY), ChangeKind)),
)
def test_every_state_takes_its_own_wishes_and_refuses_the_others(
    state: RecurringState, frequency: Frequency, kind: ChangeKind
) -> None:
    recurring = arrange(state, frequency)
    if {"date": "d", "resume": "r"}.get(kind, kind[0]) in POSSIBLE[state, frequency]:
        assert read_wish(GOOD[kind], recurring, ORGANISATION, NOW) is not None
    else:
        with pytest.raises(RefusedWish) as refused:
            read_wish(GOOD[kind], recurring, ORGANISATION, NOW)
        assert refused.value.refusal is Refusal.NOT_NOW


@pytest.mark.parametrize("state", [RecurringState.ACTIVE, RecurringState.PAST_DUE, RecurringState.PAUSED])
def test_what_ends_by_itself_can_only_be_stopped_sooner(state: RecurringState) -> None:
    assert list_possible(arrange(state, ends_at=NEXT)) == {ChangeKind.STOP}


AMOUNTS: dict[str, tuple[Wish, object]] = {
    "more": (
        Wish(ChangeKind.AMOUNT, amount="$40.50"),
        {"amount_minor": 4050, "fee_cover_minor": 0, "previous_minor": 2600},
    ),
    "with the fee": (
        Wish(ChangeKind.AMOUNT, amount="40", covers_fee=True),
        {"amount_minor": 4151, "fee_cover_minor": 151, "previous_minor": 2600},
    ),
    "the same without the fee": (
        Wish(ChangeKind.AMOUNT, amount="25"),
        {"amount_minor": 2500, "fee_cover_minor": 0, "previous_minor": 2600},
    ),
    "the smallest": (
        Wish(ChangeKind.AMOUNT, amount="5"),
        {"amount_minor": 500, "fee_cover_minor": 0, "previous_minor": 2600},
    ),
    "the largest": (
        Wish(ChangeKind.AMOUNT, amount="1,000"),
        {"amount_minor": 100_000, "fee_cover_minor": 0, "previous_minor": 2600},
    ),
    "full-width digits": (
        Wish(ChangeKind.AMOUNT, amount="４０"),
        {"amount_minor": 4000, "fee_cover_minor": 0, "previous_minor": 2600},
    ),
    "nothing": (Wish(ChangeKind.AMOUNT), Refusal.NO_AMOUNT),
    "a word": (Wish(ChangeKind.AMOUNT, amount="forty"), Refusal.NO_AMOUNT),
    "a negative": (Wish(ChangeKind.AMOUNT, amount="-40"), Refusal.NO_AMOUNT),
    "an exponent": (Wish(ChangeKind.AMOUNT, amount="1e3"), Refusal.NO_AMOUNT),
    "a NUL": (Wish(ChangeKind.AMOUNT, amount="4\x000"), Refusal.NO_AMOUNT),
    "a fraction of a cent": (Wish(ChangeKind.AMOUNT, amount="40.005"), Refusal.NO_AMOUNT),
    "a cent too little": (Wish(ChangeKind.AMOUNT, amount="4.99"), Refusal.TOO_SMALL),
    "a cent too much": (Wish(ChangeKind.AMOUNT, amount="1000.01"), Refusal.TOO_LARGE),
    "more than there is": (Wish(ChangeKind.AMOUNT, amount="1000000000000"), Refusal.TOO_LARGE),
}
DATES: dict[str, tuple[Wish, object]] = {
    "tomorrow": (Wish(ChangeKind.DATE, day="2026-12-01"), {"at": "2026-12-01T17:00:00+00:00"}),
    "the last day": (Wish(ChangeKind.DATE, day="2027-01-04"), {"at": "2027-01-04T17:00:00+00:00"}),
    "today": (Wish(ChangeKind.DATE, day="2026-11-30"), Refusal.OUT_OF_REACH),
    "a day too late": (Wish(ChangeKind.DATE, day="2027-01-05"), Refusal.OUT_OF_REACH),
    "a year ago": (Wish(ChangeKind.DATE, day="2025-12-24"), Refusal.OUT_OF_REACH),
    "no such day": (Wish(ChangeKind.DATE, day="2026-02-30"), Refusal.NO_DATE),
    "a word": (Wish(ChangeKind.DATE, day="soon"), Refusal.NO_DATE),
    "nothing": (Wish(ChangeKind.DATE), Refusal.NO_DATE),
}
PAUSES: dict[str, tuple[Wish, object]] = {
    # The gift of 31 January is left out; the next is that of 28 February, a day before which charging begins again.
    "a month": (Wish(ChangeKind.PAUSE, months="1"), {"months": 1, "resumes_at": "2027-02-27T15:00:00+00:00"}),
    # From March on New York has summer time: the same hour there is another in UTC.
    "three months": (Wish(ChangeKind.PAUSE, months="3"), {"months": 3, "resumes_at": "2027-04-29T14:00:00+00:00"}),
    "none": (Wish(ChangeKind.PAUSE, months="0"), Refusal.NO_MONTHS),
    "four": (Wish(ChangeKind.PAUSE, months="4"), Refusal.NO_MONTHS),
    "full-width": (Wish(ChangeKind.PAUSE, months="１"), Refusal.NO_MONTHS),
    "nothing": (Wish(ChangeKind.PAUSE), Refusal.NO_MONTHS),
}
TYPED = {
    f"{name}: {case}": row
    for name, table in (("amount", AMOUNTS), ("date", DATES), ("pause", PAUSES))
    for case, row in table.items()
}


@pytest.mark.parametrize(("wish", "expected"), TYPED.values(), ids=TYPED.keys())
def test_a_typed_wish_is_understood_exactly_or_refused(wish: Wish, expected: object) -> None:
    if isinstance(expected, Refusal):
        with pytest.raises(RefusedWish) as refused:
            read_wish(wish, arrange(), ORGANISATION, NOW)
        assert refused.value.refusal is expected
        assert refused.value.message.endswith(".")
    else:
        assert read_wish(wish, arrange(), ORGANISATION, NOW) == expected


def test_a_yearly_gift_may_be_moved_within_a_year() -> None:
    yearly = arrange(frequency=Frequency.YEARLY)
    assert date_range(yearly, ORGANISATION, NOW) == (date(2026, 12, 1), date(2027, 11, 30))


def test_the_amount_and_the_day_that_are_so_already_need_no_change() -> None:
    recurring = arrange(next_charge_at=datetime(2026, 12, 25, 3, tzinfo=UTC))  # 24 December in New York
    assert read_wish(Wish(ChangeKind.DATE, day="2026-12-24"), recurring, ORGANISATION, NOW) is None
    recurring.amount_minor, recurring.fee_cover_minor = 2500, 0
    assert read_wish(Wish(ChangeKind.AMOUNT, amount="25"), recurring, ORGANISATION, NOW) is None
