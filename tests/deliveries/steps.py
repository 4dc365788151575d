"""The steps of a sender, one at a time, for tests that stop between two of them; and the account after each test."""

from datetime import timedelta

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from service.deliveries.abandoned import free_copies
from service.deliveries.batches import HeldBatch, claim_batch
from service.deliveries.claiming import Claim, claim_copies, intend
from service.deliveries.models import Batch, Delivery
from service.deliveries.queries import Progress, get_progress
from service.deliveries.sweep import sweep
from tests.fixtures.services import OpenTransaction

ROUTE, HOST = "main", "letters.test"


def claim(session: Session, issue_id: int) -> tuple[HeldBatch, list[Claim]]:
    """Take the next batch and its copies, as a sender does; fails where none is due."""
    held = claim_batch(session, issue_id)
    assert held is not None
    free_copies(session, held)
    return held, claim_copies(session, held)


def intend_all(session: Session, claims: list[Claim]) -> set[int]:
    """Intend copies for the route of the tests."""
    return intend(session, claims, route=ROUTE, message_host=HOST)


def expire_leases(open_transaction: OpenTransaction) -> None:
    """Let every lease have run out a second ago, by the database's clock."""
    with open_transaction() as session:
        held = Batch.lease_until.is_not(None)
        session.execute(update(Batch).where(held).values(lease_until=func.now() - timedelta(seconds=1)))


def make_all_due(open_transaction: OpenTransaction) -> None:
    """Let every wait be over."""
    with open_transaction() as session:
        session.execute(update(Delivery).values(next_attempt_at=func.now()))
        session.execute(update(Batch).where(Batch.due_at.is_not(None)).values(due_at=func.now()))


def run_sweep(open_transaction: OpenTransaction) -> None:
    """Sweep once."""
    with open_transaction() as session:
        sweep(session)


def count_copies(open_transaction: OpenTransaction, issue_id: int) -> Progress:
    """Return where all copies stand; fails unless everyone in the audience is in exactly one state."""
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
    assert progress.holds
    return progress
