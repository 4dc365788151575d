"""Standing arrangements that are real at the test Stripe and mirrored here, as a donor's own way would leave them."""

import secrets
from datetime import timedelta

from sqlalchemy import select

from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.donations.gateway import CheckoutOrder
from service.donations.models import Attempt, Donor, Fund, RecurringDonation
from service.donations.settlement import Settlement
from service.donations.states import Frequency
from service.organisation.queries import find_organisation
from service.wiring import Services
from tests.factories.giving import make_fund, make_organisation

GIVER, GIVER_NAME = "grace.giver@example.org", "Grace Giver"


def start_recurring(
    services: Services,
    fake: FakeStripe,
    *,
    frequency: Frequency = Frequency.MONTHLY,
    amount_minor: int = 2500,
    fee_cover_minor: int = 0,
    card: str = "4242424242424242",
    address: str = GIVER,
) -> int:
    """Give for the first time and settle it; return our id of the arrangement."""
    gateway = services.gateway
    assert gateway is not None
    public_id = secrets.token_urlsafe(12)
    with transaction(services.factory) as session:
        if find_organisation(session) is None:
            make_organisation(session)
        fund = session.scalars(select(Fund)).first() or make_fund(session)
        attempt = Attempt(
            public_id=public_id,
            nonce=public_id,
            address_key=address,
            mailed_address=address,
            donor_name=GIVER_NAME,
            amount_minor=amount_minor,
            fee_cover_minor=fee_cover_minor,
            currency="usd",
            frequency=frequency,
            fund_id=fund.id,
        )
        session.add(attempt)
    page = gateway.open_checkout(
        CheckoutOrder(
            attempt=public_id,
            amount_minor=amount_minor,
            fee_cover_minor=fee_cover_minor,
            currency="usd",
            frequency=frequency,
            fund=fund.slug,
            fund_name=fund.name,
            product_id=None,
            address=address,
            customer_id=None,
            language="en",
            success_url="http://letters.test/give/thanks?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="http://letters.test/give",
            expires_at=now() + timedelta(hours=2),
        ),
        f"checkout:{public_id}",
    )
    fake.pay(page.session_id, card)
    Settlement(services.factory, gateway).sync_checkout(page.session_id)
    with transaction(services.factory) as session:
        found = select(RecurringDonation.id).join(Attempt).where(Attempt.public_id == public_id)
        return session.scalars(found).one()


def read_recurring(services: Services, recurring_id: int) -> RecurringDonation:
    """Return the arrangement as we have it now."""
    with transaction(services.factory) as session:
        return session.get_one(RecurringDonation, recurring_id)


def find_donor_id(services: Services, address: str = GIVER) -> int:
    """Return the donor's id."""
    with transaction(services.factory) as session:
        return session.scalars(select(Donor.id).where(Donor.address_key == address)).one()
