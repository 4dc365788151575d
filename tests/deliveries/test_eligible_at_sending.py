"""Who may not be mailed any more when their turn comes gets no copy, is told apart by the reason, and may come back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.missing import send_to_missing
from service.deliveries.models import Delivery
from service.deliveries.queries import find_copies
from service.deliveries.reasons import LEFT, MOVED, PAUSED, SUPPRESSED
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState
from service.subscribers.consent import Proof
from service.subscribers.models import Subscription
from service.subscribers.pausing import pause, resume
from service.subscribers.states import ConsentSource
from service.subscribers.suppression import lift, suppress
from service.subscribers.suppression_models import Suppression, SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from tests.deliveries.fakes import FakeRelay
from tests.deliveries.steps import count_copies
from tests.fixtures.services import OpenTransaction

JANE = "reader-3@example.org"
PROOF = Proof(ConsentSource.PREFERENCES_PAGE, "Pause for a month.")


def _leave(session: Session, subscription_id: int) -> None:
    unsubscribe(session, subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")


def _pause(session: Session, subscription_id: int) -> None:
    pause(session, subscription_id, now() + timedelta(days=30), PROOF)


def _suppress(session: Session, _: int) -> None:
    suppress(session, JANE, SuppressionReason.STAFF)


def _move(session: Session, subscription_id: int) -> None:
    person = session.get_one(Subscription, subscription_id).subscriber
    person.address = person.mailed_address = person.address_key = "jane@moved.example.org"


@pytest.mark.parametrize(("act", "reason"), [(_leave, LEFT), (_pause, PAUSED), (_suppress, SUPPRESSED), (_move, MOVED)])
def test_case_36_who_may_not_be_mailed_any_more_is_skipped_with_the_reason(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    act: Callable[[Session, int], None],
    reason: str,
) -> None:
    with open_transaction() as session:
        act(session, find_copies(session, JANE)[0].delivery.subscription_id)
    sender.send_waiting(issue_id)
    assert JANE not in relay.received
    assert len(relay.received) == 11
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).where(Delivery.recipient == JANE)).one()
        assert (copy.state, copy.reason) == (DeliveryState.SKIPPED, reason)


def _resume(session: Session) -> None:
    resume(session, session.scalars(select(Subscription.id).where(Subscription.paused_until.is_not(None))).one(), PROOF)


def _lift(session: Session) -> None:
    lift(session, session.scalars(select(Suppression.id)).one(), note="she wrote to us", account_id=7)


@pytest.mark.parametrize(("act", "undo"), [(_pause, _resume), (_suppress, _lift)])
def test_who_may_be_mailed_again_gets_the_issue_with_those_still_missing(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    act: Callable[[Session, int], None],
    undo: Callable[[Session], None],
) -> None:
    with open_transaction() as session:
        act(session, find_copies(session, JANE)[0].delivery.subscription_id)
    sender.send_waiting(issue_id)
    with open_transaction() as session:
        undo(session)
    with open_transaction() as session:
        send_to_missing(session, issue_id)
    sender.send_waiting(issue_id)
    assert relay.received[-1] == JANE
    assert count_copies(open_transaction, issue_id).sent == 12
