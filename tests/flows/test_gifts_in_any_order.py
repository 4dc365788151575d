"""Random gifts, with their events in random order, doubled, late or lost: ledger, mirror and processor always agree.

``POSTRIDER_STORIES=500`` tells more of them, ``POSTRIDER_SEED=…`` other ones; the seed is in each test's name.
"""

import os
import random
from datetime import timedelta

import pytest

from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import Gateway
from service.donations.reconcile import reconcile
from service.inbox.models import EventState, OutsideEvent
from service.wiring import Services
from tests.factories.giving import make_fund, make_organisation
from tests.flows.gifts.audit import audit
from tests.flows.gifts.stories import Stage, begin
from tests.flows.gifts.workers import Workers

TOGETHER = 10  # stories in one account: each moves the clock for all of them
STORIES = int(os.environ.get("POSTRIDER_STORIES", "20"))
# The same at every run: whether a commit is sound must not hang on the day. Other seeds are for whoever looks for more.
SEED = int(os.environ.get("POSTRIDER_SEED") or 20261122)


@pytest.mark.parametrize("seed", range(SEED, SEED + -(-STORIES // TOGETHER)))
@pytest.mark.parametrize("lost", [0, 50], ids=["every event arrives", "half of the events are lost"])
def test_case_67_and_72_whatever_becomes_of_the_events_the_books_agree(
    services: Services, fake_stripe: FakeStripe, gateway: Gateway, lost: int, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    with transaction(services.factory) as session:
        make_organisation(session)
        fund = make_fund(session)
    fake_stripe.hold_balance_transactions(chance.random() < 0.5)
    stage = Stage(services, fake_stripe, gateway, fund, chance)
    since = now() - timedelta(days=1)
    with Workers(services, fake_stripe, gateway, chance) as workers:
        _tell_all(stage, workers, lost)
    assert workers.failures == []
    workers.settle_what_waits()
    if lost:
        reconcile(services.factory, gateway, since)
        workers.settle_what_waits()
    with transaction(services.factory) as session:
        assert audit(session, fake_stripe) == []
        assert session.query(OutsideEvent).filter(OutsideEvent.state == EventState.RECEIVED).count() == 0
    assert workers.delivered > 5 * TOGETHER * (100 - lost) // 100


def _tell_all(stage: Stage, workers: Workers, lost: int) -> None:
    """Tell every story a step at a time, in turn as chance has it; hand over some events at once, the rest later."""
    stories = [begin(stage, number) for number in range(TOGETHER)]
    held: list[str] = []
    told = 0
    while stories:
        story = stage.chance.choice(stories)
        if next(story, story) is story:
            stories.remove(story)
        events = stage.fake.events
        for event in events[told:]:
            if stage.likely(lost):
                stage.fake.courier.lose(event["id"])
            elif stage.likely(50):
                workers.hand_over([event["id"]])
            else:
                held.append(event["id"])
        told = len(events)
        if stage.likely(10):
            stage.fake.release_balance_transactions()
    stage.fake.release_balance_transactions()
    held += [event["id"] for event in stage.fake.events[told:] if not stage.likely(lost)]
    stage.chance.shuffle(held)
    workers.hand_over(held)
