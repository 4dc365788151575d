"""Looking up gifts, givers and what happened to them, for staff. Changes nothing; sums over time are in ``totals``."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from service.donations.models import (
    Dispute,
    Donation,
    Donor,
    LedgerEntry,
    RecurringChange,
    RecurringDonation,
    RenewalFailure,
)
from service.donations.states import DisputeState, DonationState, LedgerKind, RecurringState
from service.errors import BadInput, NotFound
from service.mail.models import Letter, LetterKind
from service.money import parse_amount
from service.receipts.models import Receipt
from service.staff.models import Account

PAGE = 50
FEES = (LedgerKind.FEE, LedgerKind.DISPUTE_FEE)
GIVEN = (LedgerKind.GIFT, LedgerKind.FEE_COVER)
RETURNED = (
    *(LedgerKind.REFUND, LedgerKind.REFUND_FAILED, LedgerKind.DISPUTE, LedgerKind.DISPUTE_REINSTATED),
    LedgerKind.REVERSED,
)


@dataclass(frozen=True)
class GiftFilter:
    """Which gifts are asked for; what is None or empty asks for nothing. ``since`` and ``until`` are aware moments.

    ``method`` is its first word (“Visa”, “Cheque”). ``search``: a part of a name, of an address or of the method, or a
    whole receipt number, id at the processor or amount.
    """

    state: DonationState | None = None
    needs_review: bool = False
    has_no_fund: bool = False
    fund_id: int | None = None
    method: str = ""
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    donor_id: int | None = None
    recurring_id: int | None = None


@dataclass(frozen=True)
class GiftSums:
    """What a set of gifts came to, from the ledger, in one currency. Returned and fees are 0 or negative."""

    currency: str
    given_minor: int
    returned_minor: int
    fees_minor: int

    @property
    def net_minor(self) -> int:
        """What stayed."""
        return self.given_minor + self.returned_minor + self.fees_minor


@dataclass(frozen=True)
class FailedTry:
    """One failed try at a renewal, and the letter about it, if one was written."""

    failure: RenewalFailure
    letter: Letter | None


@dataclass(frozen=True)
class DonorSummary:
    """One giver with what came of them in one currency; ``net_minor`` is without what was paid back."""

    donor: Donor
    gifts: int
    net_minor: int
    last_at: datetime | None


def list_gifts(session: Session, wanted: GiftFilter, page: int = 1) -> list[Donation]:
    """Return a page of 50 gifts with donor and fund, newest first."""
    query = select(Donation).where(*_conditions(wanted))
    newest = func.coalesce(Donation.paid_at, Donation.created_at).desc()
    query = query.options(joinedload(Donation.donor), joinedload(Donation.fund)).order_by(newest, Donation.id.desc())
    return list(session.scalars(query.offset((page - 1) * PAGE).limit(PAGE)))


def count_gifts(session: Session, wanted: GiftFilter) -> int:
    """Return how many gifts there are of that kind."""
    return session.scalar(select(func.count(Donation.id)).where(*_conditions(wanted))) or 0


def sum_gifts(session: Session, wanted: GiftFilter) -> list[GiftSums]:
    """Return what these gifts came to, one entry for each currency that has any lines."""
    gifts = select(Donation.id).where(*_conditions(wanted))
    rows = session.execute(
        select(LedgerEntry.currency, _sum_of(GIVEN), _sum_of(RETURNED), _sum_of(FEES))
        .where(LedgerEntry.donation_id.in_(gifts))
        .group_by(LedgerEntry.currency)
        .order_by(LedgerEntry.currency)
    )
    return [GiftSums(currency, int(given), int(returned), int(fees)) for currency, given, returned, fees in rows]


def get_gift(session: Session, donation_id: int) -> Donation:
    """Return one gift, or raise ``NotFound``."""
    whole = select(Donation).where(Donation.id == donation_id)
    found = session.scalar(whole.options(joinedload(Donation.donor), joinedload(Donation.fund)))
    if found is None:
        raise NotFound("There is no such gift.")
    return found


def list_methods(session: Session) -> list[str]:
    """Return the first word of every method that a gift came by, in alphabetical order."""
    word = func.split_part(Donation.method, " ", 1)
    return list(session.scalars(select(word).where(word != "").distinct().order_by(word)))


def list_recurring(session: Session, state: RecurringState | None = None, page: int = 1) -> list[RecurringDonation]:
    """Return a page of arrangements with donor and fund, the next charge first."""
    query = select(RecurringDonation).options(joinedload(RecurringDonation.donor), joinedload(RecurringDonation.fund))
    if state is not None:
        query = query.where(RecurringDonation.state == state)
    order = (RecurringDonation.next_charge_at.asc().nulls_last(), RecurringDonation.id.desc())
    return list(session.scalars(query.order_by(*order).offset((page - 1) * PAGE).limit(PAGE)))


def get_recurring(session: Session, recurring_id: int) -> RecurringDonation:
    """Return one arrangement, or raise ``NotFound``."""
    found = session.get(RecurringDonation, recurring_id)
    if found is None:
        raise NotFound("There is no such recurring gift.")
    return found


def list_changes(session: Session, recurring_id: int) -> list[tuple[RecurringChange, str | None]]:
    """Return what was changed about an arrangement, newest first; with the name of staff, None for the donor."""
    rows = session.execute(
        select(RecurringChange, Account.name)
        .outerjoin(Account, Account.id == RecurringChange.account_id)
        .where(RecurringChange.recurring_id == recurring_id)
        .order_by(RecurringChange.id.desc())
    )
    return [(change, name) for change, name in rows]


def count_recurring(session: Session) -> dict[RecurringState, int]:
    """Return the number of arrangements in each state."""
    counted = select(RecurringDonation.state, func.count()).group_by(RecurringDonation.state)
    counts = dict.fromkeys(RecurringState, 0)
    for state, count in session.execute(counted):
        counts[state] = count
    return counts


def list_failed_tries(session: Session, recurring_ids: list[int]) -> dict[int, list[FailedTry]]:
    """Return for each arrangement its failed tries with their letters, newest first."""
    letter_of = Letter.about["failure"].as_integer() == RenewalFailure.id
    rows = session.execute(
        select(RenewalFailure, Letter)
        .outerjoin(Letter, (Letter.kind == LetterKind.RENEWAL_FAILED) & letter_of)
        .where(RenewalFailure.recurring_id.in_(recurring_ids))
        .order_by(RenewalFailure.id.desc())
    )
    tries: dict[int, list[FailedTry]] = {recurring_id: [] for recurring_id in recurring_ids}
    for failure, letter in rows:
        tries[failure.recurring_id].append(FailedTry(failure, letter))
    return tries


def list_disputes(session: Session) -> list[tuple[Dispute, Donation]]:
    """Return every dispute with its gift: those that wait for an answer first, the most urgent on top."""
    waits = Dispute.state.in_((DisputeState.OPEN, DisputeState.INQUIRY))
    rows = session.execute(
        select(Dispute, Donation)
        .join(Donation, Donation.id == Dispute.donation_id)
        .options(joinedload(Donation.donor))
        .order_by(waits.desc(), Dispute.answer_by.asc().nulls_last(), Dispute.created_at.desc())
    )
    return [(dispute, donation) for dispute, donation in rows]


def list_donors(session: Session, search: str, currency: str, page: int = 1) -> list[DonorSummary]:
    """Return a page of givers, whoever gave last on top; ``search`` is a part of a name or address."""
    net = (
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        .join(Donation, Donation.id == LedgerEntry.donation_id)
        .where(Donation.donor_id == Donor.id, LedgerEntry.currency == currency, LedgerEntry.kind.not_in(FEES))
        .correlate(Donor)
        .scalar_subquery()
    )
    last = func.max(Donation.paid_at)
    query = (
        select(Donor, func.count(Donation.paid_at), net, last)
        .outerjoin(Donation, Donation.donor_id == Donor.id)
        .group_by(Donor.id)
        .order_by(last.desc().nulls_last(), Donor.id.desc())
    )
    if search:
        query = query.where(_names(search))
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE))
    return [DonorSummary(donor, gifts, int(net_minor), last_at) for donor, gifts, net_minor, last_at in rows]


def get_donor(session: Session, donor_id: int) -> Donor:
    """Return one giver, or raise ``NotFound``."""
    found = session.get(Donor, donor_id)
    if found is None:
        raise NotFound("There is no such donor.")
    return found


def _conditions(wanted: GiftFilter) -> list[ColumnElement[bool]]:
    """Return what a gift must fulfil to be among those that are asked for."""
    asked: list[tuple[object, ColumnElement[bool]]] = [
        (wanted.state, Donation.state == wanted.state),
        (wanted.needs_review, Donation.review != ""),
        (wanted.has_no_fund, Donation.fund_id.is_(None)),
        (wanted.fund_id, Donation.fund_id == wanted.fund_id),
        (wanted.donor_id, Donation.donor_id == wanted.donor_id),
        (wanted.recurring_id, Donation.recurring_id == wanted.recurring_id),
        (wanted.method, func.split_part(Donation.method, " ", 1) == wanted.method),
    ]
    conditions = [condition for value, condition in asked if value]
    if wanted.since is not None:
        conditions.append(Donation.paid_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Donation.paid_at < wanted.until)
    return [*conditions, _finds(wanted.search)] if wanted.search else conditions


def _finds(search: str) -> ColumnElement[bool]:
    """Return whether a gift has to do with what somebody typed into the search field."""
    of_donor = select(Donor.id).where(_names(search))
    of_receipt = select(Receipt.donation_id).where(Receipt.number == search)
    ways = [
        Donation.donor_id.in_(of_donor),
        Donation.id.in_(of_receipt),
        Donation.method.icontains(search, autoescape=True),
        Donation.payment_id == search,
        Donation.charge_id == search,
    ]
    amount = _read_amount(search)
    return or_(*ways) if amount is None else or_(*ways, Donation.amount_minor == amount)


def _names(search: str) -> ColumnElement[bool]:
    """Return whether a giver's name or address has this part."""
    return or_(Donor.name.icontains(search, autoescape=True), Donor.mailed_address.icontains(search, autoescape=True))


def _read_amount(search: str) -> int | None:
    try:
        return parse_amount(search)
    except BadInput:
        return None


def _sum_of(kinds: tuple[LedgerKind, ...]) -> ColumnElement[int]:
    return func.coalesce(func.sum(LedgerEntry.amount_minor).filter(LedgerEntry.kind.in_(kinds)), 0)
