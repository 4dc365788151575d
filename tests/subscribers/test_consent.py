"""Signing up, confirming and leaving, on the real database."""

import pytest

from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.models import Subscription
from service.subscribers.queries import count_active, find_subscriber
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_sign_up, request_subscription
from tests.fixtures.services import OpenTransaction
from tests.subscribers.proof import list_consent_events

WORDING = "I would like to get Crossings by mail."


@pytest.fixture
def newsletter_id(open_transaction: OpenTransaction) -> int:
    with open_transaction() as session:
        return make_newsletter(session).id


def _request(open_transaction: OpenTransaction, newsletter_id: int, address: str = "Jane@Example.org") -> int:
    with open_transaction() as session:
        request_subscription(session, newsletter_id, address, name="Jane", wording=WORDING)
        subscriber = find_subscriber(session, address.casefold())
        assert subscriber is not None
        return subscriber.subscriptions[0].id


def test_a_request_is_pending_with_proof(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    subscription_id = _request(open_transaction, newsletter_id)
    with open_transaction() as session:
        subscription = session.get_one(Subscription, subscription_id)
        assert subscription.state is SubscriptionState.PENDING
        assert subscription.subscriber.mailed_address == "Jane@example.org"
        events = list_consent_events(session, subscription_id)
        assert [(event.event, event.wording) for event in events] == [(SubscriptionEvent.REQUEST, WORDING)]


def test_a_second_request_by_another_spelling_is_the_same_person(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    first = _request(open_transaction, newsletter_id)
    assert _request(open_transaction, newsletter_id, "jane@EXAMPLE.org") == first


def test_leaving_keeps_the_proof_and_a_fresh_sign_up_starts_again(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    subscription_id = _request(open_transaction, newsletter_id)
    with open_transaction() as session:
        confirm_sign_up(session, make_sign_up(session, "jane@example.org", newsletter_id).id, wording="Yes")
        assert count_active(session, newsletter_id) == 1
        unsubscribe(session, subscription_id, source=ConsentSource.ONE_CLICK, wording="one click", delivery_id=7)
    with open_transaction() as session:
        assert count_active(session, newsletter_id) == 0
        assert list_consent_events(session, subscription_id)[-1].evidence == {"delivery": 7}
    _request(open_transaction, newsletter_id)
    with open_transaction() as session:
        assert session.get_one(Subscription, subscription_id).state is SubscriptionState.PENDING
