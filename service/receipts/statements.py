"""Year statements: made for every donor, approved by a person, then sent. Owns their versions and states.

One donor and year has one statement that counts; a run makes a new version only where something changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter_once
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation
from service.receipts.models import Receipt, Statement, StatementState
from service.receipts.queries import list_statements
from service.receipts.statement_content import list_counting_receipts, says_the_same, write_statement


@dataclass
class StatementRun:
    """What a run did: statements made for the first time, left as they were, made anew, and withdrawn unsent.

    ``other_currency`` counts gifts that no statement shows, because their money can't be added to the rest.
    """

    made: int = 0
    unchanged: int = 0
    changed: int = 0
    withdrawn: int = 0
    other_currency: int = 0


def prepare_statements(session: Session, year: int) -> StatementRun:
    """Make or renew the draft of every donor of a year whose receipts are not what his statement says.

    The older version is superseded, also one that was sent. Safe to repeat: a second run changes nothing.

    Raises:
        NotFound: when staff have not said yet who the organisation is.
    """
    _lock_year(session, year)
    organisation = get_organisation(session)
    run = StatementRun()
    by_donor = list_counting_receipts(session, year)
    newest = {statement.donor_id: statement for statement in list_statements(session, year)}
    for donor_id in sorted(by_donor.keys() | newest.keys()):
        receipts = list(_in_own_currency(by_donor.get(donor_id, []), organisation, run))
        _renew(session, year, organisation, newest.get(donor_id), receipts, run)
    return run


def approve_statement(session: Session, statement_id: int, account_id: int) -> Statement:
    """Let one draft be sent, and note who said so. Safe to repeat: an approved one stays as it is.

    Raises:
        NotFound: when there is no such statement.
        Conflict: when it was sent already, or a newer version took its place.
    """
    found = select(Statement).where(Statement.id == statement_id).with_for_update()
    statement = session.scalar(found, execution_options={"populate_existing": True})
    if statement is None:
        raise NotFound("There is no such statement.")
    if statement.state is StatementState.DRAFT:
        _move(statement, StatementState.APPROVED)
        statement.approved_by_id = account_id
    elif statement.state is not StatementState.APPROVED:
        raise Conflict(f"This statement is {statement.state} already: only a draft is approved.")
    session.flush()
    return statement


def approve_year(session: Session, year: int, account_id: int, *, seen: int | None = None) -> int:
    """Let every draft of a year be sent, and note who said so. Returns how many. Safe to repeat.

    ``seen`` is the newest statement that the person looked at, 0 for none.

    Raises:
        Conflict: when there are other drafts by now than those.
    """
    _lock_year(session, year)
    if seen is not None and seen != find_newest(list_statements(session, year)):
        raise Conflict(
            "There are other drafts now than those you looked at, so nothing was approved. Please look again."
        )
    approved = (
        update(Statement)
        .where(Statement.year == year, Statement.state == StatementState.DRAFT)
        .values(state=StatementState.APPROVED, state_changed_at=func.now(), approved_by_id=account_id)
        .returning(Statement.id)
    )
    return len(session.scalars(approved).all())


def send_year(session: Session, year: int) -> int:
    """Post every approved statement of a year, and return how many. Safe to repeat: each version is posted once.

    What changed since it was approved is not sent: it becomes a new draft, and waits for a person again.

    Raises:
        NotFound: when staff have not said yet who the organisation is.
        Conflict: when the year has not ended: more may be given in it.
    """
    if not has_ended(year, get_organisation(session).zone):
        raise Conflict(f"{year} has not ended yet: its statements can be sent from 1 January {year + 1}.")
    prepare_statements(session, year)
    ready = select(Statement).where(Statement.year == year, Statement.state == StatementState.APPROVED)
    statements = session.scalars(ready.order_by(Statement.id).with_for_update()).all()
    for statement in statements:
        _move(statement, StatementState.SENT)
        key, about = _letter_key(statement.id), {"statement": statement.id}
        post_letter_once(session, key, LetterKind.STATEMENT, statement.donor_address, about)
    session.flush()
    return len(statements)


def has_ended(year: int, zone: ZoneInfo) -> bool:
    """Return whether a year is over on the organisation's calendar."""
    return now().astimezone(zone).year > year


def find_newest(statements: Iterable[Statement]) -> int:
    """Return the newest id among statements, 0 when there are none: it says which ones a person looked at."""
    return max((one.id for one in statements), default=0)


def _lock_year(session: Session, year: int) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"statements:{year}", 0))))


def _in_own_currency(receipts: list[Receipt], organisation: Organisation, run: StatementRun) -> Iterable[Receipt]:
    for receipt in receipts:
        if receipt.currency == organisation.currency:
            yield receipt
        else:
            run.other_currency += 1


def _renew(
    session: Session,
    year: int,
    organisation: Organisation,
    earlier: Statement | None,
    receipts: list[Receipt],
    run: StatementRun,
) -> None:
    person = max(receipts, key=lambda receipt: receipt.id) if receipts else earlier
    if person is None or _is_withdrawn(person):
        return
    content = write_statement(organisation, person, receipts)
    if earlier is None:
        run.made += 1
    elif not _is_withdrawn(earlier) and says_the_same(earlier, content):
        run.unchanged += 1
        return
    elif receipts or _was_ever_sent(session, earlier):
        _move(earlier, StatementState.SUPERSEDED)
        run.changed += 1
    else:
        _move(earlier, StatementState.SUPERSEDED)
        run.withdrawn += 1
        return
    session.add(Statement(year=year, version=earlier.version + 1 if earlier else 1, **content))
    session.flush()


def _is_withdrawn(person: Receipt | Statement) -> bool:
    """The newest version is superseded only when its gifts went back before it was sent."""
    return isinstance(person, Statement) and person.state is StatementState.SUPERSEDED


def _was_ever_sent(session: Session, statement: Statement) -> bool:
    """A donor who holds a version must be told that it no longer holds; one who has none needs no empty statement."""
    versions = select(Statement.id).where(Statement.donor_id == statement.donor_id, Statement.year == statement.year)
    keys = [_letter_key(statement_id) for statement_id in session.scalars(versions)]
    return session.scalar(select(Letter.id).where(Letter.key.in_(keys)).limit(1)) is not None


def _letter_key(statement_id: int) -> str:
    return f"statement:{statement_id}"


def _move(statement: Statement, state: StatementState) -> None:
    statement.state, statement.state_changed_at = state, func.now()
