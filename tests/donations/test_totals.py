"""What gifts came to: months by the office's clock, net of what went back, and goals without the added fee."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from service.donations.models import Donation, LedgerEntry
from service.donations.states import Frequency, LedgerKind, RecurringState
from service.donations.totals import (
    MonthTotal,
    first_of_month,
    get_promised,
    list_fund_totals,
    list_months,
    start_of_day,
    sum_between,
)
from tests.factories.giving import make_donation, make_donor, make_fund, make_recurring

EASTERN = ZoneInfo("America/New_York")


def add_line(session: Session, gift: Donation, kind: LedgerKind, amount_minor: int, at: datetime) -> None:
    """Write one line about a gift."""
    session.add(
        LedgerEntry(
            key=f"{kind}:{gift.id}:{at.isoformat()}",
            donation_id=gift.id,
            kind=kind,
            amount_minor=amount_minor,
            currency=gift.currency,
            occurred_at=at,
        )
    )
    session.flush()


@pytest.mark.parametrize(
    ("paid_at", "month"),
    [
        (datetime(2027, 1, 1, 4, 30, tzinfo=UTC), date(2026, 12, 1)),  # 31 December 23:30 Eastern
        (datetime(2027, 1, 1, 5, 0, tzinfo=UTC), date(2027, 1, 1)),  # midnight Eastern
        (datetime(2026, 11, 1, 3, 59, tzinfo=UTC), date(2026, 10, 1)),  # 23:59 in summer time, hours before it ends
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 12, 1, 4, 59, tzinfo=UTC), date(2026, 11, 1)),  # 23:59 in winter time
        (datetime(2026, 12, 1, 5, 0, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_a_gift_counts_in_the_month_on_the_offices_wall(session: Session, paid_at: datetime, month: date) -> None:
    make_donation(session, make_donor(session), make_fund(session), 5000, paid_at=paid_at)
    months = list_months(session, EASTERN, "usd", date(2026, 10, 15), date(2027, 1, 2))
    assert [each.month for each in months] == [
        date(2026, 10, 1),
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert [each.month for each in months if each.net_minor] == [month]


def test_each_way_of_giving_has_its_part_and_fees_stand_beside(session: Session) -> None:
    donor, fund, at = make_donor(session), make_fund(session), datetime(2026, 11, 5, 12, tzinfo=UTC)
    make_donation(session, donor, fund, 5000, paid_at=at)
    make_donation(session, donor, fund, 2500, recurring=make_recurring(session, donor, fund), paid_at=at)
    make_donation(session, donor, fund, 9000, paid_at=at).offline_id = "0" * 32
    (month,) = list_months(session, EASTERN, "usd", at.date(), at.date())
    assert month == MonthTotal(date(2026, 11, 1), 5000, 2500, 9000, fees_minor=-175 - 103 - 291)


def test_what_goes_back_counts_in_the_month_in_which_it_goes(session: Session) -> None:
    gift = make_donation(
        session, make_donor(session), make_fund(session), 5000, paid_at=datetime(2026, 10, 5, 12, tzinfo=UTC)
    )
    add_line(session, gift, LedgerKind.REFUND, -5000, datetime(2026, 11, 5, 12, tzinfo=UTC))
    months = list_months(session, EASTERN, "usd", date(2026, 10, 1), date(2026, 12, 1))
    assert [each.net_minor for each in months] == [5000, -5000, 0]


def test_a_payment_that_is_for_nothing_is_in_no_total(session: Session) -> None:
    gift = make_donation(session, make_donor(session), make_fund(session), 5000)
    gift.fund_id = None
    session.flush()
    (month,) = list_months(session, EASTERN, "usd", date(2026, 11, 1), date(2026, 11, 1))
    assert (month.net_minor, month.fees_minor) == (0, 0)
    year = start_of_day(date(2026, 1, 1), EASTERN), start_of_day(date(2027, 1, 1), EASTERN)
    assert sum_between(session, "usd", *year) == 0
    assert [total.raised_minor for total in list_fund_totals(session, "usd")] == [0]


def test_another_currency_is_never_added_up_with_ours(session: Session) -> None:
    gift = make_donation(session, make_donor(session), make_fund(session), 5000)
    add_line(session, gift, LedgerKind.GIFT, 700, gift.paid_at or datetime.now(UTC))
    session.flush()
    months = list_months(session, EASTERN, "eur", date(2026, 11, 1), date(2026, 11, 1))
    assert [each.net_minor for each in months] == [0]


@pytest.mark.parametrize(
    ("lines", "raised", "gifts"),
    [
        ([], 10_000, 1),
        ([(LedgerKind.FEE_COVER, 320)], 10_000, 1),
        ([(LedgerKind.FEE_COVER, 320), (LedgerKind.REFUND, -10_320)], 0, 0),
        ([(LedgerKind.FEE_COVER, 320), (LedgerKind.REFUND, -5_000)], 5_000, 1),
        ([(LedgerKind.REFUND, -4_000), (LedgerKind.REFUND_FAILED, 4_000)], 10_000, 1),
        ([(LedgerKind.DISPUTE, -10_000), (LedgerKind.DISPUTE_FEE, -1_500)], 0, 0),
        ([(LedgerKind.DISPUTE, -10_000), (LedgerKind.DISPUTE_REINSTATED, 10_000)], 10_000, 1),
    ],
)
def test_a_goal_counts_what_stayed_without_the_added_fee(
    session: Session, lines: list[tuple[LedgerKind, int]], raised: int, gifts: int
) -> None:
    fund, empty = make_fund(session), make_fund(session, "empty", "Nothing yet")
    gift = make_donation(session, make_donor(session), fund, 10_000)
    for hour, (kind, amount) in enumerate(lines):
        add_line(session, gift, kind, amount, datetime(2026, 11, 21, hour, tzinfo=UTC))
    totals = {total.fund.id: (total.raised_minor, total.gifts) for total in list_fund_totals(session, "usd")}
    assert totals == {fund.id: (raised, gifts), empty.id: (0, 0)}


def test_only_arrangements_that_are_charged_promise_anything(session: Session) -> None:
    donor, fund = make_donor(session), make_fund(session)
    for state in RecurringState:
        make_recurring(session, donor, fund, 1000).state = state
    yearly = make_recurring(session, donor, fund, 12_100)
    yearly.frequency = Frequency.YEARLY
    session.flush()
    promised = get_promised(session, "usd")
    assert (promised.monthly, promised.monthly_minor) == (2, 2000)  # active, and a failing one that is retried
    assert (promised.yearly, promised.yearly_minor) == (1, 12_100)
    assert promised.a_month_minor == 2000 + 1008


def test_a_sum_has_its_first_moment_and_not_its_last(session: Session) -> None:
    begin, end = datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 12, 1, 5, tzinfo=UTC)
    donor, fund = make_donor(session), make_fund(session)
    for at, amount in ((begin, 100), (end, 1000)):
        make_donation(session, donor, fund, amount, paid_at=at)
    assert sum_between(session, "usd", begin, end) == 100


@pytest.mark.parametrize(
    ("day", "back", "first"),
    [
        (date(2026, 11, 22), 0, date(2026, 11, 1)),
        (date(2026, 1, 31), 1, date(2025, 12, 1)),
        (date(2026, 12, 31), -1, date(2027, 1, 1)),
        (date(2026, 3, 1), 14, date(2025, 1, 1)),
    ],
)
def test_months_are_counted_back_over_new_year(day: date, back: int, first: date) -> None:
    assert first_of_month(day, back) == first


def test_a_day_begins_when_the_offices_clock_says_so_summer_and_winter() -> None:
    assert start_of_day(date(2026, 7, 1), EASTERN) == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert start_of_day(date(2026, 12, 1), EASTERN) == datetime(2026, 12, 1, 5, tzinfo=UTC)
