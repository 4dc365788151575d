"""The second half of double opt-in: a page with one button. Looking at it changes nothing, however often."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.subscribers.confirmation import confirm_sign_up, get_asked_for, has_expired, has_left_since
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from service.tokens import Purpose
from service.web.forgery import needs_no_token, refuse_foreign_forms
from service.web.language import gettext, speak_to
from service.web.links import read_link
from service.web.transaction import unit_of_work

_PENDING, _LEFT = SubscriptionState.PENDING, SubscriptionState.UNSUBSCRIBED

blueprint = needs_no_token(Blueprint("confirm", __name__))
blueprint.before_request(refuse_foreign_forms)


@blueprint.get("/confirm/<token>")
def show_button(token: str) -> str:
    """Show the button for all that one sign-up asked for, or what came of it before."""
    (sign_up_id,) = read_link(Purpose.SIGN_UP, token)
    with unit_of_work() as session:
        sign_up, asked_for = get_asked_for(session, sign_up_id)
        return _show(session, asked_for, sign_up.created_at)


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> str:
    """Make all that it asked for active. Safe to repeat: a mail program may press the button as well as the person."""
    (sign_up_id,) = read_link(Purpose.SIGN_UP, token)
    with unit_of_work() as session:
        sign_up, asked_for = get_asked_for(session, sign_up_id)
        confirm_sign_up(session, sign_up_id, wording=_wording(session, asked_for))
        return _show(session, asked_for, sign_up.created_at)


def _wording(session: Session, asked_for: Sequence[Subscription]) -> str:
    """Return the words on the button, in the person's language; they are kept as proof exactly as they were shown."""
    speak_to(asked_for[0].subscriber.language)
    names = [newsletter.name for newsletter in _newsletters_of(session, asked_for)]
    if len(names) == 1:
        return gettext("Yes, send me “%(newsletter)s”", newsletter=names[0])
    return gettext("Yes, send me all of these: %(newsletters)s", newsletters=", ".join(names))


def _show(session: Session, asked_for: Sequence[Subscription], asked_at: datetime) -> str:
    wording = _wording(session, asked_for)
    newsletters = _newsletters_of(session, asked_for)
    return render_template(
        "web/public/confirm.html",
        newsletter=newsletters[0] if len(newsletters) == 1 else None,
        newsletters=newsletters,
        state=_sum_up(asked_for, asked_at),
        wording=wording,
    )


def _sum_up(asked_for: Sequence[Subscription], asked_at: datetime) -> str:
    """Return what the page speaks of: what can still be done, or else the best that came of it."""
    open_ones = [one for one in asked_for if one.state is not _PENDING or not has_left_since(one, asked_at)]
    if any(has_expired(subscription, asked_at) for subscription in open_ones):
        return "expired"
    order = (_PENDING, SubscriptionState.ACTIVE, _LEFT)
    return min((subscription.state for subscription in open_ones), key=order.index, default=_LEFT)


def _newsletters_of(session: Session, asked_for: Sequence[Subscription]) -> list[Newsletter]:
    wanted = {subscription.newsletter_id for subscription in asked_for}
    return [newsletter for newsletter in list_newsletters(session) if newsletter.id in wanted]
