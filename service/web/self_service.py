"""A person's own page: what nobody but the owner of the mailbox may do, by a letter mailed then and there.

The link opens the page for an hour, in any browser and without a cookie. What is mild is on ``preferences``' page.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.queries import get_newsletter, list_newsletters
from service.subscribers.address_change import ask_change
from service.subscribers.own_page import is_fresh, join, request_own_page
from service.subscribers.people import LONGEST_NAME
from service.subscribers.preferences import change_name, get_person, list_choices
from service.subscribers.states import SubscriptionState
from service.tokens import Purpose
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext, speak_to, translate_sentence
from service.web.links import read_link
from service.web.services import get_services
from service.web.transaction import unit_of_work

blueprint = needs_no_token(Blueprint("self_service", __name__, url_prefix="/yours"))
blueprint.before_request(refuse_foreign_forms)


@blueprint.get("")
def show_field() -> str:
    """Show the field for an address."""
    return _ask()


@blueprint.post("")
def post_link() -> ResponseReturnValue:
    """Say the same to everybody; only what is no address at all is sent back."""
    typed = request.form.get("address", "")
    try:
        with unit_of_work() as session:
            request_own_page(session, typed)
    except BadInput as problem:
        return _ask(typed, _say(problem)), problem.status
    return render_template("web/public/own_page_sent.html")


@blueprint.get("/<token>")
def show_page(token: str) -> ResponseReturnValue:
    """Show everything that a person may choose, for as long as the link is fresh."""
    subscriber_id, asked_at = read_link(Purpose.SELF_SERVICE, token)
    if not is_fresh(asked_at):
        return _show_stale()
    with unit_of_work() as session:
        return _show(session, subscriber_id, token)


@blueprint.post("/<token>/name")
def save_name(token: str) -> ResponseReturnValue:
    """Call the person by another name, or by none."""
    subscriber_id, asked_at = read_link(Purpose.SELF_SERVICE, token)
    if not is_fresh(asked_at):
        return _show_stale()
    with unit_of_work() as session:
        change_name(session, subscriber_id, request.form.get("name", ""))
    return _go_back(token, "name")


@blueprint.post("/<token>/address")
def ask_for_address(token: str) -> ResponseReturnValue:
    """Write to the address that we have and to the one wished for; nothing changes before both agree."""
    subscriber_id, asked_at = read_link(Purpose.SELF_SERVICE, token)
    if not is_fresh(asked_at):
        return _show_stale()
    typed = request.form.get("address", "")
    try:
        with unit_of_work() as session:
            ask_change(session, subscriber_id, typed)
    except BadInput as problem:
        with unit_of_work() as session:
            return _show(session, subscriber_id, token, typed, _say(problem)), problem.status
    return _go_back(token, "address")


@blueprint.post("/<token>/<slug:slug>/join")
def get_one_more(token: str, slug: str) -> ResponseReturnValue:
    """Let the person get one newsletter more."""
    subscriber_id, asked_at = read_link(Purpose.SELF_SERVICE, token)
    if not is_fresh(asked_at):
        return _show_stale()
    with unit_of_work() as session:
        speak_to(get_person(session, subscriber_id).language)
        newsletter = get_newsletter(session, slug)
        join(session, subscriber_id, newsletter.id, asked_at=asked_at, wording=_join_wording(newsletter))
    return _go_back(token, "join")


def _show(session: Session, subscriber_id: int, token: str, typed: str = "", error: str = "") -> str:
    """Return the page; ``typed`` is the address that came back with an ``error``."""
    person = get_person(session, subscriber_id)
    speak_to(person.language)
    gets = {choice.newsletter_id for choice in list_choices(session, subscriber_id, {SubscriptionState.ACTIVE})}
    return render_template(
        "web/public/own_page.html",
        newsletter=None,
        person=person,
        token=token,
        mild_token=get_services().signer.sign(Purpose.PREFERENCES, person.id, 0),
        ties=[(each, each.id in gets, _join_wording(each)) for each in list_newsletters(session)],
        longest_name=LONGEST_NAME,
        done=request.args.get("done"),
        typed=typed,
        error=error,
    )


def _say(problem: BadInput) -> str:
    otherwise = gettext("This is not an address that we can write to. Please look at it once more.")
    return translate_sentence(problem.message, otherwise)


def _join_wording(newsletter: Newsletter) -> str:
    """Return the words on the button; they are kept as proof exactly as they were shown."""
    return gettext("Send me “%(newsletter)s”", newsletter=newsletter.name)


def _ask(typed: str = "", error: str = "") -> str:
    return render_template("web/public/own_page_ask.html", typed=typed, error=error, is_stale=False)


def _show_stale() -> ResponseReturnValue:
    return render_template("web/public/own_page_ask.html", typed="", error="", is_stale=True), 410


def _go_back(token: str, done: str) -> Response:
    return make_response(redirect(url_for("self_service.show_page", token=token, done=done), 303))
