"""Batches: how copies are cut into them, who holds one, when one is due, and that no wake-up is lost."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from service.deliveries import batches
from service.deliveries.batches import claim_batch, has_due_batch, make_batches, put_down, renew, wake
from service.deliveries.claiming import claim_copies, give_back
from service.deliveries.control import pause_issue
from service.deliveries.models import Batch, BatchSignatures, Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.wiring import Services
from tests.deliveries.fakes import ACCEPTED
from tests.deliveries.steps import claim, expire_leases, intend_all
from tests.factories.readers import make_reader
from tests.fixtures.services import OpenTransaction
from tests.waiting import wait_for_follower

MINUTE = timedelta(minutes=1)


def test_copies_are_cut_into_batches_in_the_order_of_their_ids(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SIZE", 5)
    with open_transaction() as session:
        session.execute(text("delete from batches"))
        make_batches(session, issue_id)
    with open_transaction() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        made = session.scalars(select(Batch).order_by(Batch.id)).all()
    assert [(one.first_id, one.last_id, one.size) for one in made] == [
        (ids[0], ids[4], 5),
        (ids[5], ids[9], 5),
        (ids[10], ids[11], 2),
    ]


def test_making_batches_again_adds_only_those_who_came_later(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        make_batches(session, issue_id)
        assert session.scalar(select(func.count()).select_from(Batch)) == 1
        newcomer = _add_copy(session, issue_id)
        make_batches(session, issue_id)
        last = session.scalars(select(Batch).order_by(Batch.id.desc())).first()
        assert last is not None
        assert (last.first_id, last.last_id, last.size) == (newcomer, newcomer, 1)


def test_two_senders_never_hold_the_same_batch(services: Services, issue_id: int) -> None:
    with services.factory() as first, services.factory() as second:
        assert claim_batch(first, issue_id) is not None
        assert claim_batch(second, issue_id) is None
        first.commit()
        assert claim_batch(second, issue_id) is None


def test_a_batch_is_taken_again_once_the_lease_of_its_holder_ran_out(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        old = claim_batch(session, issue_id)
    expire_leases(open_transaction)
    with open_transaction() as session:
        new = claim_batch(session, issue_id)
    assert old is not None
    assert new is not None
    assert (new.id, new.fence) == (old.id, old.fence + 1)
    with open_transaction() as session:
        assert not renew(session, old)
        assert not put_down(session, old)
        assert renew(session, new)


def test_no_batch_of_an_issue_that_rests_is_taken(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        assert has_due_batch(session, issue_id)
        pause_issue(session, issue_id)
        assert not has_due_batch(session, issue_id)
        assert claim_batch(session, issue_id) is None


def test_a_renewed_lease_counts_from_now(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        held = claim_batch(session, issue_id)
        assert held is not None
        session.execute(update(Batch).values(lease_until=func.now() + timedelta(seconds=1)))
        assert renew(session, held)
        assert session.scalars(select(Batch.lease_until - func.now())).one() == batches.LEASE


def test_it_is_due_when_the_first_of_its_copies_is(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        give_back(session, claims[:6], [9 * 60.0] * 6)
        give_back(session, claims[6:], [5 * 60.0] * len(claims[6:]))
        assert put_down(session, held)
        batch = session.get_one(Batch, held.id, populate_existing=True)
        assert batch.due_at == session.scalar(select(func.now() + MINUTE * 5))
        assert batch.lease_until is None
        assert claim_batch(session, issue_id) is None


def test_it_is_never_due_again_once_none_of_its_copies_is_open(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        intend_all(session, claims)
        record_outcomes(session, [(one, ACCEPTED) for one in claims])
        put_down(session, held)
        assert session.scalars(select(Batch.due_at)).one() is None
        assert not has_due_batch(session, issue_id)


def test_its_signatures_go_when_it_is_done_and_not_before(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        session.add(BatchSignatures(batch_id=held.id, made_under="", signatures=b""))
        session.flush()
        give_back(session, claims[:1])
        intend_all(session, claims[1:])
        record_outcomes(session, [(one, ACCEPTED) for one in claims[1:]])
        put_down(session, held)
        assert session.scalar(select(func.count()).select_from(BatchSignatures)) == 1
        held, claims = claim(session, issue_id)
        intend_all(session, claims)
        record_outcomes(session, [(one, ACCEPTED) for one in claims])
        put_down(session, held)
        assert session.scalar(select(func.count()).select_from(BatchSignatures)) == 0


def test_a_copy_in_the_hands_of_an_older_sender_keeps_its_batch_open(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        older = session.scalars(select(func.min(Delivery.id))).one()
        session.execute(
            update(Delivery)
            .where(Delivery.id == older)
            .values(state=DeliveryState.CLAIMED, lease_until=func.now() + MINUTE)
        )
        held, claims = claim(session, issue_id)
        assert claims == []
        put_down(session, held)
        assert session.scalars(select(Batch.due_at - func.now())).one() == MINUTE


def test_waking_touches_the_batches_of_these_copies_only(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SIZE", 5)
    with open_transaction() as session:
        session.execute(text("delete from batches"))
        make_batches(session, issue_id)
        session.execute(update(Batch).values(due_at=None))
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        wake(session, issue_id, [ids[1], ids[3], ids[11]])
        due = session.scalars(select(Batch.due_at.is_not(None)).order_by(Batch.id)).all()
    assert due == [True, False, True]


def test_a_copy_queued_while_its_batch_is_put_down_is_not_forgotten(services: Services, issue_id: int) -> None:
    """Whoever queues it holds the batch's row when the sender lets go: the sender must look once more after that."""
    with services.factory.begin() as session:
        held, claims = claim(session, issue_id)
        intend_all(session, claims)
        record_outcomes(session, [(one, ACCEPTED) for one in claims])
    with services.factory() as staff:
        staff.execute(update(Delivery).values(state=DeliveryState.QUEUED))
        wake(staff, issue_id, [claims[0].delivery_id])
        letting_go = threading.Thread(target=_put_down, args=(services, held))
        letting_go.start()
        wait_for_follower(staff)
        staff.commit()
        letting_go.join()
    with services.factory() as session:
        assert session.scalars(select(Batch.due_at)).one() is not None
        assert len(claim_copies(session, claim_batch(session, issue_id) or held)) == 12


def _put_down(services: Services, held: batches.HeldBatch) -> None:
    with services.factory.begin() as session:
        put_down(session, held)


def _add_copy(session: Session, issue_id: int) -> int:
    newsletter_id = session.scalars(select(Issue.newsletter_id).where(Issue.id == issue_id)).one()
    reader = make_reader(session, newsletter_id, "late@example.org")
    row = {
        "issue_id": issue_id,
        "subscriber_id": reader.subscriber_id,
        "subscription_id": reader.id,
        "recipient": "late@example.org",
    }
    return session.execute(insert(Delivery).values(row).returning(Delivery.id)).scalar_one()
