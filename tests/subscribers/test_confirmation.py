"""Confirming: for thirty days, as often as one likes, and never more than was asked for."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.errors import Conflict, NotFound
from service.subscribers.confirmation import CONFIRM_WITHIN, confirm_sign_up
from service.subscribers.consent import wording_version
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import SignUp
from service.subscribers.states import ConsentSource, LeaveReason, SubscriptionState
from service.subscribers.suppression import find_standing, suppress
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import LONGEST_NOTE, unsubscribe
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_sign_up, request_subscription
from tests.fixtures.services import OpenTransaction
from tests.subscribers.conftest import JANE
from tests.subscribers.proof import list_consent_events
from tests.subscribers.signing_up import sign_up, sign_up_and_handle

LATE = CONFIRM_WITHIN + timedelta(minutes=1)


@pytest.fixture
def sign_up_id(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """A sign-up for two newsletters, handled: both are pending."""
    with open_transaction() as session:
        ids = [newsletter_id, make_newsletter(session, slug="other").id]
        for one in ids:
            request_subscription(session, one, JANE, wording="Send me both.")
        return make_sign_up(session, JANE, *ids).id


def test_a_sign_up_is_confirmed_whole_and_once(open_transaction: OpenTransaction, sign_up_id: int) -> None:
    for _ in range(2):
        with open_transaction() as session:
            confirmed = confirm_sign_up(session, sign_up_id, wording="Yes, both.")
            assert [one.state for one in confirmed] == [SubscriptionState.ACTIVE] * 2
    with open_transaction() as session:
        for one in session.scalars(select(Subscription.id)):
            request, confirm = list_consent_events(session, one)
            assert (request.wording, confirm.wording) == ("Send me both.", "Yes, both.")
            assert confirm.evidence == {"sign_up": sign_up_id}


def test_a_link_of_more_than_thirty_days_confirms_nothing_and_says_what_to_do(
    open_transaction: OpenTransaction, sign_up_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(SignUp).values(created_at=func.now() - LATE))
    with pytest.raises(Conflict, match="Sign up once more"), open_transaction() as session:
        confirm_sign_up(session, sign_up_id, wording="Yes")
    with open_transaction() as session:
        assert set(session.scalars(select(Subscription.state))) == {SubscriptionState.PENDING}


def test_who_confirmed_in_time_may_look_at_the_link_for_ever(
    open_transaction: OpenTransaction, sign_up_id: int
) -> None:
    with open_transaction() as session:
        confirm_sign_up(session, sign_up_id, wording="Yes")
    with open_transaction() as session:
        session.execute(update(SignUp).values(created_at=func.now() - LATE))
    with open_transaction() as session:
        assert len(confirm_sign_up(session, sign_up_id, wording="Yes")) == 2
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 4


def test_who_left_after_the_sign_up_stays_away_and_suppressed(
    open_transaction: OpenTransaction, sign_up_id: int
) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.STAFF)
        for one in session.scalars(select(Subscription.id)).all():
            unsubscribe(session, one, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        states = [one.state for one in confirm_sign_up(session, sign_up_id, wording="Yes")]
        assert states == [SubscriptionState.UNSUBSCRIBED] * 2
        assert find_standing(session, JANE) is not None


def test_a_link_older_than_the_leaving_confirms_no_later_sign_up_of_somebody_else(
    open_transaction: OpenTransaction, sign_up_id: int, newsletter_id: int
) -> None:
    with open_transaction() as session:
        for one in confirm_sign_up(session, sign_up_id, wording="Yes"):
            unsubscribe(session, one.id, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        later = sign_up(session, JANE, [newsletter_id])
        handle_sign_up(session, later.id)
    with open_transaction() as session:
        states = {one.newsletter_id: one.state for one in confirm_sign_up(session, sign_up_id, wording="Yes")}
        assert states[newsletter_id] is SubscriptionState.PENDING
        assert find_standing(session, JANE) is not None
    with open_transaction() as session:
        (back,) = confirm_sign_up(session, later.id, wording="Yes")
        assert back.state is SubscriptionState.ACTIVE
        assert find_standing(session, JANE) is None


def test_the_name_that_a_stranger_typed_first_gives_way_to_the_one_that_was_confirmed(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        sign_up_and_handle(session, JANE, [newsletter_id], name="Win a prize at evil.example", language="ru")
        own = sign_up(session, JANE, [newsletter_id], name="Jane", language="fr")
        handle_sign_up(session, own.id)
    with open_transaction() as session:
        confirm_sign_up(session, own.id, wording="Yes")
    with open_transaction() as session:
        person = session.scalars(select(Subscriber)).one()
        assert (person.name, person.language) == ("Jane", "fr")


def test_a_later_sign_up_changes_neither_name_nor_language_of_a_reader(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        first = sign_up(session, JANE, [newsletter_id], name="Jane")
        handle_sign_up(session, first.id)
        other = make_newsletter(session, slug="other").id
        later = sign_up(session, JANE, [other], name="Somebody", language="ru")
        handle_sign_up(session, later.id)
    for number in (first.id, later.id):
        with open_transaction() as session:
            confirm_sign_up(session, number, wording="Yes")
    with open_transaction() as session:
        person = session.scalars(select(Subscriber)).one()
        assert (person.name, person.language) == ("Jane", "en")


def test_an_unknown_sign_up_and_one_whose_person_is_gone_are_not_found(
    open_transaction: OpenTransaction, sign_up_id: int
) -> None:
    with open_transaction() as session, pytest.raises(NotFound):
        confirm_sign_up(session, sign_up_id + 1, wording="Yes")
    with open_transaction() as session:
        session.execute(update(Subscriber).values(address_key="erased:1"))
        with pytest.raises(NotFound):
            confirm_sign_up(session, sign_up_id, wording="Yes")


def test_a_reason_for_leaving_is_kept_whenever_it_is_said(open_transaction: OpenTransaction, jane: int) -> None:
    with open_transaction() as session:
        left = unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
        assert (left.ended_reason, left.ended_note) == (None, None)
        unsubscribe(
            session,
            jane,
            source=ConsentSource.UNSUBSCRIBE_PAGE,
            wording="Leave",
            reason=LeaveReason.TOO_MANY,
            note="  " + "x" * (LONGEST_NOTE + 5),
        )
        left = unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
        assert (left.ended_reason, left.ended_note) == (LeaveReason.TOO_MANY, "x" * LONGEST_NOTE)
        assert [event.wording for event in list_consent_events(session, jane)][2:] == ["one click"]


def test_another_wording_has_another_version() -> None:
    assert wording_version("Send me Crossings.") == wording_version("Send me Crossings.")
    assert wording_version("Send me Crossings.") != wording_version("Send me Crossings!")
