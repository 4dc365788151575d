"""Sign-ups that were lost are found again, and old ones go."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.jobs import Job
from service.subscribers.confirmation import CONFIRM_WITHIN
from service.subscribers.defence import MOST_OF_ALL, is_under_attack
from service.subscribers.signup_models import SignUp, SignUpOutcome
from service.subscribers.signup_upkeep import GIVEN_UP_AFTER, KEPT_FOR, LOST_AFTER, MOST_NUDGED, tend_sign_ups
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.subscribers.signing_up import add_sign_ups

MOMENT = timedelta(minutes=5)  # more than a busy machine takes between storing and tending


@pytest.mark.parametrize(
    ("ago", "outcome", "nudged"),
    [
        (timedelta(0), None, 0),  # its own nudge is on the way
        (LOST_AFTER + MOMENT, None, 1),
        (GIVEN_UP_AFTER - MOMENT, None, 1),
        (GIVEN_UP_AFTER + MOMENT, None, 0),
        (LOST_AFTER + MOMENT, SignUpOutcome.CONFIRM, 0),
        (LOST_AFTER + MOMENT, SignUpOutcome.TOO_MANY, 0),
    ],
)
def test_a_sign_up_that_no_worker_saw_is_nudged_again(
    open_transaction: OpenTransaction,
    newsletter_id: int,
    published_jobs: PublishedJobs,
    ago: timedelta,
    outcome: SignUpOutcome | None,
    nudged: int,
) -> None:
    with open_transaction() as session:
        add_sign_ups(session, 1, newsletter_id, ago=ago, outcome=outcome)
    with open_transaction() as session:
        tend_sign_ups(session)
    assert len(published_jobs.of(Job.HANDLE_SIGN_UP)) == nudged


def test_after_an_outage_they_come_in_pieces_oldest_first(
    open_transaction: OpenTransaction, newsletter_id: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        add_sign_ups(session, MOST_NUDGED + 1, newsletter_id, ago=timedelta(hours=1))
        ids = session.scalars(select(SignUp.id).order_by(SignUp.id)).all()
    with open_transaction() as session:
        tend_sign_ups(session)
    assert published_jobs.of(Job.HANDLE_SIGN_UP) == [(each,) for each in ids[:MOST_NUDGED]]


def test_rows_go_once_neither_link_nor_limit_needs_them(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    assert KEPT_FOR > CONFIRM_WITHIN
    with open_transaction() as session:
        add_sign_ups(session, 2, newsletter_id, ago=KEPT_FOR + MOMENT)
        add_sign_ups(session, 1, newsletter_id, ago=KEPT_FOR - MOMENT)
    for _ in range(2):
        with open_transaction() as session:
            tend_sign_ups(session)
            assert session.scalar(select(func.count()).select_from(SignUp)) == 1


def test_the_door_is_tended_too(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        add_sign_ups(session, MOST_OF_ALL, newsletter_id)
        session.execute(update(SignUp).values(outcome=SignUpOutcome.TOO_MANY))
        tend_sign_ups(session)
        assert is_under_attack(session)
