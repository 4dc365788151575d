"""A person's own page: what nobody but the owner of the mailbox may do, by a letter mailed then and there.

The link opens the page for an hour, in any browser and without a cookie. What is mild is on ``preferences``' page; all
that is known of the person, and its end, are ``own_data``'s.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.issues.models import Newsletter
from service.issues.queries import get_newsletter, list_newsletters
from service.subscribers.address_change import ask_change
from service.subscribers.fields import LONGEST_ANSWER, BadAnswer, change_answers, list_open
from service.subscribers.own_page import MOST_A_DAY, join, renew_own_page, request_own_page
from service.subscribers.people import LONGEST_NAME
from service.subscribers.preferences import change_name, get_person, list_choices
from service.subscribers.states import SubscriptionState
from service.tokens import Purpose
from service.visitors.networks import network_of
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext
from service.web.own_link import StaleLink, find_holder, read_own_link, show_stale
from service.web.questions import read_form, show_questions
from service.web.services import get_services
from service.web.transaction import unit_of_work
from service.web.typed_address import explain

blueprint = needs_no_token(Blueprint("self_service", __name__, url_prefix="/yours"))
blueprint.before_request(refuse_foreign_forms)
blueprint.register_error_handler(StaleLink, show_stale)


@blueprint.get("")
def show_field() -> str:
    """Show the field for an address."""
    return _ask()


@blueprint.post("")
def post_link() -> ResponseReturnValue:
    """Say the same to everybody, within the limits and beyond; only what is no address at all is sent back."""
    typed = request.form.get("address", "")
    try:
        with unit_of_work() as session:
            request_own_page(session, typed, network_of(request.remote_addr))
    except BadInput as problem:
        error, typed = explain(problem, typed)
        return _ask(typed, error), problem.status
    return _say_sent()


@blueprint.post("/<token>/again")
def renew_link(token: str) -> str:
    """Mail a fresh link to who holds an older one, whatever strangers have asked for in their name."""
    with unit_of_work() as session:
        subscriber_id, _ = find_holder(session, token)
        renew_own_page(session, subscriber_id)
        return _say_sent()


@blueprint.get("/<token>")
def show_page(token: str) -> ResponseReturnValue:
    """Show everything that a person may choose, for as long as the link is fresh."""
    with unit_of_work() as session:
        subscriber_id, _ = read_own_link(session, token)
        return _show(session, subscriber_id, token)


@blueprint.post("/<token>/name")
def save_name(token: str) -> ResponseReturnValue:
    """Call the person by another name, or by none."""
    with unit_of_work() as session:
        subscriber_id, _ = read_own_link(session, token)
        change_name(session, subscriber_id, request.form.get("name", ""))
    return _go_back(token, "name")


@blueprint.post("/<token>/address")
def ask_for_address(token: str) -> ResponseReturnValue:
    """Write to the address that we have and to the one wished for; nothing changes before both agree."""
    typed = request.form.get("address", "")
    try:
        with unit_of_work() as session:
            subscriber_id, _ = read_own_link(session, token)
            ask_change(session, subscriber_id, typed)
    except BadInput as problem:
        with unit_of_work() as session:
            error, typed = explain(problem, typed)
            return _show(session, subscriber_id, token, typed, error), problem.status
    return _go_back(token, "address")


@blueprint.post("/<token>/answers")
def save_answers(token: str) -> ResponseReturnValue:
    """Keep what the person answers to the optional questions; an answer left empty is taken back."""
    answers = read_form(request.form)
    try:
        with unit_of_work() as session:
            subscriber_id, _ = read_own_link(session, token)
            change_answers(session, subscriber_id, answers)
    except BadAnswer as problem:
        with unit_of_work() as session:
            return _show(session, subscriber_id, token, answers=answers), problem.status
    return _go_back(token, "answers")


@blueprint.post("/<token>/<slug:slug>/join")
def get_one_more(token: str, slug: str) -> ResponseReturnValue:
    """Let the person get one newsletter more."""
    with unit_of_work() as session:
        subscriber_id, asked_at = read_own_link(session, token)
        newsletter = get_newsletter(session, slug)
        join(session, subscriber_id, newsletter.id, asked_at=asked_at, wording=_join_wording(newsletter))
    return _go_back(token, "join")


def _show(
    session: Session,
    subscriber_id: int,
    token: str,
    typed: str = "",
    error: str = "",
    answers: Mapping[str, str] | None = None,
) -> str:
    """Return the page; ``typed`` is the address that came back with an ``error``, ``answers`` those that came back."""
    person = get_person(session, subscriber_id)
    questions = show_questions(
        list_open(session, person), person.fields if answers is None else answers, before=person.fields
    )
    gets = {choice.newsletter_id for choice in list_choices(session, subscriber_id, {SubscriptionState.ACTIVE})}
    return render_template(
        "web/public/own_page.html",
        newsletter=None,
        person=person,
        token=token,
        mild_token=get_services().signer.sign(Purpose.PREFERENCES, person.id, 0),
        ties=[(each, each.id in gets, _join_wording(each)) for each in list_newsletters(session)],
        longest_name=LONGEST_NAME,
        questions=questions,
        longest=LONGEST_ANSWER,
        done=request.args.get("done"),
        typed=typed,
        error=error,
    )


def _say_sent() -> str:
    return render_template("web/public/own_page_sent.html", most_a_day=MOST_A_DAY)


def _join_wording(newsletter: Newsletter) -> str:
    """Return the words on the button; they are kept as proof exactly as they were shown."""
    return gettext("Send me “%(newsletter)s”", newsletter=newsletter.name)


def _ask(typed: str = "", error: str = "") -> str:
    return render_template("web/public/own_page_ask.html", typed=typed, error=error)


def _go_back(token: str, done: str) -> Response:
    return make_response(redirect(url_for("self_service.show_page", token=token, done=done), 303))
