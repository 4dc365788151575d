"""Rich books for the tests of the finance desk: gifts in every state, recurring ones, disputes, papers. No fixture."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.donations.giftfacts import update_receipt
from service.donations.models import (
    Attempt,
    Dispute,
    Donation,
    LedgerEntry,
    RecurringDonation,
    Refund,
    RefundRequest,
    RenewalFailure,
)
from service.donations.reconcile import Reconciliation
from service.donations.states import (
    AttemptState,
    DisputeState,
    DonationState,
    Frequency,
    LedgerKind,
    RecurringState,
    RefundState,
)
from service.inbox.models import EventState, OutsideEvent, Provider
from service.mail.models import Letter, LetterKind, LetterState
from tests.factories.giving import (
    PAID_AT,
    make_donation,
    make_donor,
    make_fund,
    make_organisation,
    make_recurring,
)

LIMIT = 50_000  # the organisation's limit for a refund by one person, in cents


@dataclass(frozen=True)
class Shelf:
    """The ids of what is in the books."""

    fund_id: int
    donor_id: int
    gift_id: int
    large_gift_id: int
    review_gift_id: int
    disputed_gift_id: int
    recurring_id: int
    failing_id: int
    alarm_id: int
    event_id: int


def fill_shelf(session: Session, issue_id: int | None = None, item_id: int | None = None) -> Shelf:
    """Store an organisation with a fund, three donors, and gifts of every kind with their receipts."""
    make_organisation(session)
    fund, other = make_fund(session), make_fund(session, "travel", "Travel grants")
    other.goal_minor = None
    grace = make_donor(session)
    anna = make_donor(session, "anna@example.org", "Анна Долгопрудная")
    li = make_donor(session, "li@example.org", "李慧 and the long-named Foundation for Quiet Harbours and Slow Ferries")
    gift = make_donation(session, grace, fund, 5000)
    _ask(session, gift, issue_id, item_id)
    large = make_donation(session, anna, other, 120_000, paid_at=PAID_AT - timedelta(days=40))
    doubtful = make_donation(session, li, fund, 7500)
    doubtful.review = "The form asked for $100.00."
    monthly = make_recurring(session, grace, fund)
    for months in range(3):
        make_donation(session, grace, fund, 2500, recurring=monthly, paid_at=PAID_AT - timedelta(days=30 * months))
    failing = make_recurring(session, li, other, 1000)
    _fail(session, failing.id)
    disputed = _dispute(session, make_donation(session, anna, fund, 9900, state=DonationState.DISPUTED))
    _refund_half(session, make_donation(session, li, fund, 4000))
    make_donation(session, anna, fund, 3000, state=DonationState.PROCESSING).paid_at = None
    session.flush()
    for one in (gift, large, doubtful, disputed):
        session.refresh(one, ["donor", "fund"])
        update_receipt(session, one)
    raise_alarm(session, "giving:declines", "Many cards were declined in the last five minutes; the form is closed.")
    session.add(
        Reconciliation(
            since=PAID_AT - timedelta(days=3),
            finished_at=PAID_AT,
            payments=7,
            recurring=2,
            ledger_minor=100_00,
            processor_minor=99_00,
            mismatches=[
                {
                    "about": f"gift {gift.id}",
                    "ledger_minor": 5000,
                    "expected_minor": 4900,
                    "sentence": f"Gift {gift.id} does not agree with its own lines.",
                }
            ],
        )
    )
    event = OutsideEvent(
        provider=Provider.STRIPE,
        event_id="evt_test_1",
        type="charge.updated",
        payload={},
        state=EventState.FAILED,
        attempts=12,
        problem="unexpected KeyError",
        occurred_at=PAID_AT,
    )
    session.add(event)
    session.flush()
    return Shelf(
        fund_id=fund.id,
        donor_id=grace.id,
        gift_id=gift.id,
        large_gift_id=large.id,
        review_gift_id=doubtful.id,
        disputed_gift_id=disputed.id,
        recurring_id=monthly.id,
        failing_id=failing.id,
        alarm_id=1,
        event_id=event.id,
    )


def _ask(session: Session, gift: Donation, issue_id: int | None, item_id: int | None) -> None:
    """Give a gift the form that it came from, and what asked for it."""
    attempt = Attempt(
        public_id="at_test_1",
        nonce="nonce-1",
        state=AttemptState.COMPLETE,
        address_key="grace.giver@example.org",
        mailed_address="grace.giver@example.org",
        donor_name="Grace Giver",
        amount_minor=5000,
        currency="usd",
        frequency=Frequency.ONCE,
        fund_id=gift.fund_id,
        created_at=PAID_AT - timedelta(minutes=3),
    )
    session.add(attempt)
    session.flush()
    gift.attempt_id, gift.issue_id, gift.item_id = attempt.id, issue_id, item_id
    gift.tribute_kind, gift.tribute_name, gift.employer = "memory", "Old <b>Tomas</b>", "Harbor Works"


def _fail(session: Session, recurring_id: int) -> None:
    recurring = session.get_one(RecurringDonation, recurring_id)
    recurring.state = RecurringState.PAST_DUE
    recurring.failing_invoice_id, recurring.failing_tries = "in_test_1", 2
    recurring.failing_next_try_at = datetime(2026, 11, 27, 15, tzinfo=UTC)
    for tries in (1, 2):
        failure = RenewalFailure(
            recurring_id=recurring_id, invoice_id="in_test_1", tries=tries, noted_at=PAID_AT + timedelta(days=tries)
        )
        session.add(failure)
        session.flush()
        session.add(
            Letter(
                kind=LetterKind.RENEWAL_FAILED,
                recipient="li@example.org",
                about={"failure": failure.id},
                state=LetterState.SENT,
                sent_at=PAID_AT + timedelta(days=tries),
            )
        )


def _dispute(session: Session, gift: Donation) -> Donation:
    session.add(
        Dispute(
            dispute_id="dp_test_1",
            donation_id=gift.id,
            amount_minor=gift.amount_minor,
            reason="product_not_received",
            status="needs_response",
            state=DisputeState.OPEN,
            answer_by=PAID_AT + timedelta(days=9),
            created_at=PAID_AT + timedelta(days=1),
        )
    )
    session.add(
        LedgerEntry(
            key="dispute:txn_test_1",
            donation_id=gift.id,
            kind=LedgerKind.DISPUTE,
            amount_minor=-gift.amount_minor,
            currency="usd",
            source_id="dp_test_1",
            occurred_at=PAID_AT + timedelta(days=1),
        )
    )
    return gift


def _refund_half(session: Session, gift: Donation) -> None:
    half = gift.amount_minor // 2
    gift.state, gift.refunded_minor = DonationState.PARTIALLY_REFUNDED, half
    at = PAID_AT + timedelta(hours=5)
    session.add(
        Refund(
            refund_id="re_test_1", donation_id=gift.id, amount_minor=half, state=RefundState.SUCCEEDED, created_at=at
        )
    )
    session.add(
        LedgerEntry(
            key="refund:re_test_1",
            donation_id=gift.id,
            kind=LedgerKind.REFUND,
            amount_minor=-half,
            currency="usd",
            source_id="re_test_1",
            occurred_at=at,
        )
    )


def ask_for_refund(session: Session, gift_id: int, account_id: int, amount_minor: int = 60_000) -> int:
    """Store a request that waits for a second person."""
    request = RefundRequest(
        donation_id=gift_id, amount_minor=amount_minor, reason="Paid twice", requested_by_id=account_id
    )
    session.add(request)
    session.flush()
    return request.id
