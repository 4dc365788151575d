"""Billing periods by the calendar: a month from 31 January ends on 28 February and the next on 31 March.

Owns that arithmetic; see https://docs.stripe.com/billing/subscriptions/billing-cycle.
"""

import calendar
from datetime import UTC, datetime, timedelta

from service.development.fakestripe.shapes import JsonObject


def find_period_end(anchor: int, recurring: JsonObject, number: int) -> int:
    """Return when the period of this number ends; the first, number 1, starts at the anchor.

    Args:
        anchor: seconds since 1970; later periods keep its day of the month and its time.
        recurring: a price's ``interval`` and ``interval_count``.
        number: 1 and up; 0 gives the anchor itself.
    """
    start = datetime.fromtimestamp(anchor, UTC)
    count = recurring["interval_count"] * number
    interval = recurring["interval"]
    if interval == "day":
        end = start + timedelta(days=count)
    elif interval == "week":
        end = start + timedelta(weeks=count)
    else:
        end = _add_months(start, count if interval == "month" else 12 * count)
    return int(end.timestamp())


def _add_months(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))
