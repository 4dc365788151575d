"""Receipt numbers: one series for each year, without a gap. Owns the counter; never a receipt."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.receipts.models import ReceiptCounter


def next_number(session: Session, year: int) -> str:
    """Take the next number of a year (``2026-000123``) in the caller's transaction.

    The counter's row stays locked until that transaction ends, and a rollback gives the number back: that is what
    leaves no gap, where a sequence of PostgreSQL would.
    """
    first = insert(ReceiptCounter).values(year=year, last=1)
    taken = first.on_conflict_do_update(
        index_elements=[ReceiptCounter.year], set_={"last": ReceiptCounter.last + 1}
    ).returning(ReceiptCounter.last)
    return f"{year}-{session.execute(taken).scalar_one():06}"
