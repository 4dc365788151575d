"""Organisations, funds, donors and gifts for tests, as settlement would have left them."""

import secrets
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from service.clock import now
from service.donations.gateway import CheckoutOrder
from service.donations.models import Attempt, Donation, Donor, Fund, LedgerEntry, RecurringDonation
from service.donations.states import AttemptState, DonationState, Frequency, LedgerKind, RecurringState
from service.organisation.models import Organisation

PAID_AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_numbers = count(1)


def make_organisation(session: Session) -> Organisation:
    """Store the organisation with every legal fact set."""
    organisation = Organisation(
        id=1,
        legal_name="Northern Crossings Institute, Inc.",
        tax_number="00-0000000",
        postal_address="14 Wharf Lane\nPortland, ME 04101\nUSA",
        time_zone="America/New_York",
        currency="usd",
        sender_name="Northern Crossings Institute",
        sender_address="gifts@crossings.test",
        reply_address="office@crossings.test",
        signatory="Robin Hale, Treasurer",
    )
    session.add(organisation)
    session.flush()
    return organisation


def make_fund(session: Session, slug: str = "general", name: str = "Where it is needed most") -> Fund:
    """Store an open fund with a goal of $50,000."""
    fund = Fund(slug=slug, name=name, description="Pays for every issue.", goal_minor=5_000_000)
    session.add(fund)
    session.flush()
    return fund


def make_donor(session: Session, address: str = "grace.giver@example.org", name: str = "Grace Giver") -> Donor:
    """Store a donor who is known to the processor."""
    donor = Donor(
        address_key=address.casefold(), mailed_address=address, name=name, customer_id=f"cus_test_{next(_numbers)}"
    )
    session.add(donor)
    session.flush()
    return donor


def make_attempt(
    fund: Fund,
    amount_minor: int = 5000,
    frequency: Frequency = Frequency.ONCE,
    cover: int = 0,
    address: str = "grace.giver@example.org",
    name: str = "Grace Giver",
) -> Attempt:
    """Return a form that was sent, not stored yet."""
    return Attempt(
        public_id=secrets.token_urlsafe(12),
        nonce=secrets.token_urlsafe(12),
        address_key=address.casefold(),
        mailed_address=address,
        donor_name=name,
        amount_minor=amount_minor,
        fee_cover_minor=cover,
        currency="usd",
        frequency=frequency,
        fund_id=fund.id,
        state=AttemptState.NEW,
    )


def order_of(attempt: Attempt, fund: Fund, expires_at: datetime | None = None) -> CheckoutOrder:
    """Return what the processor is asked for a form."""
    return CheckoutOrder(
        attempt=attempt.public_id,
        amount_minor=attempt.amount_minor,
        fee_cover_minor=attempt.fee_cover_minor,
        currency=attempt.currency,
        frequency=attempt.frequency,
        fund=fund.slug,
        fund_name=fund.name,
        product_id=None,
        address=attempt.mailed_address,
        customer_id=None,
        language="en",
        success_url="http://letters.test/give/thanks?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="http://letters.test/give/back",
        expires_at=expires_at or now() + timedelta(minutes=40),
    )


def make_recurring(session: Session, donor: Donor, fund: Fund, amount_minor: int = 2500) -> RecurringDonation:
    """Store an active monthly arrangement."""
    number = next(_numbers)
    recurring = RecurringDonation(
        subscription_id=f"sub_test_{number}",
        item_id=f"si_test_{number}",
        donor_id=donor.id,
        fund_id=fund.id,
        state=RecurringState.ACTIVE,
        frequency=Frequency.MONTHLY,
        amount_minor=amount_minor,
        method="Visa •••• 4242",
        started_at=PAID_AT,
        next_charge_at=datetime(2026, 12, 20, 15, 30, tzinfo=UTC),
    )
    session.add(recurring)
    session.flush()
    return recurring


def make_donation(
    session: Session,
    donor: Donor,
    fund: Fund,
    amount_minor: int = 5000,
    *,
    recurring: RecurringDonation | None = None,
    paid_at: datetime = PAID_AT,
    state: DonationState = DonationState.SUCCEEDED,
) -> Donation:
    """Store a settled card gift with its ledger lines (2.9 % and 30 cents of fee)."""
    number = next(_numbers)
    donation = Donation(
        payment_id=f"pi_test_{number}",
        charge_id=f"ch_test_{number}",
        donor_id=donor.id,
        fund_id=fund.id,
        recurring_id=recurring.id if recurring else None,
        state=state,
        amount_minor=amount_minor,
        currency="usd",
        method="Visa •••• 4242",
        paid_at=paid_at,
    )
    session.add(donation)
    session.flush()
    fee = (amount_minor * 29 + 500) // 1000 + 30
    for kind, minor in ((LedgerKind.GIFT, amount_minor), (LedgerKind.FEE, -fee)):
        session.add(
            LedgerEntry(
                key=f"{kind}:test:{number}",
                donation_id=donation.id,
                kind=kind,
                amount_minor=minor,
                currency="usd",
                source_id=donation.charge_id,
                occurred_at=paid_at,
            )
        )
    session.flush()
    return donation
