"""Who must not be mailed: by the service's own doors nothing overwrites it, and the database refuses the rest."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput, Conflict, NotFound
from service.subscribers.confirmation import confirm_sign_up
from service.subscribers.eligibility import select_audience
from service.subscribers.models import Subscription
from service.subscribers.people import ensure_subscriber
from service.subscribers.states import ConsentSource, SubscriptionState
from service.subscribers.suppression import (
    find_standing,
    forget_address,
    lift,
    lift_by_confirmation,
    recognise,
    suppress,
    suppress_by_staff,
)
from service.subscribers.suppression_models import LiftedBy, Suppression, SuppressionReason
from service.subscribers.unsubscribe import unsubscribe
from tests.factories.readers import make_sign_up, request_subscription
from tests.fixtures.services import OpenTransaction
from tests.subscribers.conftest import JANE

DAY = timedelta(days=1)


def _audience(session: Session, newsletter_id: int) -> list[str]:
    return [row.mailed_address for row in session.execute(select_audience(newsletter_id))]


def _now(session: Session) -> datetime:
    return session.execute(select(func.now())).scalar_one()


def test_a_suppressed_address_is_in_no_audience(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        assert _audience(session, newsletter_id) == [JANE]
        assert suppress(session, JANE, SuppressionReason.STAFF, note="asked by telephone")
        assert _audience(session, newsletter_id) == []
        assert session.get_one(Subscription, jane).state == "active"  # another fact, which nobody touched


def test_one_stands_for_an_address_however_often_it_is_said(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        assert suppress(session, JANE, SuppressionReason.DEAD)
        assert not suppress(session, JANE, SuppressionReason.COMPLAINT)
        assert [found.reason for found in session.scalars(select(Suppression))] == [SuppressionReason.DEAD]


def test_no_sign_up_and_no_old_link_lifts_it(open_transaction: OpenTransaction, newsletter_id: int, jane: int) -> None:
    with open_transaction() as session:
        unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
        request_subscription(session, newsletter_id, JANE, wording="Send me Crossings.")
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        request_subscription(session, newsletter_id, "JANE@EXAMPLE.ORG", wording="Send me Crossings.")
        assert find_standing(session, JANE) is not None


def test_the_link_of_a_sign_up_before_it_does_not_lift_it(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        request_subscription(session, newsletter_id, JANE, wording="Send me Crossings.")
        sign_up = make_sign_up(session, JANE, newsletter_id)
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
    with open_transaction() as session:
        (back,) = confirm_sign_up(session, sign_up.id, wording="Yes")
        assert back.state is SubscriptionState.ACTIVE
        assert find_standing(session, JANE) is not None
        assert _audience(session, newsletter_id) == []


def test_a_confirmed_sign_up_after_it_lifts_it_also_after_a_complaint(
    open_transaction: OpenTransaction, newsletter_id: int, jane: int
) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
        unsubscribe(session, jane, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        request_subscription(session, newsletter_id, JANE, wording="Send me Crossings.")
        sign_up = make_sign_up(session, JANE, newsletter_id)
    with open_transaction() as session:
        confirm_sign_up(session, sign_up.id, wording="Yes")
        assert _audience(session, newsletter_id) == [JANE]
        (lifted,) = session.scalars(select(Suppression))
        assert lifted.lifted_by is LiftedBy.CONFIRMED


def test_staff_lift_it_with_a_reason_that_is_kept(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        account = 7
        suppress(session, JANE, SuppressionReason.STAFF)
        (found,) = session.scalars(select(Suppression))
        for note in ("", "  \n"):
            with pytest.raises(BadInput, match="Say why"):
                lift(session, found.id, note=note, account_id=account)
        lift(session, found.id, note="she wrote to us", account_id=account)
        lift(session, found.id, note="again", account_id=account)
        assert (found.lifted_by, found.lift_note, found.account_id) == (LiftedBy.STAFF, "she wrote to us", account)
        assert find_standing(session, JANE) is None
        assert suppress(session, JANE, SuppressionReason.STAFF)


def test_staff_can_not_lift_a_complaint_nor_what_is_not_there(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        account = 7
        suppress(session, JANE, SuppressionReason.COMPLAINT)
        (found,) = session.scalars(select(Suppression))
        with pytest.raises(Conflict, match="Only they can undo that"):
            lift(session, found.id, note="please", account_id=account)
        with pytest.raises(NotFound):
            lift(session, found.id + 1, note="please", account_id=account)
        assert find_standing(session, JANE) is not None


def test_staff_can_not_lift_what_stands_against_somebody_who_was_erased(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.STAFF)
        forget_address(session, JANE)
        (found,) = session.scalars(select(Suppression).execution_options(populate_existing=True))
        with pytest.raises(Conflict, match="Only they can come back"):
            lift(session, found.id, note="please", account_id=7)


def test_staff_add_one_for_a_reason_and_never_write_an_erased_address_down_again(
    open_transaction: OpenTransaction,
) -> None:
    with open_transaction() as session:
        with pytest.raises(BadInput, match="Say why"):
            suppress_by_staff(session, JANE, SuppressionReason.ASKED, note=" \x00 ", account_id=7)
        added = suppress_by_staff(session, JANE, SuppressionReason.ASKED, note=" a\x00letter ", account_id=7)
        found = session.get_one(Suppression, added)
        assert (found.address_key, found.reason, found.note, found.account_id) == (
            JANE,
            SuppressionReason.ASKED,
            "aletter",
            7,
        )
        forget_address(session, JANE)
        with pytest.raises(Conflict, match="noted already"):
            suppress_by_staff(session, JANE, SuppressionReason.STAFF, note="again", account_id=7)
        session.expire_all()
        assert session.get_one(Suppression, added).address_key is None


def test_who_was_erased_is_known_again_by_a_hash_alone(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT, note="jane wrote")
        forget_address(session, JANE)
        (kept,) = session.scalars(select(Suppression).execution_options(populate_existing=True))
        assert (kept.address_key, kept.note, kept.reason) == (None, "", SuppressionReason.COMPLAINT)
        assert find_standing(session, JANE) is not None
        assert find_standing(session, "joan@example.org") is None
    with open_transaction() as session:
        ensure_subscriber(session, parse_address(JANE))
        (kept,) = session.scalars(select(Suppression))
        assert kept.address_key == JANE
        assert not lift_by_confirmation(session, JANE, _now(session) - DAY)
        assert lift_by_confirmation(session, JANE, _now(session) + DAY)


def test_who_was_erased_without_a_suppression_has_one_after(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        forget_address(session, JANE)
        forget_address(session, JANE)
        suppress(session, "other@example.org", SuppressionReason.DEAD)
        found = find_standing(session, JANE)
        assert found is not None
        assert found.reason is SuppressionReason.ERASED


def test_an_address_that_was_erased_and_suppressed_again_stands_once(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        forget_address(session, JANE)
        assert not suppress(session, JANE, SuppressionReason.STAFF)
        recognise(session, JANE)
        assert session.scalar(select(func.count()).select_from(Suppression)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "delete from suppressions",
        "truncate suppressions",
        "update suppressions set address_key = 'other@example.org'",
        "update suppressions set reason = 'staff'",
        "update suppressions set evidence = '{}', created_at = now() - interval '1 day'",
        "update suppressions set lifted_at = null, lifted_by = null where lifted_at is not null",
        "update suppressions set address_hash = 'x' where address_hash is not null",
    ],
)
def test_the_database_refuses_every_other_change(open_transaction: OpenTransaction, statement: str) -> None:
    with open_transaction() as session:
        suppress(session, JANE, SuppressionReason.COMPLAINT)
        suppress(session, "lifted@example.org", SuppressionReason.ASKED)
        lift_by_confirmation(session, "lifted@example.org", _now(session) + DAY)
        suppress(session, "erased@example.org", SuppressionReason.ASKED)
        forget_address(session, "erased@example.org")
    before = _dump(open_transaction)
    with pytest.raises(IntegrityError, match="suppression"), open_transaction() as session:
        session.execute(text(statement))
    assert _dump(open_transaction) == before


@pytest.mark.parametrize(
    "statement", ["delete from consent_events", "truncate consent_events", "update consent_events set wording = 'x'"]
)
def test_the_consent_log_is_only_added_to(open_transaction: OpenTransaction, jane: int, statement: str) -> None:
    del jane
    with pytest.raises(IntegrityError, match="only ever added to"), open_transaction() as session:
        session.execute(text(statement))
    with open_transaction() as session:
        assert session.execute(text("select event from consent_events order by id")).scalars().all() == [
            "request",
            "confirm",
        ]


def _dump(open_transaction: OpenTransaction) -> list[object]:
    with open_transaction() as session:
        return [tuple(row) for row in session.execute(text("select * from suppressions order by id"))]
