"""Two donors with gifts and papers in the database, and a browser in which the first is signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.giftfacts import update_receipt
from service.donations.models import Donation
from service.receipts.models import Receipt, Statement, StatementState
from service.receipts.statements import prepare_statements
from service.wiring import Services
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.fixtures.services import OpenTransaction
from tests.web.giving.visiting import come_in, make_link

GRACE, BORIS = "grace.giver@example.org", "boris.giver@example.org"
LAST_YEAR = datetime(2025, 12, 1, 15, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Papers:
    """The ids of one donor's rows."""

    donor_id: int
    recurring_id: int
    receipt_id: int
    statement_id: int


@dataclass(frozen=True)
class Donors:
    """Two donors who must never see each other's."""

    grace: Papers
    boris: Papers


@pytest.fixture
def donors(open_transaction: OpenTransaction) -> Donors:
    """GRACE and BORIS: each with a monthly gift, gifts of two years, a receipt and an approved statement."""
    with open_transaction() as session:
        make_organisation(session)
        fund = make_fund(session)
        made = []
        for address, name in ((GRACE, "Grace Giver"), (BORIS, "Борис Даритель")):
            donor = make_donor(session, address, name)
            recurring = make_recurring(session, donor, fund)
            make_donation(session, donor, fund, recurring=recurring)
            make_donation(session, donor, fund, 12_345, paid_at=LAST_YEAR)
            made.append((donor.id, recurring.id))
        for donation in session.scalars(select(Donation)):
            update_receipt(session, donation)
        prepare_statements(session, LAST_YEAR.year)
        for statement in session.scalars(select(Statement)):
            statement.state = StatementState.APPROVED
        session.flush()
        return Donors(*(_collect(session, *ids) for ids in made))


def _collect(session: Session, donor_id: int, recurring_id: int) -> Papers:
    receipt = select(Receipt.id).where(Receipt.donor_id == donor_id).order_by(Receipt.id).limit(1)
    statement = select(Statement.id).where(Statement.donor_id == donor_id)
    return Papers(donor_id, recurring_id, session.scalars(receipt).one(), session.scalars(statement).one())


@pytest.fixture
def grace(app: Flask, services: Services, open_transaction: OpenTransaction, donors: Donors) -> FlaskClient:
    """GRACE's browser, signed in."""
    with open_transaction() as session:
        token = make_link(session, services.signer, donors.grace.donor_id)
    return come_in(app, token)
