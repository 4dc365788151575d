"""A rest and fewer mails: choices within a subscription, each with its proof."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.clock import now
from service.errors import BadInput, Conflict
from service.subscribers.consent import Proof
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscription
from service.subscribers.pausing import LONGEST_PAUSE, choose_frequency, pause, resume
from service.subscribers.states import ConsentSource, MailFrequency, SubscriptionEvent
from service.subscribers.unsubscribe import unsubscribe
from tests.fixtures.services import OpenTransaction
from tests.subscribers.proof import list_consent_events

PROOF = Proof(ConsentSource.PREFERENCES_PAGE, "Pause Crossings for a month.")
MONTH = timedelta(days=30)


def _events(open_transaction: OpenTransaction, subscription_id: int) -> list[SubscriptionEvent]:
    with open_transaction() as session:
        return [event.event for event in list_consent_events(session, subscription_id)][2:]


def test_who_rests_is_in_no_audience_until_the_day(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        pause(session, jane, now() + MONTH, PROOF)
    with open_transaction() as session:
        assert session.execute(select_audience(newsletter_id)).all() == []
        session.execute(update(Subscription).values(paused_until=func.now()))
        assert len(session.execute(select_audience(newsletter_id)).all()) == 1


def test_a_rest_can_be_changed_and_ended_each_with_its_proof(open_transaction: OpenTransaction, jane: int) -> None:
    until = now() + MONTH
    with open_transaction() as session:
        for moment in (until, until, until + MONTH):
            pause(session, jane, moment, PROOF)
        for _ in range(2):
            resume(session, jane, PROOF)
        assert session.get_one(Subscription, jane).paused_until is None
    event = SubscriptionEvent
    assert _events(open_transaction, jane) == [event.PAUSE, event.PAUSE, event.RESUME]


def test_fewer_mails_is_a_choice_with_its_proof(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        for _ in range(2):
            choose_frequency(session, jane, MailFrequency.QUARTERLY, PROOF)
        assert session.get_one(Subscription, jane).frequency is MailFrequency.QUARTERLY
    assert _events(open_transaction, jane) == [SubscriptionEvent.CHOOSE_FREQUENCY]


@pytest.mark.parametrize("ahead", [timedelta(0), -MONTH, LONGEST_PAUSE + MONTH])
def test_a_rest_ends_within_a_year(open_transaction: OpenTransaction, jane: int, ahead: timedelta) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match="within a year"):
        pause(session, jane, now() + ahead, PROOF)


def test_who_has_left_has_nothing_to_slow_down(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
        with pytest.raises(Conflict):
            pause(session, jane, now() + MONTH, PROOF)
        with pytest.raises(Conflict):
            choose_frequency(session, jane, MailFrequency.MONTHLY, PROOF)
        assert session.execute(select(Subscription.paused_until)).scalar_one() is None
