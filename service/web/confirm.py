"""The second half of double opt-in: a page with one button. Looking at it changes nothing, however often."""

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.subscribers.confirmation import confirm_subscription
from service.subscribers.models import Subscription
from service.subscribers.queries import get_subscription
from service.tokens import Purpose
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.links import read_link
from service.web.transaction import unit_of_work

blueprint = needs_no_token(Blueprint("confirm", __name__))
blueprint.before_request(refuse_foreign_forms)


def confirm_wording(newsletter: Newsletter) -> str:
    """Return the words on the button; they are kept as proof exactly as they were shown."""
    return f"Yes, send me “{newsletter.name}”"


@blueprint.get("/confirm/<token>")
def show_button(token: str) -> str:
    """Show the button, or what came of it before."""
    (subscription_id,) = read_link(Purpose.CONFIRM, token)
    with unit_of_work() as session:
        return _show(session, get_subscription(session, subscription_id))


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> str:
    """Make the subscription active. Safe to repeat: a mail program may press the button as well as the person."""
    (subscription_id,) = read_link(Purpose.CONFIRM, token)
    with unit_of_work() as session:
        newsletter = _newsletter_of(session, get_subscription(session, subscription_id))
        subscription = confirm_subscription(session, subscription_id, wording=confirm_wording(newsletter))
        return _show(session, subscription)


def _show(session: Session, subscription: Subscription) -> str:
    newsletter = _newsletter_of(session, subscription)
    return render_template(
        "web/public/confirm.html",
        newsletter=newsletter,
        state=subscription.state,
        wording=confirm_wording(newsletter),
    )


def _newsletter_of(session: Session, subscription: Subscription) -> Newsletter:
    return session.get_one(Newsletter, subscription.newsletter_id)
