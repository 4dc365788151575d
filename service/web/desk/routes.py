"""The relays on the desk: how fast each may go now, why, whose mail is signed. ``routes`` learns and decides."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.clock import now
from service.errors import NotFound
from service.issues.checks import check_signature
from service.issues.queries import list_newsletters
from service.issues.signing import domain_of, find_signing_domain
from service.organisation.queries import find_organisation
from service.routes.lessons import forget_lessons
from service.routes.queries import list_route_health
from service.routes.warmup import DAYS
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.waiting import find_next_day, name_silence
from service.web.services import get_services
from service.web.transaction import unit_of_work


@dataclass(frozen=True)
class Sender:
    """An address that mail is from, the domain whose key here signs it, if any, and a doubt about that, or ''."""

    address: str
    signed_by: str | None
    doubt: str

    @property
    def domain(self) -> str:
        """The domain that receivers hold responsible."""
        return domain_of(self.address)


@blueprint.get("/routes")
@permission(Permission.SEND)
def show_routes() -> ResponseReturnValue:
    """Show every relay that mail leaves through, what holds it back, and which mail is signed here."""
    with unit_of_work() as work:
        routes = list_route_health(work, get_services().settings.routes)
        alarms = {alarm.key for alarm in list_standing_alarms(work)}
        return render_template(
            "web/desk/routes.html",
            routes=routes,
            weights=sum(health.route.weight for health in routes),
            silent={health.route.name for health in routes if name_silence(health.route.name) in alarms},
            trails={health.route.name: list_entries(work, _subject(health.route.name)) for health in routes},
            senders=list(_list_senders(work)),
            warm_up_days=DAYS,
            tomorrow=find_next_day(None, now().date()),
        )


@blueprint.post("/routes/<route_name>/forget")
@permission(Permission.SEND)
def accept_forgetting(route_name: str) -> ResponseReturnValue:
    """Let a relay go as fast as it can again, and find out anew. Safe to repeat."""
    if route_name not in {route.name for route in get_services().settings.routes}:
        raise NotFound("There is no such relay.")
    with unit_of_work() as work:
        forget_lessons(work, route_name)
        note(work, current_account().id, "Forgot what was learnt about a relay", _subject(route_name))
    say(f"What was learnt about {route_name} is forgotten. Senders hear of it within seconds.")
    return redirect(url_for("desk.show_routes"))


def _list_senders(work: Session) -> Iterator[Sender]:
    """Yield each From address once: those of the newsletters, then the organisation's own, on receipts."""
    keys = {key.domain for key in get_services().settings.dkim_keys}
    addresses = [newsletter.sender_address for newsletter in list_newsletters(work)]
    organisation = find_organisation(work)
    if organisation is not None:
        addresses.append(organisation.sender_address)
    for address in dict.fromkeys(address.lower() for address in addresses):
        doubt = "".join(problem.sentence for problem in check_signature(address, keys))
        yield Sender(address, find_signing_domain(address, keys), doubt)


def _subject(route_name: str) -> str:
    return f"route:{route_name}"
