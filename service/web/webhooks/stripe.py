"""Stripe's events at the door: verified, stored once, answered. What they mean is a worker's business."""

from flask import request
from flask.typing import ResponseReturnValue

from service.donations.intake import store_event
from service.errors import NotFound
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
        store_event(session, event)
    return "", 200
