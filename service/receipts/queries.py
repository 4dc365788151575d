"""Finding receipts and statements. Never changes them."""

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.receipts.models import Receipt, Statement


def get_receipt(session: Session, receipt_id: int) -> Receipt:
    """Return one version of a receipt, or raise ``NotFound``."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None:
        raise NotFound("There is no such receipt.")
    return receipt


def find_receipt_by_number(session: Session, number: str) -> Receipt | None:
    """Return the newest version of the receipt with this number, or None."""
    versions = select(Receipt).where(Receipt.number == number.strip()).order_by(Receipt.version.desc())
    return session.scalar(versions.limit(1))


def list_receipts_of_donor(session: Session, donor_id: int) -> list[Receipt]:
    """Return every version of a donor's receipts, the newest gift first and in it the newest version first."""
    order = (Receipt.given_on.desc(), Receipt.number.desc(), Receipt.version.desc())
    return list(session.scalars(select(Receipt).where(Receipt.donor_id == donor_id).order_by(*order)))


def list_receipts_of_gift(session: Session, donation_id: int) -> list[Receipt]:
    """Return every version of a gift's receipt, the newest first."""
    versions = select(Receipt).where(Receipt.donation_id == donation_id).order_by(Receipt.version.desc())
    return list(session.scalars(versions))


def get_statement(session: Session, statement_id: int) -> Statement:
    """Return one version of a donor's statement of a year, or raise ``NotFound``."""
    statement = session.get(Statement, statement_id)
    if statement is None:
        raise NotFound("There is no such statement.")
    return statement


def list_statements(session: Session, year: int) -> list[Statement]:
    """Return the newest version of each donor's statement of a year, by name."""
    newest = select(Statement.donor_id, func.max(Statement.version)).where(Statement.year == year)
    rows = (
        select(Statement)
        .where(Statement.year == year)
        .where(tuple_(Statement.donor_id, Statement.version).in_(newest.group_by(Statement.donor_id)))
        .order_by(Statement.donor_name, Statement.id)
    )
    return list(session.scalars(rows))


def list_statements_of_donor(session: Session, donor_id: int) -> list[Statement]:
    """Return every version of a donor's statements, the newest year first and in it the newest version first."""
    order = (Statement.year.desc(), Statement.version.desc())
    return list(session.scalars(select(Statement).where(Statement.donor_id == donor_id).order_by(*order)))
