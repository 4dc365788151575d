"""A donor's first page and papers: all of one's own, nothing of anybody else's."""

import csv
from io import StringIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from service.donations.models import Donation, Fund, RecurringDonation
from service.donations.states import DonationState, RecurringState
from service.receipts.models import Receipt, ReceiptState, Statement, StatementState
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.giving.conftest import BORIS, GRACE, LAST_YEAR, Donors, Papers

STATES = {
    DonationState.SUCCEEDED: "Received",
    DonationState.PROCESSING: "On its way",
    DonationState.PARTIALLY_REFUNDED: "$10.00 paid back",
    DonationState.REFUNDED: "Paid back to you",
    DonationState.DISPUTED: "Disputed at your bank",
    DonationState.CHARGED_BACK: "Taken back by your bank",
    DonationState.FAILED: "Did not arrive",
}
STANDINGS = {
    RecurringState.INCOMPLETE: ("Not started", "The first payment has not arrived yet"),
    RecurringState.ACTIVE: ("Running", "Next gift on"),
    RecurringState.PAST_DUE: ("A payment failed", "That was the last try"),
    RecurringState.PAUSED: ("Paused", "Nothing is charged until you go on with it"),
    RecurringState.ENDED: ("Start again", "/give?frequency=monthly&amp;amount=2500"),
}


def test_one_page_shows_all_of_ones_own_and_nothing_of_others(grace: FlaskClient) -> None:
    page = grace.get("/giving")
    assert page.headers["Cache-Control"] == "no-store"
    for seen in (
        GRACE,
        "$25 every month",
        "20 December 2026",
        "Visa •••• 4242",
        "$50.00",
        "$123.45",
        "2025",
        "Sign out",
    ):
        assert seen in page.text, seen
    for hidden in (BORIS, "Борис"):
        assert hidden not in page.text


@pytest.mark.parametrize("state", DonationState)
def test_every_state_of_a_gift_has_its_words(
    grace: FlaskClient, open_transaction: OpenTransaction, state: DonationState
) -> None:
    with open_transaction() as session:
        refunded = 1000 if state is DonationState.PARTIALLY_REFUNDED else 0
        session.execute(update(Donation).values(state=state, refunded_minor=refunded))
    page = grace.get("/giving").text
    assert STATES[state] in page
    assert not any(words in page for other, words in STATES.items() if other is not state)


@pytest.mark.parametrize("state", RecurringState)
def test_every_state_of_an_arrangement_has_its_words(
    grace: FlaskClient, open_transaction: OpenTransaction, state: RecurringState
) -> None:
    with open_transaction() as session:
        session.execute(update(RecurringDonation).values(state=state))
    page = grace.get("/giving").text
    assert all(words in page for words in STANDINGS[state])


def test_a_failing_gift_can_be_paid_from_here(grace: FlaskClient, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(
            update(RecurringDonation).values(state=RecurringState.PAST_DUE, failing_pay_url="https://pay.test/in_1")
        )
    assert 'href="https://pay.test/in_1"' in grace.get("/giving").text


def test_a_receipt_comes_as_a_file_of_its_number(grace: FlaskClient, donors: Donors) -> None:
    answer = grace.get(f"/giving/receipts/{donors.grace.receipt_id}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="receipt-20')
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_statement_comes_as_a_file_of_its_year(grace: FlaskClient, donors: Donors) -> None:
    answer = grace.get(f"/giving/statements/{donors.grace.statement_id}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="statement-{LAST_YEAR.year}.pdf"'


@pytest.mark.parametrize("state", StatementState)
def test_only_statements_that_staff_approved_are_shown(
    grace: FlaskClient, open_transaction: OpenTransaction, donors: Donors, state: StatementState
) -> None:
    with open_transaction() as session:
        session.execute(update(Statement).values(state=state))
    is_shown = state in {StatementState.APPROVED, StatementState.SENT}
    assert ("Statement for 2025" in grace.get("/giving").text) == is_shown
    path = f"/giving/statements/{donors.grace.statement_id}.pdf"
    assert grace.get(path).status_code == (200 if is_shown else 404)


@pytest.mark.parametrize(
    ("state", "note"), [(ReceiptState.VOIDED, "(void)"), (ReceiptState.HELD, "(held while in dispute)")]
)
def test_a_receipt_that_does_not_count_says_so(
    grace: FlaskClient, open_transaction: OpenTransaction, donors: Donors, state: ReceiptState, note: str
) -> None:
    with open_transaction() as session:
        session.execute(update(Receipt).where(Receipt.id == donors.grace.receipt_id).values(state=state))
    assert note in grace.get("/giving").text


NOT_MINE = (
    "/giving/receipts/{0.receipt_id}.pdf",
    "/giving/statements/{0.statement_id}.pdf",
    "/giving/recurring/{0.recurring_id}",
    "/giving/recurring/{0.recurring_id}/stop",
)


@pytest.mark.parametrize("path", NOT_MINE)
def test_what_is_somebody_elses_is_not_found_like_what_never_was(grace: FlaskClient, donors: Donors, path: str) -> None:
    assert grace.get(path.format(donors.grace)).status_code == 200
    theirs = grace.get(path.format(donors.boris))
    assert theirs.status_code == 404
    for number in (0, 10**9, 2**63 - 1):
        never = grace.get(path.format(Papers(number, number, number, number)))
        assert (never.status_code, never.data) == (404, theirs.data)


@pytest.mark.parametrize("number", [2**63, 10**40, "-1", "1.5", "x", "%00"])
def test_an_odd_number_in_the_address_is_not_found(grace: FlaskClient, number: object) -> None:
    for path in ("/giving/receipts/{}.pdf", "/giving/statements/{}.pdf", "/giving/recurring/{}"):
        assert grace.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("form", ["amount", "date", "pause", "resume", "stop", "card"])
def test_nobody_changes_what_is_somebody_elses(grace: FlaskClient, donors: Donors, look_up: LookUp, form: str) -> None:
    answer = grace.post(f"/giving/recurring/{donors.boris.recurring_id}/{form}", data={"amount": "40", "months": "1"})
    assert answer.status_code == 404
    states = look_up(lambda session: session.scalars(select(RecurringDonation.state)).all())
    assert set(states) == {RecurringState.ACTIVE}


def test_the_table_holds_every_gift_and_no_formula(grace: FlaskClient, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(update(Fund).values(name='=HYPERLINK("https://evil.example")'))
        session.execute(update(Donation).values(method="@SUM(1)"))
    answer = grace.get("/giving/gifts.csv")
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert [(row["Date"], row["Amount"], row["Currency"], row["How often"]) for row in rows] == [
        ("2026-11-20", "50.00", "USD", "monthly"),
        ("2025-12-01", "123.45", "USD", "once"),
    ]
    assert {row["Fund"] for row in rows} == {'\'=HYPERLINK("https://evil.example")'}
    assert {row["Method"] for row in rows} == {"'@SUM(1)"}
    assert all(row["Receipt"] for row in rows)


def test_whoever_has_not_given_yet_sees_so(
    grace: FlaskClient, open_transaction: OpenTransaction, donors: Donors
) -> None:
    with open_transaction() as session:
        session.execute(update(Donation).values(donor_id=donors.boris.donor_id))
    assert "No gift has come from this address yet." in grace.get("/giving").text
