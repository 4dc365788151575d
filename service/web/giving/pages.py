"""Showing a donor's page: in whose name, in which language, and where its forms may lead. Decides nothing else."""

from datetime import date, datetime
from typing import Any

from flask import Response, g, make_response, render_template

from service.donations.models import Donor
from service.money import write_amount
from service.organisation.models import Organisation
from service.organisation.queries import find_organisation
from service.web.language import GIVERS_LANGUAGES, page_language, speak_to
from service.web.security import leading_to, write_policy
from service.web.services import get_services
from service.web.transaction import unit_of_work


def show_page(name: str, organisation: Organisation | None = None, **values: Any) -> Response:
    """Return the page ``templates/web/giving/<name>.html``. A donor's own language comes before the browser's."""
    if organisation is None:
        with unit_of_work() as session:
            organisation = find_organisation(session)
    donor: Donor | None = g.get("donor")
    if donor is not None:
        speak_to(donor.language)
    page = render_template(
        f"web/giving/{name}.html",
        language=page_language(),
        organisation=organisation,
        languages=GIVERS_LANGUAGES,
        donor=donor,
        write_amount=write_amount,
        day_of=lambda at: local_day(at, organisation),
        **values,
    )
    return make_response(page)


def local_day(at: datetime, organisation: Organisation | None) -> date:
    """Return the day that ``at`` is on where the organisation is."""
    return at.astimezone(organisation.zone).date() if organisation is not None else at.date()


def lets_lead_to_processor(response: Response) -> Response:
    """Let a form of this page end at the processor: browsers hold a form's redirects to ``form-action`` too."""
    gateway = get_services().gateway
    response.headers["Content-Security-Policy"] = write_policy(leading_to(gateway.hosts if gateway else ()))
    return response
