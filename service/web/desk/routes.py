"""The relays on the desk: how fast each may go now, why, and a way to forget it. ``routes`` learns and decides."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from service.errors import NotFound
from service.routes.lessons import forget_lessons
from service.routes.queries import list_route_health
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.services import get_services
from service.web.transaction import unit_of_work


@blueprint.get("/routes")
@permission(Permission.SEND)
def show_routes() -> ResponseReturnValue:
    """Show every relay that mail leaves through, and what holds it back."""
    with unit_of_work() as work:
        routes = list_route_health(work, get_services().settings.routes)
        trails = {health.route.name: list_entries(work, _subject(health.route.name)) for health in routes}
        return render_template("web/desk/routes.html", routes=routes, trails=trails, say_pace=say_pace)


@blueprint.post("/routes/<route_name>/forget")
@permission(Permission.SEND)
def accept_forgetting(route_name: str) -> ResponseReturnValue:
    """Let a route go as fast as it can again, and find out anew. Safe to repeat."""
    if route_name not in {route.name for route in get_services().settings.routes}:
        raise NotFound("There is no such route.")
    with unit_of_work() as work:
        forget_lessons(work, route_name)
        note(work, current_account().id, "Forgot what was learnt about a route", _subject(route_name))
    say("Forgotten. Senders hear of it within seconds.")
    return redirect(url_for("desk.show_routes"))


def say_pace(per_second: float) -> str:
    """Return a pace in words: by the second where that is one mail or more, else by the minute."""
    if per_second >= 1:
        return f"{per_second:,.0f} a second"
    return f"{per_second * 60:,.0f} a minute"


def _subject(route_name: str) -> str:
    return f"route:{route_name}"
