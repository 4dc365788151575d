"""What gifts may be for: adding a fund, its words and goal, closing it. ``donations.funds`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.funds import add_fund, change_fund, close_fund, list_funds, open_fund
from service.donations.models import Fund
from service.errors import BadInput, Conflict, NotFound
from service.money import write_plain
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import open_books
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@blueprint.get("/funds")
@permission(Permission.FINANCE)
def show_funds() -> ResponseReturnValue:
    """List funds, and the form for another."""
    with unit_of_work() as work:
        return _show_funds(work, Typed({}))


@blueprint.post("/funds")
@permission(Permission.FINANCE)
@gives_back
def accept_fund() -> ResponseReturnValue:
    """Add a fund."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            goal = typed.optional_money("goal", open_books(work).currency) or None
            typed.refuse_unreadable()
            fund = add_fund(
                work, typed.text("slug"), typed.text("name"), description=typed.text("description"), goal_minor=goal
            )
            note(work, current_account().id, "Added the fund", f"fund:{fund.id}", title=fund.name)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show_funds(work, typed, problem), problem.status
    say("The fund is open for gifts.")
    return redirect(url_for("desk.show_funds"))


@blueprint.get("/funds/<row:fund_id>")
@permission(Permission.FINANCE)
def show_fund(fund_id: int) -> ResponseReturnValue:
    """Show a fund's words and goal as a form."""
    with unit_of_work() as work:
        fund = _get_fund(work, fund_id)
        goal = "" if fund.goal_minor is None else write_plain(fund.goal_minor, open_books(work).currency)
        return _show_fund(work, fund, Typed({"name": fund.name, "description": fund.description, "goal": goal}))


@blueprint.post("/funds/<row:fund_id>")
@permission(Permission.FINANCE)
@gives_back
def accept_fund_change(fund_id: int) -> ResponseReturnValue:
    """Set a fund's words and goal."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            fund = _get_fund(work, fund_id)
            goal = typed.optional_money("goal", open_books(work).currency) or None
            typed.refuse_unreadable()
            change_fund(fund, name=typed.text("name"), description=typed.text("description"), goal_minor=goal)
            note(work, current_account().id, "Changed the fund", f"fund:{fund_id}", title=fund.name)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_fund(work, _get_fund(work, fund_id), typed, problem), problem.status
    say("Saved.")
    return redirect(url_for("desk.show_funds"))


@blueprint.post("/funds/<row:fund_id>/close")
@permission(Permission.FINANCE)
def accept_closing(fund_id: int) -> ResponseReturnValue:
    """Take no more new gifts for a fund; recurring ones go on."""
    try:
        with unit_of_work() as work:
            fund = close_fund(work, fund_id)
            note(work, current_account().id, "Closed the fund", f"fund:{fund_id}", title=fund.name)
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say("The fund is closed to new gifts. Recurring gifts for it go on.")
    return redirect(url_for("desk.show_funds"))


@blueprint.post("/funds/<row:fund_id>/open")
@permission(Permission.FINANCE)
def accept_opening(fund_id: int) -> ResponseReturnValue:
    """Take gifts for a closed fund again."""
    with unit_of_work() as work:
        fund = open_fund(work, fund_id)
        note(work, current_account().id, "Opened the fund", f"fund:{fund_id}", title=fund.name)
    say("The fund is open for gifts.")
    return redirect(url_for("desk.show_funds"))


def _get_fund(work: Session, fund_id: int) -> Fund:
    fund = work.get(Fund, fund_id)
    if fund is None:
        raise NotFound("There is no such fund.")
    return fund


def _show_funds(work: Session, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    return render_template(
        "web/desk/funds.html", books=open_books(work), funds=list_funds(work), typed=typed, problem=problem
    )


def _show_fund(work: Session, fund: Fund, typed: Typed, problem: BadInput | None = None) -> str:
    return render_template("web/desk/fund.html", books=open_books(work), fund=fund, typed=typed, problem=problem)
