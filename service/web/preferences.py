"""A reader's choices by a link of any mail: less of a newsletter, the language, the way out.

A mail may be passed on, so whoever holds such a link can do only what is mild and its owner can take back. It shows no
address in full and leads to no data; for those there is ``self_service``, by a letter that is mailed then and there.
"""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.issues.queries import get_newsletter, list_newsletters
from service.languages.choosing import LANGUAGES
from service.subscribers.consent import Proof
from service.subscribers.pausing import choose_frequency, pause, resume
from service.subscribers.preferences import Choice, change_language, find_choice, get_person, list_choices
from service.subscribers.states import ConsentSource, SubscriptionState
from service.tokens import Purpose
from service.web.fewer import offer_fewer, read_frequency, read_pause
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import FIELD, gettext, speak_to
from service.web.links import DEAD_LINK, read_link
from service.web.masking import mask_address
from service.web.services import get_services
from service.web.transaction import unit_of_work

_ACTIVE: Final = SubscriptionState.ACTIVE

blueprint = needs_no_token(Blueprint("preferences", __name__, url_prefix="/preferences"))
blueprint.before_request(refuse_foreign_forms)


@blueprint.get("/<token>")
def show_preferences(token: str) -> str:
    """Show what the person gets and how to have less of it."""
    subscriber_id, delivery_id = read_link(Purpose.PREFERENCES, token)
    with unit_of_work() as session:
        return _show(session, subscriber_id, delivery_id)


@blueprint.post("/<token>/language")
def choose_language(token: str) -> ResponseReturnValue:
    """Write to the person in another language from now on."""
    subscriber_id, _ = read_link(Purpose.PREFERENCES, token)
    with unit_of_work() as session:
        change_language(session, subscriber_id, request.form.get("language", ""))
    # The choice that was made for this page alone is over: the language just chosen holds.
    return _go_back(token, "language", **{FIELD: None})


@blueprint.post("/<token>/<slug:slug>/pause")
def rest(token: str, slug: str) -> ResponseReturnValue:
    """Let nothing of a newsletter come for a while."""
    with unit_of_work() as session:
        tie = _find_tie(session, token, slug)
        until, words = read_pause(request.form.get("days", ""))
        pause(session, tie.subscription_id, until, tie.prove(words))
    return _go_back(token, "pause")


@blueprint.post("/<token>/<slug:slug>/resume")
def end_rest(token: str, slug: str) -> ResponseReturnValue:
    """Let a newsletter come again."""
    with unit_of_work() as session:
        tie = _find_tie(session, token, slug)
        resume(session, tie.subscription_id, tie.prove(gettext("End the pause")))
    return _go_back(token, "resume")


@blueprint.post("/<token>/<slug:slug>/frequency")
def slow_down(token: str, slug: str) -> ResponseReturnValue:
    """Let at most one issue come in a while, or every one again."""
    with unit_of_work() as session:
        tie = _find_tie(session, token, slug)
        frequency, words = read_frequency(request.form.get("frequency", ""))
        choose_frequency(session, tie.subscription_id, frequency, tie.prove(words))
    return _go_back(token, "frequency")


@dataclass(frozen=True)
class _Tie:
    """What a form is about: one subscription, and the copy whose link led here (0 for none)."""

    subscription_id: int
    delivery_id: int

    def prove(self, words: str) -> Proof:
        evidence = {"delivery": self.delivery_id} if self.delivery_id else {}
        return Proof(ConsentSource.PREFERENCES_PAGE, words, evidence)


def _find_tie(session: Session, token: str, slug: str) -> _Tie:
    """Return what a form is about; from here on the words are the person's own language, as those of the page were."""
    subscriber_id, delivery_id = read_link(Purpose.PREFERENCES, token)
    speak_to(get_person(session, subscriber_id).language)
    choice = find_choice(session, subscriber_id, get_newsletter(session, slug).id)
    if choice is None:
        raise NotFound(DEAD_LINK)
    return _Tie(choice.subscription_id, delivery_id)


def _show(session: Session, subscriber_id: int, delivery_id: int) -> str:
    person = get_person(session, subscriber_id)
    speak_to(person.language)
    choices = {choice.newsletter_id: choice for choice in list_choices(session, subscriber_id, {_ACTIVE})}
    ties = [
        (
            newsletter,
            offer_fewer(choices[newsletter.id], subscriber_id, delivery_id),
            _leave_url(choices[newsletter.id], delivery_id),
        )
        for newsletter in list_newsletters(session)
        if newsletter.id in choices
    ]
    return render_template(
        "web/public/preferences.html",
        newsletter=ties[0][0] if len(ties) == 1 else None,
        ties=ties,
        address=mask_address(person.address),
        spoken=person.language,
        languages=LANGUAGES.items(),
        token=get_services().signer.sign(Purpose.PREFERENCES, subscriber_id, delivery_id),
        done=request.args.get("done"),
    )


def _leave_url(choice: Choice, delivery_id: int) -> str:
    leave = get_services().signer.sign(Purpose.UNSUBSCRIBE, choice.subscription_id, delivery_id)
    return url_for("unsubscribe.show_button", token=leave)


def _go_back(token: str, done: str, **values: Any) -> Response:
    return make_response(redirect(url_for("preferences.show_preferences", token=token, done=done, **values), 303))
