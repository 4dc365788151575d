"""Disputes on the desk: which wait for an answer, until when. Answering is done at the processor; reads only."""

from flask import render_template
from flask.typing import ResponseReturnValue

from service.donations.queries import list_disputes
from service.staff.roles import Permission
from service.web.desk.access import blueprint, permission
from service.web.desk.books import dashboard_url, open_books
from service.web.transaction import unit_of_work


@blueprint.get("/disputes")
@permission(Permission.FINANCE)
def show_disputes() -> ResponseReturnValue:
    """List every dispute, the most urgent first."""
    with unit_of_work() as work:
        rows = [
            (dispute, gift, dashboard_url(f"disputes/{dispute.dispute_id}")) for dispute, gift in list_disputes(work)
        ]
        return render_template("web/desk/disputes.html", books=open_books(work), rows=rows)
