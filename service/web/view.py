"""A reader's own copy in the browser, as it was mailed: with their name, direct links and no tracking at all.

Of all pages this one is passed on, so it does not carry the way to end its owner's subscription: where the mail has
that, it leads to the page that mails the owner a link.
"""

from dataclasses import replace

from flask import Blueprint, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.queries import get_delivery
from service.errors import NotFound
from service.issues.queries import find_edition
from service.rendering.template import CompiledTemplate
from service.subscribers.queries import get_subscription
from service.tokens import Purpose
from service.tracking.models import Link
from service.web.links import DEAD_LINK, absolute_url, read_link
from service.web.security import MAIL, content_policy
from service.web.services import get_services
from service.web.transaction import unit_of_work

blueprint = Blueprint("view", __name__)


@blueprint.get("/view/<token>")
@content_policy(MAIL)
def show_copy(token: str) -> Response:
    """Show the copy that this link was mailed in."""
    (delivery_id,) = read_link(Purpose.VIEW, token)
    with unit_of_work() as session:
        delivery = get_delivery(session, delivery_id)
        if delivery is None:
            raise NotFound(DEAD_LINK)
        html = _render_copy(session, delivery)
    return Response(html, headers={"X-Robots-Tag": "noindex, nofollow"})


def _render_copy(session: Session, delivery: Delivery) -> str:
    edition = find_edition(session, delivery.issue_id)
    if edition is None:
        raise NotFound(DEAD_LINK)
    subscription = get_subscription(session, delivery.subscription_id)
    reader = get_services().links.for_copy(
        delivery.issue_id,
        delivery.id,
        delivery.subscription_id,
        subscription.subscriber.name,
        is_thanked=delivery.is_thanked,
    )
    rows = session.execute(select(Link.number, Link.url).where(Link.issue_id == delivery.issue_id))
    shareable = replace(reader, unsubscribe_url=absolute_url("self_service.show_field"))
    return CompiledTemplate.load(edition.template).view_html(shareable, dict(rows.all()))
