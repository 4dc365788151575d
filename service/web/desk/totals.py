"""What gifts came to, drawn: by month, by fund, and what is promised. Owns the page; ``donations.totals`` counts."""

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.donations.queries import GiftFilter, count_gifts
from service.donations.totals import (
    FundTotal,
    MonthTotal,
    first_of_month,
    get_promised,
    list_fund_totals,
    list_months,
    start_of_day,
    sum_between,
)
from service.money import write_amount
from service.staff.roles import Permission
from service.web.charts import draw_share
from service.web.columns import Column, Series, draw_columns
from service.web.desk.access import blueprint, permission
from service.web.desk.books import Books, open_books
from service.web.transaction import unit_of_work

SPANS = {"12": "A year", "24": "Two years", "60": "Five years"}
_SERIES = (
    Series("Once", "once"),
    Series("Recurring", "recurring"),
    Series("Checks and transfers", "offline"),
)


@blueprint.get("/totals")
@permission(Permission.FINANCE)
def show_totals() -> ResponseReturnValue:
    """Show what gifts came to."""
    raw = request.args.get("months", "")
    span = raw if raw in SPANS else next(iter(SPANS))
    with unit_of_work() as work:
        books = open_books(work)
        first = first_of_month(books.today, int(span) - 1)
        months = list_months(work, books.zone, books.currency, first, books.today)
        return render_template(
            "web/desk/totals.html",
            books=books,
            spans=SPANS,
            span=span,
            months=months,
            chart=_draw(months, books),
            funds=[(total, _draw_goal(total, books)) for total in list_fund_totals(work, books.currency)],
            unnamed=count_gifts(work, GiftFilter(has_no_fund=True)),
            promised=get_promised(work, books.currency),
            **_compare(work, books),
        )


def _compare(work: Session, books: Books) -> dict[str, int]:
    """Return what came this month, and in the last month as a whole and up to the same day."""
    today, begin, before = books.today, first_of_month(books.today), first_of_month(books.today, 1)
    tomorrow = today + timedelta(days=1)
    so_far = min(before + (tomorrow - begin), begin)  # a short month ends before the long one's day
    edges = {"this_month": (begin, tomorrow), "last_month": (before, begin), "last_month_so_far": (before, so_far)}
    return {
        name: sum_between(work, books.currency, start_of_day(since, books.zone), start_of_day(until, books.zone))
        for name, (since, until) in edges.items()
    }


def _draw(months: list[MonthTotal], books: Books) -> Markup:
    columns = [
        Column(f"{each.month:%b %Y}", (each.once_minor, each.recurring_minor, each.offline_minor)) for each in months
    ]
    return draw_columns(columns, _SERIES, "Gifts by month, net of refunds", lambda minor: _short(minor, books))


def _draw_goal(total: FundTotal, books: Books) -> Markup:
    goal = total.fund.goal_minor
    if not goal:
        return Markup()
    said = f"{_short(total.raised_minor, books)} of {_short(goal, books)} raised for {total.fund.name}"
    return draw_share(total.raised_minor, goal, said)


def _short(minor: int, books: Books) -> str:
    return write_amount(minor, books.currency, short=True)
