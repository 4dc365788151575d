"""The whole way with real processes: a gift at the test Stripe, its events at our door, and rows of them."""

from sqlalchemy import select

from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.inbox.models import OutsideEvent
from tests.adapters.stripe.giving import make_order
from tests.fixtures.processes import RunningService
from tests.waiting import wait_until


def test_the_events_of_a_gift_arrive_by_themselves(live_stripe: FakeStripe, running: RunningService) -> None:
    gateway = running.services.gateway
    assert gateway is not None
    opened = gateway.open_checkout(make_order(), "checkout:1")
    live_stripe.pay(opened.session_id)

    def list_arrived() -> set[str]:
        with transaction(running.services.factory) as session:
            return set(session.scalars(select(OutsideEvent.event_id)))

    happened = {event["id"] for event in live_stripe.events}
    wait_until(lambda: happened <= list_arrived(), "every event of the gift")
    wait_until(lambda: not live_stripe.pending_events(), "the test Stripe noting that each was taken")
