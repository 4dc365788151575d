"""Leaving: a page with one button, and the one-click POST of mail programs (RFC 8058). It always works, at once."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from service.issues.models import Newsletter
from service.subscribers.models import Subscription
from service.subscribers.queries import get_subscription
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from service.tokens import Purpose
from service.web.forgery import needs_no_token
from service.web.links import read_link
from service.web.transaction import unit_of_work

PAGE_FIELD = "from"  # our own button sends it, a mail program does not
PAGE_WORDING = "Unsubscribe"
ONE_CLICK_WORDING = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
SHORTEST_SHOWN = 3  # characters before the @; of fewer, even the first says too much

blueprint = needs_no_token(Blueprint("unsubscribe", __name__))


@blueprint.get("/unsubscribe/<token>")
def show_button(token: str) -> str:
    """Show who would leave which newsletter, and the button."""
    subscription_id, _delivery_id = read_link(Purpose.UNSUBSCRIBE, token)
    with unit_of_work() as session:
        return _show(session, get_subscription(session, subscription_id))


@blueprint.post("/unsubscribe/<token>")
def leave(token: str) -> ResponseReturnValue:
    """End the subscription at once. Safe to repeat: a mail program tries again until it sees 200."""
    subscription_id, delivery_id = read_link(Purpose.UNSUBSCRIBE, token)
    from_page = _is_from_our_page()
    with unit_of_work() as session:
        subscription = unsubscribe(
            session,
            subscription_id,
            source=ConsentSource.UNSUBSCRIBE_PAGE if from_page else ConsentSource.ONE_CLICK,
            wording=PAGE_WORDING if from_page else ONE_CLICK_WORDING,
            delivery_id=delivery_id or None,
        )
        if from_page:
            return _show(session, subscription)
    return Response("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")


def mask_address(address: str) -> str:
    """Return an address that its owner knows again and nobody else can use: ``j•••@example.org``."""
    local, _, domain = address.rpartition("@")
    shown = local[0] if len(local) >= SHORTEST_SHOWN else ""
    return f"{shown}•••@{domain}"


def _is_from_our_page() -> bool:
    """Whether our own button was pressed. The body is all that a mail program may get wrong, so it never matters."""
    try:
        return PAGE_FIELD in request.form
    except HTTPException:
        return False


def _show(session: Session, subscription: Subscription) -> str:
    return render_template(
        "web/public/unsubscribe.html",
        newsletter=session.get_one(Newsletter, subscription.newsletter_id),
        state=subscription.state,
        address=mask_address(subscription.subscriber.address),
        wording=PAGE_WORDING,
        page_field=PAGE_FIELD,
    )
