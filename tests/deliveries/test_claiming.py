"""Claims, intents and what a dead sender left: who has a copy, who may send it, and who is to blame."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from service import clock
from service.deliveries.abandoned import UNKNOWN, free_copies
from service.deliveries.batches import claim_batch, put_down
from service.deliveries.claiming import Claim, claim_copies, give_back
from service.deliveries.control import cancel_issue, pause_issue
from service.deliveries.models import Batch, Delivery
from service.deliveries.moves import find_target, list_sources
from service.deliveries.planning import release_issue
from service.deliveries.reasons import CANCELLED, LEFT
from service.deliveries.resending import AGAIN
from service.deliveries.states import MOVES
from service.deliveries.states import DeliveryEvent as E
from service.deliveries.states import DeliveryState as S
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from service.wiring import Services
from tests.deliveries.steps import HOST, ROUTE, claim, count_copies, expire_leases, intend_all, run_sweep
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction


def _states(open_transaction: OpenTransaction) -> Counter[S]:
    with open_transaction() as session:
        return Counter(session.scalars(select(Delivery.state)))


def test_every_event_of_a_sender_leads_to_one_state_whatever_it_comes_from() -> None:
    for event in E:
        assert {MOVES[state, event] for state in list_sources(event)} == {find_target(event)}


def test_a_claim_names_the_person_as_frozen_at_release(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        session.execute(text("update subscribers set name = 'Somebody Else', mailed_address = 'moved@example.org'"))
        held, claims = claim(session, issue_id)
    first = claims[0]
    row_names = [(one.recipient, one.name) for one in claims[:2]]
    assert row_names == [("reader-0@example.org", None), ("reader-1@example.org", "Reader 1")]
    assert (first.issue_id, first.fence, first.attempts, first.crashes) == (issue_id, held.fence, 0, 0)


def test_every_claim_has_a_fence_that_no_other_ever_had_not_even_one_that_was_rolled_back(
    open_transaction: OpenTransaction, services: Services, issue_id: int
) -> None:
    fences = []
    for is_kept in (False, True, True):
        with services.factory() as session:
            held, claims = claim(session, issue_id)
            assert {one.fence for one in claims} == {held.fence}
            fences.append(held.fence)
            give_back(session, claims)
            put_down(session, held)
            if is_kept:
                session.commit()
    assert len(set(fences)) == 3
    assert _states(open_transaction)[S.QUEUED] == 12


def test_copies_that_still_wait_are_left(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        give_back(session, claims[:5], [1.0, 2.0, 3.0, 4.0, 5.0])
        give_back(session, claims[5:])
        assert len(claim_copies(session, held)) == 7


def test_each_copy_that_is_given_back_waits_its_own_time(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        _, claims = claim(session, issue_id)
        give_back(session, claims[:3], [10.0, 0.5, 300.0])
        due = {copy.id: copy.next_attempt_at for copy in session.scalars(select(Delivery))}
        now = session.execute(select(func.now())).scalar_one()
        assert [(due[one.delivery_id] - now).total_seconds() for one in claims[:3]] == [10.0, 0.5, 300.0]


def test_what_another_issue_has_between_the_same_ids_is_left(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        mine = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        newsletter = make_newsletter(session, slug="other")
        other = make_issue(session, newsletter)
        session.execute(update(Delivery).where(Delivery.id == mine[4]).values(issue_id=other.id))
        held, claims = claim(session, issue_id)
        assert held.first_id < mine[4] < held.last_id
        assert mine[4] not in {one.delivery_id for one in claims}
        free_copies(session, held)


def test_an_intent_is_written_with_its_evidence(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        one = claim(session, issue_id)[1][0]
        assert intend_all(session, [one]) == {one.delivery_id}
        copy = session.get_one(Delivery, one.delivery_id)
        assert (copy.state, copy.route) == (S.SENDING, ROUTE)
        assert copy.message_id == f"issue-{issue_id}.copy-{one.delivery_id}@{HOST}"


def test_an_intent_that_is_said_twice_is_heard_twice(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        claims = claim(session, issue_id)[1]
    for _ in range(2):
        with open_transaction() as session:
            assert intend_all(session, claims) == {one.delivery_id for one in claims}


def test_nobody_intends_nothing(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        assert intend_all(session, []) == set()


def test_whoever_may_not_be_sent_to_is_skipped_or_given_back_by_the_reason(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        claims = claim(session, issue_id)[1]
        unsubscribe(session, claims[0].subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")
        assert len(intend_all(session, claims[:4])) == 3
        pause_issue(session, issue_id)
        assert intend_all(session, claims[4:8]) == set()
    with open_transaction() as session:
        cancel_issue(session, issue_id)
        assert intend_all(session, claims[8:]) == set()
        reasons = {row.id: row.reason for row in session.execute(select(Delivery.id, Delivery.reason))}
    assert _states(open_transaction) == {S.SENDING: 3, S.SKIPPED: 5, S.QUEUED: 4}
    assert reasons[claims[0].delivery_id] == LEFT
    assert {reasons[one.delivery_id] for one in claims[8:]} == {CANCELLED}


def test_copies_of_an_issue_that_rests_wait_in_the_queue(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        claims = claim(session, issue_id)[1]
        pause_issue(session, issue_id)
        assert intend_all(session, claims) == set()
    assert _states(open_transaction) == {S.QUEUED: 12}


@pytest.mark.parametrize(
    ("known", "is_untouched"),
    [
        ({}, True),
        ({"attempts": 1, "reply_text": "4.2.1 Later"}, False),
        ({"reply_text": ""}, False),  # no attempt: the line was lost
        ({"attempts": 1}, False),
        ({"crashes": 1}, False),
        ({"reason": AGAIN}, False),
    ],
)
def test_what_was_only_intended_and_is_given_back_is_as_untouched_as_before(
    open_transaction: OpenTransaction, issue_id: int, known: dict[str, object], is_untouched: bool
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values({"attempts": 0, **known}))
        claims = claim(session, issue_id)[1]
        intend_all(session, claims)
        give_back(session, claims)
    with open_transaction() as session:
        copies = session.scalars(select(Delivery)).all()
        assert {copy.state for copy in copies} == {S.QUEUED}
        assert {copy.message_id is None for copy in copies} == {is_untouched}
        assert {copy.route for copy in copies} == {None if is_untouched else ROUTE}


def test_a_copy_that_is_somebody_elses_by_now_is_neither_intended_nor_touched(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        old = claim(session, issue_id)[1]
    expire_leases(open_transaction)
    with open_transaction() as session:
        new = claim(session, issue_id)[1]
        assert intend_all(session, new[:3]) == {one.delivery_id for one in new[:3]}
    with open_transaction() as session:
        assert intend_all(session, old) == set()
        give_back(session, old)
    assert _states(open_transaction) == {S.SENDING: 3, S.CLAIMED: 9}


def test_case_02_a_sender_that_died_after_the_intent_is_never_followed_by_a_second_mail(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        claims = claim(session, issue_id)[1]
        intend_all(session, claims[:2])
    expire_leases(open_transaction)
    with open_transaction() as session:
        again = claim(session, issue_id)[1]
    assert {one.delivery_id for one in again} == {one.delivery_id for one in claims[2:]}
    with open_transaction() as session:
        doubted = session.scalars(select(Delivery).where(Delivery.state == S.UNCERTAIN)).all()
        assert {copy.reason for copy in doubted} == {UNKNOWN}
        assert {copy.message_id for copy in doubted} == {
            f"issue-{issue_id}.copy-{one.delivery_id}@{HOST}" for one in claims[:2]
        }
        assert set(session.scalars(select(Delivery.crashes))) == {0}  # those it was sending are to blame, if anybody


def test_case_22_a_copy_under_the_lease_of_an_older_sender_is_left_to_it(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        lives, died = func.now() + timedelta(seconds=30), func.now() - timedelta(seconds=1)
        for place, state, lease in ((0, S.CLAIMED, lives), (1, S.SENDING, lives), (2, S.CLAIMED, died)):
            session.execute(update(Delivery).where(Delivery.id == ids[place]).values(state=state, lease_until=lease))
    with open_transaction() as session:
        claims = claim(session, issue_id)[1]
    assert [one.delivery_id for one in claims] == [*ids[3:], ids[2]]  # the last killed its sender, perhaps
    assert _states(open_transaction) == {S.CLAIMED: 11, S.SENDING: 1}


def test_case_18_many_senders_at_once_take_every_copy_once(
    services: Services, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.deliveries.batches.SIZE", 25)
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 1000)
        issue_id = make_issue(session, newsletter).id
        release_issue(session, issue_id, PUBLIC_URL)
    taken: list[list[Claim]] = []

    def take() -> None:
        while True:
            with services.factory.begin() as session:
                held = claim_batch(session, issue_id)
                if held is None:
                    return
                taken.append(claim_copies(session, held))

    senders = [threading.Thread(target=take) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    ids = [one.delivery_id for claims in taken for one in claims]
    assert len(ids) == len(set(ids)) == 1000


@pytest.mark.parametrize("days", [-1, 1])
def test_case_20_leases_do_not_ask_the_clock_of_the_machine(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    moment = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with open_transaction() as session:
        held, _ = claim(session, issue_id)
        until = session.scalars(select(Batch.lease_until - func.now()).where(Batch.id == held.id)).one()
        assert until == timedelta(seconds=60)
    run_sweep(open_transaction)
    assert _states(open_transaction) == {S.CLAIMED: 12}
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).queued == 12
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
