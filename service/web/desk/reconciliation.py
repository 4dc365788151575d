"""How well the books agree with the processor: the latest comparisons, their mismatches, and the events' health."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from service.donations.health import get_inbox_health, list_failed_events, list_reconciliations
from service.errors import Conflict
from service.inbox.handling import retry_event
from service.jobs import Job, enqueue
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.books import open_books
from service.web.services import get_services
from service.web.transaction import unit_of_work

DAYS = 7  # a week back: whoever presses the button has a doubt, and it is about lately


@blueprint.get("/reconciliation")
@permission(Permission.FINANCE)
def show_reconciliation() -> ResponseReturnValue:
    """Show the latest comparisons and the events that could not be handled."""
    with unit_of_work() as work:
        return render_template(
            "web/desk/reconciliation.html",
            books=open_books(work),
            runs=list_reconciliations(work),
            health=get_inbox_health(work),
            failed=list_failed_events(work),
            days=DAYS,
            takes_gifts=get_services().gateway is not None,
        )


@blueprint.post("/reconciliation")
@permission(Permission.FINANCE)
def accept_reconciliation() -> ResponseReturnValue:
    """Have a worker compare the books with the processor now."""
    with unit_of_work() as work:
        note(work, current_account().id, "Asked for a reconciliation", "reconciliation", days=DAYS)
        if get_services().gateway is not None:
            enqueue(work, Job.RECONCILE, DAYS)
    if get_services().gateway is None:
        say("No processor is set up here, so there is nothing to compare with.", "warn")
    else:
        say("A worker is comparing now. Load this page again in a minute.")
    return redirect(url_for("desk.show_reconciliation"))


@blueprint.post("/events/<row:event_id>/retry")
@permission(Permission.FINANCE)
def accept_retried_event(event_id: int) -> ResponseReturnValue:
    """Let an event that failed be tried again, once however often it is pressed."""
    try:
        with unit_of_work() as work:
            retry_event(work, event_id)
            enqueue(work, Job.HANDLE_EVENT, event_id)
            note(work, current_account().id, "Had an event tried again", f"event:{event_id}")
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say("The event is being tried again.")
    return redirect(url_for("desk.show_reconciliation"))
