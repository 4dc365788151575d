"""Recurring gifts on the desk: who gives what when, what fails and what was done about it. Reads only."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from service.donations.queries import (
    PAGE,
    GiftFilter,
    count_recurring,
    get_recurring,
    list_changes,
    list_failed_tries,
    list_gifts,
    list_recurring,
)
from service.donations.states import RecurringState
from service.donations.totals import get_promised
from service.staff.roles import Permission
from service.web.desk.access import blueprint, permission
from service.web.desk.books import dashboard_url, open_books
from service.web.desk.fields import read_page
from service.web.transaction import unit_of_work


@blueprint.get("/recurring")
@permission(Permission.FINANCE)
def show_recurring() -> ResponseReturnValue:
    """List recurring gifts of one state or all, the next charge first, and those that fail with what was done."""
    raw, number = request.args.get("state", ""), read_page(request.args.get("page"))
    state = RecurringState(raw) if raw in set(RecurringState) else None
    with unit_of_work() as work:
        books, counts = open_books(work), count_recurring(work)
        listed, failing = list_recurring(work, state, number), list_recurring(work, RecurringState.PAST_DUE)
        total = sum(counts.values()) if state is None else counts[state]
        return render_template(
            "web/desk/recurring.html",
            books=books,
            state=state,
            counts=counts,
            listed=listed,
            failing=failing,
            tries=list_failed_tries(work, [each.id for each in failing]),
            promised=get_promised(work, books.currency),
            number=number,
            has_next=total > number * PAGE,
        )


@blueprint.get("/recurring/<row:recurring_id>")
@permission(Permission.FINANCE)
def show_arrangement(recurring_id: int) -> ResponseReturnValue:
    """Show one recurring gift: its facts, its charges, its failed tries, and what was changed."""
    with unit_of_work() as work:
        recurring = get_recurring(work, recurring_id)
        return render_template(
            "web/desk/arrangement.html",
            books=open_books(work),
            recurring=recurring,
            gifts=list_gifts(work, GiftFilter(recurring_id=recurring_id)),
            tries=list_failed_tries(work, [recurring_id])[recurring_id],
            changes=list_changes(work, recurring_id),
            at_processor=dashboard_url(f"subscriptions/{recurring.subscription_id}"),
        )
