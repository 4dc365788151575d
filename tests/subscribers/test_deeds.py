"""What staff do for a reader is proven in words that name nobody, and never makes anybody active."""

import pytest
from sqlalchemy import select

from service.errors import BadInput, Conflict
from service.jobs import Job
from service.subscribers.deeds import OFFICE, WishWay, end_for_reader, sign_up_for_reader
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import Door, SignUp
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import forget_address
from service.subscribers.suppression_models import SuppressionReason
from tests.factories.readers import stop
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.proof import list_consent_events

NEW = "new.reader@example.org"


@pytest.mark.parametrize("way", list(WishWay))
def test_an_end_on_the_wish_of_the_reader_is_proven_once(
    open_transaction: OpenTransaction, jane: int, way: WishWay
) -> None:
    for _ in range(2):
        with open_transaction() as session:
            tie = end_for_reader(session, jane, way, note="  moved to\nOslo ", account_id=7)
    with open_transaction() as session:
        *_, proof = list_consent_events(session, jane)
        ends = [one for one in list_consent_events(session, jane) if one.event is SubscriptionEvent.UNSUBSCRIBE]
    assert (tie.state, tie.ended_note) == (SubscriptionState.UNSUBSCRIBED, "moved to\nOslo")
    assert len(ends) == 1
    assert (proof.source, proof.account_id) == (ConsentSource.STAFF, 7)
    assert proof.wording == f"Ended by staff, because the reader asked for it {way}."
    assert "Oslo" not in proof.wording


def test_what_a_reader_said_who_left_before_stays(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        end_for_reader(session, jane, WishWay.MAIL, note="first", account_id=7)
        assert end_for_reader(session, jane, WishWay.MAIL, note="second", account_id=7).ended_note == "first"


def test_a_note_is_not_endless(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session, pytest.raises(BadInput, match="at most 500 characters; this one has 501"):
        end_for_reader(session, jane, WishWay.MAIL, note="x" * 501, account_id=7)


def test_whom_staff_enter_is_asked_to_confirm_and_is_not_active(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    for _ in range(2):
        with open_transaction() as session:
            sign_up_id = sign_up_for_reader(
                session, NEW, [newsletter_id], WishWay.IN_PERSON, language="ru", mark="desk-1"
            )
    assert published_jobs.of(Job.HANDLE_SIGN_UP) == [(sign_up_id,)]
    with open_transaction() as session:
        handle_sign_up(session, sign_up_id)
        sign_up = session.scalars(select(SignUp)).one()
        tie = session.scalars(select(Subscription)).one()
        (proof,) = session.scalars(select(ConsentEvent)).all()
    assert (sign_up.door, sign_up.network, sign_up.language) == (Door.STAFF, OFFICE, "ru")
    assert tie.state is SubscriptionState.PENDING
    assert (proof.source, proof.evidence) == (ConsentSource.STAFF, {"sign_up": sign_up_id})
    assert proof.wording == "Entered by staff, because the reader asked for it in person."


STOPPED = [
    (SuppressionReason.STAFF, "Lift that first"),
    (SuppressionReason.ASKED, "Lift that first"),
    (SuppressionReason.COMPLAINT, "Only the person can change that"),
    (SuppressionReason.ERASED, "Only the person can change that"),
]


@pytest.mark.parametrize(("reason", "sentence"), STOPPED)
def test_whom_nobody_may_mail_is_not_entered_by_staff(
    open_transaction: OpenTransaction, newsletter_id: int, reason: SuppressionReason, sentence: str
) -> None:
    with open_transaction() as session:
        if reason is SuppressionReason.ERASED:
            forget_address(session, NEW)
        else:
            stop(session, NEW, reason)
    with open_transaction() as session, pytest.raises(Conflict, match=sentence):
        sign_up_for_reader(session, NEW.title(), [newsletter_id], WishWay.MAIL, language="en", mark="desk-2")
    with open_transaction() as session:
        assert session.scalars(select(SignUp)).all() == []
