"""Stripe's events at the door: verified, stored once, answered. What they mean is a worker's business."""

from flask import request
from flask.typing import ResponseReturnValue

from service.errors import NotFound
from service.inbox.models import Provider
from service.inbox.receiving import receive_event
from service.web.services import get_services
from service.web.transaction import unit_of_work
from service.web.webhooks.door import blueprint, read_body


@blueprint.post("/stripe")
def take_stripe_event() -> ResponseReturnValue:
    """Store the event and answer 200; 400 for what is no good event, 5xx while our records are away.

    Stripe sends again, for days, whatever was not answered with 2xx. A broker that is away does no harm: the sweep
    finds the row. Safe to repeat: one event is one row.
    """
    gateway = get_services().gateway
    if gateway is None:
        raise NotFound("No gifts are taken here.")
    event = gateway.read_event(read_body(), request.headers.get("Stripe-Signature", ""))
    with unit_of_work() as session:
        receive_event(
            session,
            Provider.STRIPE,
            event.event_id,
            type=event.type,
            api_version=event.api_version,
            object_id=event.object_id,
            occurred_at=event.occurred_at,
            payload=event.payload,
        )
    return "", 200
