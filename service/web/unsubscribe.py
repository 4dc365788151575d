"""Leaving: a page with one button, and the one-click POST of mail programs (RFC 8058). It always works, at once.

The page also offers less of the newsletter instead. It asks why only when that changes nothing any more.
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from service.issues.models import Newsletter
from service.languages.sentences import for_readers
from service.subscribers.models import Subscription
from service.subscribers.preferences import explain_leaving, find_choice
from service.subscribers.queries import get_subscription
from service.subscribers.states import ConsentSource, LeaveReason, SubscriptionState
from service.subscribers.unsubscribe import LONGEST_NOTE, unsubscribe
from service.tokens import Purpose
from service.web.fewer import offer_fewer
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext, speak_to
from service.web.links import read_link
from service.web.masking import mask_address
from service.web.transaction import unit_of_work

PAGE_FIELD = "from"  # our own button sends it, a mail program does not
PAGE_WORDING = for_readers("Unsubscribe")
ONE_CLICK_WORDING = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
REASONS: Final[Mapping[str, str]] = {
    LeaveReason.TOO_MANY: for_readers("Too many mails"),
    LeaveReason.NOT_FOR_ME: for_readers("It is not for me"),
    LeaveReason.NEVER_ASKED: for_readers("I never asked for it"),
    LeaveReason.OTHER: for_readers("Another reason"),
}

blueprint = needs_no_token(Blueprint("unsubscribe", __name__))


@blueprint.get("/unsubscribe/<token>")
def show_button(token: str) -> str:
    """Show who would leave which newsletter, and the button."""
    subscription_id, _ = read_link(Purpose.UNSUBSCRIBE, token)
    with unit_of_work() as session:
        return _show(session, get_subscription(session, subscription_id), token)


@blueprint.post("/unsubscribe/<token>")
def leave(token: str) -> ResponseReturnValue:
    """End the subscription at once. Safe to repeat: a mail program tries again until it sees 200."""
    subscription_id, delivery_id = read_link(Purpose.UNSUBSCRIBE, token)
    from_page = _is_from_our_page()
    with unit_of_work() as session:
        if from_page:
            speak_to(get_subscription(session, subscription_id).subscriber.language)
        subscription = unsubscribe(
            session,
            subscription_id,
            source=ConsentSource.UNSUBSCRIBE_PAGE if from_page else ConsentSource.ONE_CLICK,
            wording=gettext(PAGE_WORDING) if from_page else ONE_CLICK_WORDING,
            delivery_id=delivery_id or None,
        )
        if from_page:
            return _show(session, subscription, token)
    return Response("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")


@blueprint.post("/unsubscribe/<token>/why")
def tell_why(token: str) -> str:
    """Keep why somebody left, if they like to say."""
    refuse_foreign_forms()
    subscription_id, _ = read_link(Purpose.UNSUBSCRIBE, token)
    reason = request.form.get("reason", "")
    with unit_of_work() as session:
        subscription = explain_leaving(
            session,
            subscription_id,
            reason=LeaveReason(reason) if reason in REASONS else None,
            note=request.form.get("note", ""),
        )
        return _show(session, subscription, token, has_told=True)


def _is_from_our_page() -> bool:
    """Whether our own button was pressed. The body is all that a mail program may get wrong, so it never matters."""
    try:
        return PAGE_FIELD in request.form
    except HTTPException:
        return False


def _show(session: Session, subscription: Subscription, token: str, *, has_told: bool = False) -> str:
    person = subscription.subscriber
    speak_to(person.language)
    _, delivery_id = read_link(Purpose.UNSUBSCRIBE, token)
    choice = find_choice(session, person.id, subscription.newsletter_id)
    is_active = subscription.state is SubscriptionState.ACTIVE
    return render_template(
        "web/public/unsubscribe.html",
        newsletter=session.get_one(Newsletter, subscription.newsletter_id),
        state=subscription.state,
        address=mask_address(person.address),
        wording=gettext(PAGE_WORDING),
        page_field=PAGE_FIELD,
        token=token,
        fewer=offer_fewer(choice, person.id, delivery_id) if choice and is_active else None,
        reasons=[(reason, gettext(words)) for reason, words in REASONS.items()],
        longest_note=LONGEST_NOTE,
        has_told=has_told,
    )
