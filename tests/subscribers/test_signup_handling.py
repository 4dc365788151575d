"""What becomes of a sign-up: at most one letter, the right one, and never more than an inbox bears."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.mail.models import Letter, LetterKind
from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.signup_handling import DAY, MONTH, MOST_A_DAY, MOST_A_MONTH, handle_sign_up
from service.subscribers.signup_models import Door, SignUp, SignUpOutcome
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import find_standing, forget_address, suppress
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.subscribers.conftest import JANE
from tests.subscribers.signing_up import (
    WORDING,
    add_sign_ups,
    count_by_outcome,
    make_older,
    sign_up,
    sign_up_and_handle,
)

VICTIM = "victim@example.org"
CONFIRM, ALREADY, TOO_MANY = SignUpOutcome.CONFIRM, SignUpOutcome.ALREADY, SignUpOutcome.TOO_MANY
MOMENT = timedelta(seconds=1)


def list_letters(session: Session) -> list[tuple[LetterKind, str]]:
    """Every letter that was posted."""
    return [(letter.kind, letter.recipient) for letter in session.scalars(select(Letter).order_by(Letter.id))]


def test_a_stranger_gets_one_letter_and_is_pending(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        row = sign_up(session, JANE, [newsletter_id], name="Jane", language="fr", source="footer")
        assert handle_sign_up(session, row.id) is CONFIRM
        (letter,) = session.scalars(select(Letter))
        assert (letter.kind, letter.recipient, letter.about) == (LetterKind.CONFIRM, JANE, {"sign_up": row.id})
        (reader,) = session.scalars(select(Subscriber))
        assert (reader.address, reader.name, reader.language) == (JANE, "Jane", "fr")
        (subscription,) = reader.subscriptions
        assert (subscription.state, subscription.source) == (SubscriptionState.PENDING, "footer")
        (proof,) = session.scalars(select(ConsentEvent))
        assert (proof.event, proof.wording, proof.evidence) == (
            SubscriptionEvent.REQUEST,
            WORDING,
            {"sign_up": row.id},
        )


@pytest.mark.parametrize(
    ("door", "source"),
    [
        (Door.PAGE, ConsentSource.SIGNUP_PAGE),
        (Door.ELSEWHERE, ConsentSource.OTHER_SITE),
        (Door.JSON, ConsentSource.JSON),
        (Door.STAFF, ConsentSource.STAFF),
    ],
)
def test_the_proof_says_by_which_door_it_came(
    open_transaction: OpenTransaction, newsletter_id: int, door: Door, source: ConsentSource
) -> None:
    with open_transaction() as session:
        sign_up_and_handle(session, JANE, [newsletter_id], door=door)
        assert session.scalars(select(ConsentEvent.source)).one() is source


def test_a_sign_up_handled_again_and_again_at_once_is_one_letter(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        sign_up_id = sign_up(session, JANE, [newsletter_id]).id

    def handle(_: int) -> SignUpOutcome:
        with open_transaction() as session:
            return handle_sign_up(session, sign_up_id)

    with ThreadPoolExecutor(8) as hands:
        assert set(hands.map(handle, range(16))) == {CONFIRM}
    with open_transaction() as session:
        assert list_letters(session) == [(LetterKind.CONFIRM, JANE)]
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 1


@pytest.mark.parametrize(
    ("before", "outcome", "kind"),
    [
        (None, CONFIRM, LetterKind.CONFIRM),
        (SubscriptionState.PENDING, CONFIRM, LetterKind.CONFIRM),
        (SubscriptionState.ACTIVE, ALREADY, LetterKind.ALREADY_SUBSCRIBED),
        (SubscriptionState.UNSUBSCRIBED, CONFIRM, LetterKind.CONFIRM),
    ],
)
def test_the_letter_is_by_what_the_person_gets_today(
    open_transaction: OpenTransaction,
    newsletter_id: int,
    before: SubscriptionState | None,
    outcome: SignUpOutcome,
    kind: LetterKind,
) -> None:
    with open_transaction() as session:
        if before is not None:
            known = Subscriber(address=JANE, mailed_address=JANE, address_key=JANE, name="Jane D.")
            known.subscriptions.append(Subscription(newsletter_id=newsletter_id, state=before))
            session.add(known)
        assert sign_up_and_handle(session, JANE, [newsletter_id], name="Somebody else") is outcome
        assert list_letters(session) == [(kind, JANE)]
        after = session.scalars(select(Subscription.state)).one()
        assert after is (before if before is SubscriptionState.ACTIVE else SubscriptionState.PENDING)
        assert session.scalars(select(Subscriber.name)).one() == ("Jane D." if before else "Somebody else")


def test_who_gets_one_of_two_is_asked_about_the_other_alone(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        events = session.scalar(select(func.count()).select_from(ConsentEvent))
        other = make_newsletter(session, slug="other").id
        assert sign_up_and_handle(session, JANE, [newsletter_id, other]) is CONFIRM
        states = {row.newsletter_id: row.state for row in session.scalars(select(Subscription))}
        assert states == {newsletter_id: SubscriptionState.ACTIVE, other: SubscriptionState.PENDING}
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == (events or 0) + 1
        assert session.get_one(Subscription, jane).state is SubscriptionState.ACTIVE


def test_a_suppressed_reader_may_confirm_afresh_and_nothing_before_lifts_it(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        row = sign_up(session, JANE, [newsletter_id])
        assert handle_sign_up(session, row.id) is CONFIRM
        assert session.get_one(Subscription, jane).state is SubscriptionState.ACTIVE
        assert find_standing(session, JANE) is not None
    with open_transaction() as session:
        confirm_sign_up(session, row.id, wording="Yes")
        assert find_standing(session, JANE) is None


def test_an_erased_person_who_comes_back_is_known_by_the_hash_alone(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        forget_address(session, JANE)
    with open_transaction() as session:
        row = sign_up(session, JANE, [newsletter_id])
        assert handle_sign_up(session, row.id) is CONFIRM
        assert find_standing(session, JANE) is not None
    with open_transaction() as session:
        confirm_sign_up(session, row.id, wording="Yes")
        assert find_standing(session, JANE) is None


def test_a_sign_up_that_was_deleted_meanwhile_is_nobodys(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session, pytest.raises(NotFound):
        handle_sign_up(session, 12345)


def handle_all(open_transaction: OpenTransaction, hands: int = 8) -> list[SignUpOutcome]:
    """Handle every stored sign-up, as many at once as a worker has threads."""
    with open_transaction() as session:
        ids = session.scalars(select(SignUp.id).order_by(SignUp.id)).all()

    def handle(sign_up_id: int) -> SignUpOutcome:
        with open_transaction() as session:
            return handle_sign_up(session, sign_up_id)

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(handle, ids))


def test_case_49_a_victim_signed_up_from_a_thousand_networks_gets_three_letters(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    victim: dict[str, Any] = {"address": VICTIM, "mailed_address": VICTIM, "address_key": VICTIM}
    with open_transaction() as session:
        add_sign_ups(session, 1000, newsletter_id, **victim)
    outcomes = count_by_outcome(handle_all(open_transaction))
    assert outcomes == {CONFIRM: 3, TOO_MANY: 997}
    with open_transaction() as session:
        assert list_letters(session) == [(LetterKind.CONFIRM, VICTIM)] * 3
        assert session.scalar(select(func.count()).select_from(ConsentEvent)) == 3


def test_case_49_a_reader_who_is_signed_up_again_and_again_gets_three_letters(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        before = len(list_letters(session))
        add_sign_ups(session, 50, newsletter_id, address=JANE, mailed_address=JANE, address_key=JANE)
    assert count_by_outcome(handle_all(open_transaction)) == {ALREADY: MOST_A_DAY, TOO_MANY: 50 - MOST_A_DAY}
    with open_transaction() as session:
        assert list_letters(session)[before:] == [(LetterKind.ALREADY_SUBSCRIBED, JANE)] * MOST_A_DAY
        assert session.get_one(Subscription, jane).state is SubscriptionState.ACTIVE


def test_case_49_other_spellings_of_one_address_share_its_letters(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    spellings = ["jane@bücher.example", "JANE@BÜCHER.example", "jane@xn--bcher-kva.example", "Jane@Bücher.Example"]
    with open_transaction() as session:
        outcomes = [sign_up_and_handle(session, each, [newsletter_id]) for each in spellings]
    assert outcomes == [CONFIRM] * MOST_A_DAY + [TOO_MANY]


def exhaust(session: Session, newsletter_id: int) -> int:
    """How many letters come of signing up until none comes."""
    letters = 0
    while sign_up_and_handle(session, VICTIM, [newsletter_id]) is not TOO_MANY:
        letters += 1
    return letters


def test_there_is_another_letter_the_next_day_and_an_end_to_it_in_a_month(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        came = []
        for passing in (timedelta(0), DAY - MOMENT, 2 * MOMENT, DAY + MOMENT, MONTH):
            make_older(session, passing)
            came.append(exhaust(session, newsletter_id))
    assert came == [MOST_A_DAY, 0, MOST_A_MONTH - MOST_A_DAY, 0, MOST_A_DAY]


def test_the_letter_that_came_before_the_limit_still_confirms(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        first = sign_up(session, VICTIM, [newsletter_id])
        handle_sign_up(session, first.id)
        exhaust(session, newsletter_id)
    with open_transaction() as session:
        (subscription,) = confirm_sign_up(session, first.id, wording="Yes")
        assert subscription.state is SubscriptionState.ACTIVE


def test_who_complained_is_written_to_once_a_month_whoever_asks(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        suppress(session, VICTIM, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        assert exhaust(session, newsletter_id) == 1
    with open_transaction() as session:
        assert exhaust(session, newsletter_id) == 0


def test_the_letter_before_a_complaint_keeps_nobody_from_coming_back(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        sign_up_and_handle(session, VICTIM, [newsletter_id])
    with open_transaction() as session:
        suppress(session, VICTIM, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        assert exhaust(session, newsletter_id) == 1


def test_other_suppressions_have_the_common_limits(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        suppress(session, VICTIM, SuppressionReason.DEAD)
    with open_transaction() as session:
        assert exhaust(session, newsletter_id) == MOST_A_DAY


def _leave(session: Session, newsletter_id: int) -> None:
    ended = session.scalars(select(Subscription.id).where(Subscription.newsletter_id == newsletter_id)).one()
    unsubscribe(session, ended, source=ConsentSource.ONE_CLICK, wording="one click")


def _be_erased(session: Session, _: int) -> None:
    forget_address(session, JANE)


@pytest.mark.parametrize("event", [_leave, _be_erased])
def test_an_old_letter_brings_nobody_back_who_left_since(
    open_transaction: OpenTransaction, newsletter_id: int, event: Callable[[Session, int], None]
) -> None:
    with open_transaction() as session:
        row = sign_up(session, JANE, [newsletter_id])
        handle_sign_up(session, row.id)
    with open_transaction() as session:
        event(session, newsletter_id)
    with open_transaction() as session:
        confirm_sign_up(session, row.id, wording="Yes")
        left = session.scalars(select(Subscription.state)).one() is SubscriptionState.UNSUBSCRIBED
        assert left or find_standing(session, JANE) is not None
