"""Showing a giver's page: in whose name, in which language, and where its forms may lead. Decides nothing else."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template

from service.money import write_amount
from service.organisation.models import Organisation
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import GIVERS_LANGUAGES, choose_language
from service.web.security import leading_to, write_policy
from service.web.services import get_services

blueprint = needs_no_token(Blueprint("give", __name__))
blueprint.before_request(refuse_foreign_forms)


def show_page(name: str, organisation: Organisation | None, status: int = 200, **values: Any) -> Response:
    """Return the page ``templates/web/public/<name>.html``; without an organisation it speaks for the house."""
    services = get_services()
    page = render_template(
        f"web/public/{name}.html",
        organisation=organisation,
        language=choose_language(),
        languages=GIVERS_LANGUAGES,
        is_test=bool(services.settings.stripe_url),
        money=partial(write_amount, code=organisation.currency, short=True) if organisation else None,
        **values,
    )
    response = make_response(page, status)
    if services.gateway is not None:
        response.headers["Content-Security-Policy"] = write_policy(leading_to(services.gateway.hosts))
    return response
