"""Asking for a newsletter: the form, its exact wording of consent, and one answer for every address."""

import unicodedata

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.queries import get_newsletter
from service.subscribers.signup import request_subscription
from service.subscribers.states import ConsentSource
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.transaction import unit_of_work

# People never see this field; programs that fill in whatever they find do.
HONEYPOT = "website"

blueprint = needs_no_token(Blueprint("signup", __name__))
blueprint.before_request(refuse_foreign_forms)


def consent_wording(newsletter: Newsletter) -> str:
    """Return the sentence that a person agrees to; it is kept as proof exactly as it was shown."""
    return (
        f"Send me “{newsletter.name}” by e-mail. {newsletter.publisher} uses my address for nothing else, "
        "and every mail has a link that ends it at once."
    )


@blueprint.get("/<slug:slug>/subscribe")
def show_form(slug: str) -> str:
    """Show the form alone on its page."""
    with unit_of_work() as session:
        return _form_page(get_newsletter(session, slug))


@blueprint.post("/<slug:slug>/subscribe")
def subscribe(slug: str) -> ResponseReturnValue:
    """Take the request and say the same to everybody; only an address that can't be mailed is sent back."""
    try:
        with unit_of_work() as session:
            newsletter = get_newsletter(session, slug)
            if not _is_filled_in_by_a_program():
                request_subscription(
                    session,
                    newsletter.id,
                    _field("address"),
                    name=_field("name") or None,
                    wording=consent_wording(newsletter),
                    source=ConsentSource.SIGNUP_PAGE,
                )
            return render_template("web/public/signup_sent.html", newsletter=newsletter)
    except BadInput as problem:
        # The refused transaction took the newsletter with it.
        with unit_of_work() as session:
            return _form_page(get_newsletter(session, slug), error=problem.message), problem.status


def _form_page(newsletter: Newsletter, *, error: str = "") -> str:
    return render_template(
        "web/public/signup.html",
        newsletter=newsletter,
        wording=consent_wording(newsletter),
        typed=request.form,
        error=error,
    )


def _is_filled_in_by_a_program() -> bool:
    return bool(request.form.get(HONEYPOT))


def _field(name: str) -> str:
    """Return what was typed, without control characters: PostgreSQL's text has no room for NUL."""
    return "".join(char for char in request.form.get(name, "") if unicodedata.category(char) != "Cc")
