"""A relay's late word about an erased person's copy: it still settles the copy, and brings no address back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.claiming import Claim
from service.deliveries.models import Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.states import DeliveryState
from service.deliveries.uncertain import settle_by_evidence
from service.mail.events import About, Outcome, OutcomeKind
from service.privacy.erasing import erase_person
from service.subscribers.consent import Proof
from service.subscribers.states import ConsentSource
from tests.fixtures.services import OpenTransaction
from tests.privacy.conftest import ADA, BEFORE, NAME, OTHER
from tests.privacy.looking import list_places

PROOF = Proof(ConsentSource.STAFF, "Erased by staff.")
FENCE = 7


@pytest.fixture
def claim(open_transaction: OpenTransaction, ada: int) -> Claim:
    """ADA's copy, of which nobody knows whether it arrived, as its sender still holds it; she was erased since."""
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).where(Delivery.recipient == BEFORE)).one()
        copy.state, copy.fence = DeliveryState.UNCERTAIN, FENCE
        held = Claim(copy.id, FENCE, copy.issue_id, copy.subscription_id, BEFORE, is_thanked=False, name=NAME)
    with open_transaction() as session:
        erase_person(session, ada, PROOF)
    return held


def list_traces(session: Session) -> list[str]:
    """Return where the person is still named."""
    return [place for word in (ADA, BEFORE, NAME) for place in list_places(session, word)]


@pytest.mark.parametrize(
    ("kind", "code", "state"),
    [
        (OutcomeKind.ACCEPTED, 250, DeliveryState.SENT),
        (OutcomeKind.REFUSED, 550, DeliveryState.FAILED),
        (OutcomeKind.DEFERRED, 450, DeliveryState.QUEUED),
    ],
)
def test_what_the_sender_still_hears_settles_the_copy_without_its_words(
    open_transaction: OpenTransaction, claim: Claim, kind: OutcomeKind, code: int, state: DeliveryState
) -> None:
    answer = Outcome(kind, code, f"5.1.1 <{BEFORE}> ({NAME})", About.RECIPIENT)
    with open_transaction() as session:
        record_outcomes(session, [(claim, answer)])
    with open_transaction() as session:
        copy = session.get_one(Delivery, claim.delivery_id)
        assert (copy.state, copy.reply_code, copy.reply_text) == (state, code, None)
        assert list_traces(session) == []


@pytest.mark.parametrize("accepted", [True, False])
def test_evidence_that_comes_later_settles_it_without_its_words(
    open_transaction: OpenTransaction, claim: Claim, accepted: bool
) -> None:
    with open_transaction() as session:
        reply = f"to=<{BEFORE}>, status=sent (250 2.0.0 Ok)"
        assert settle_by_evidence(session, accepted=accepted, reply=reply, delivery_id=claim.delivery_id)
    with open_transaction() as session:
        assert session.get_one(Delivery, claim.delivery_id).reply_text is None
        assert list_traces(session) == []


def test_everybody_elses_copy_keeps_the_relays_words(open_transaction: OpenTransaction, claim: Claim) -> None:
    with open_transaction() as session:
        copy = session.scalars(select(Delivery).where(Delivery.recipient == OTHER)).one()
        copy.state, copy.fence = DeliveryState.SENDING, FENCE
        other = Claim(copy.id, FENCE, copy.issue_id, copy.subscription_id, OTHER, is_thanked=False, name=None)
    answers = [(each, Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok: queued as 4F")) for each in (claim, other)]
    with open_transaction() as session:
        record_outcomes(session, answers)
    with open_transaction() as session:
        assert session.get_one(Delivery, other.delivery_id).reply_text == "2.0.0 Ok: queued as 4F"
