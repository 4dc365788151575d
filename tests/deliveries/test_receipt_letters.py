"""Letters with receipts and statements, written from rows as ``receipts`` leaves them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.deliveries.lettertexts import write_letter
from service.donations.giftfacts import update_receipt
from service.donations.models import Donation, Donor
from service.donations.states import DonationState
from service.mail.message import Party
from service.mail.models import Letter, LetterKind
from service.organisation.queries import get_organisation
from service.receipts.models import Receipt, Statement
from service.receipts.pdf import draw_receipt, draw_statement
from service.wiring import Services
from tests.deliveries.written import make_house, read, write
from tests.factories.giving import make_donation, make_donor, make_recurring
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.fixtures.smtp import SmtpSink


def test_a_receipt_comes_by_mail_with_the_same_receipt_as_a_file(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        _make_gift(session)
        letter = _only_letter(session)
        text, mail = write_letter(session, letter, services.links), read(services, session, letter)
        pdf = draw_receipt(session.scalars(select(Receipt)).one())
    assert text.sender == Party("Northern Crossings Institute", "gifts@crossings.test")
    assert text.reply_to == Party("", "office@crossings.test")
    assert mail.subject == "Your receipt 2026-000001 from Northern Crossings Institute"
    for said in (
        "Dear Grace Giver,",
        "$50.00 on 20 November 2026",
        "Receipt number: 2026-000001",
        "For: Where it is needed most",
        "Paid by: Visa •••• 4242",
        "Tax number (EIN): 00-0000000",
        "No goods or services were provided in exchange for this contribution.",
        "Northern Crossings Institute, Inc.",
        "14 Wharf Lane",
    ):
        assert said in mail.text
    assert mail.address == ""
    assert mail.files == {"receipt-2026-000001.pdf": pdf}


def test_a_receipt_of_a_recurring_gift_says_that_it_recurs_and_where_to_change_it(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        donor, fund = make_donor(session), make_house(session)
        donation = make_donation(session, donor, fund, recurring=make_recurring(session, donor, fund))
        donation.tribute_kind, donation.tribute_name = "memory", "Ann Lee"
        update_receipt(session, donation)
        mail = read(services, session, _only_letter(session))
    assert "This gift repeats by itself" in mail.text
    assert mail.address == f"{PUBLIC_URL}/giving"
    assert "In memory of Ann Lee" in mail.text


def test_what_was_given_in_return_is_told_with_its_value(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        donation = make_donation(session, make_donor(session), make_house(session), 10_000)
        donation.fair_market_value_minor, donation.benefit, donation.fee_cover_minor = 3_000, "Two concert seats", 320
        update_receipt(session, donation)
        mail = read(services, session, _only_letter(session))
    rows = "Toward the fee: $3.20 For: Where it is needed most Paid by: Visa •••• 4242 You received: Two concert seats "
    assert f"{rows}Its fair market value: $30.00 Tax-deductible amount: $70.00 " in mail.text
    assert "only the excess, $70.00, is deductible." in mail.text


def test_a_partial_refund_sends_a_receipt_that_replaces_the_first(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        donation = _make_gift(session)
        donation.refunded_minor, donation.state = 2000, DonationState.PARTIALLY_REFUNDED
        update_receipt(session, donation)
        late, corrected = (
            read(services, session, letter) for letter in session.scalars(select(Letter).order_by(Letter.id))
        )
    assert corrected.subject == "Your corrected receipt 2026-000001 from Northern Crossings Institute"
    assert "replaces the earlier one with the same number" in corrected.text
    assert "Of the $50.00 that you gave, $20.00 has been paid back to you." in corrected.text
    assert "Amount: $30.00 Receipt number: 2026-000001" in corrected.text
    assert "a newer version has taken its place" in late.text
    assert late.files.keys() == corrected.files.keys()
    assert late.files != corrected.files


@pytest.mark.parametrize(
    ("state", "refunded", "why"),
    [
        (DonationState.REFUNDED, 5000, "Your gift of $50.00 was paid back to you in full."),
        (DonationState.CHARGED_BACK, 0, "The payment of $50.00 was disputed, and the bank took the money back."),
        (DonationState.FAILED, 0, "Your bank did not pay the $50.00 after all."),
    ],
)
def test_a_void_receipt_is_told_with_its_reason(
    services: Services, open_transaction: OpenTransaction, state: DonationState, refunded: int, why: str
) -> None:
    with open_transaction() as session:
        donation = _make_gift(session)
        donation.refunded_minor, donation.state = refunded, state
        update_receipt(session, donation)
        letter = session.scalars(select(Letter).where(Letter.kind == LetterKind.RECEIPT_VOIDED)).one()
        mail = read(services, session, letter)
    assert mail.subject == "Receipt 2026-000001 from Northern Crossings Institute is void"
    assert f"{why} Receipt 2026-000001 is therefore no longer valid." in mail.text
    assert "Please do not use it for your taxes." in mail.text
    assert mail.files == {}


def test_a_receipt_keeps_the_organisation_of_its_day(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        _make_gift(session)
        get_organisation(session).postal_address = "1 New Street"
        mail = read(services, session, _only_letter(session))
    assert "14 Wharf Lane" in mail.text
    assert "1 New Street" not in mail.text


@pytest.mark.parametrize(("version", "subject"), [(1, "Your giving statement"), (2, "Your corrected giving statement")])
def test_a_statement_comes_as_a_file_with_its_sums(
    services: Services, open_transaction: OpenTransaction, version: int, subject: str
) -> None:
    with open_transaction() as session:
        make_house(session)
        statement = _make_statement(session, make_donor(session), version)
        mail = write(services, session, LetterKind.STATEMENT, statement.id)
        pdf = draw_statement(statement)
    assert mail.subject == f"{subject} for 2026 from Northern Crossings Institute"
    assert "Amount: $75.00 Year: 2026 Gifts: 2 Tax-deductible amount: $60.00 " in mail.text
    assert mail.address == ""
    assert mail.files == {"statement-2026.pdf": pdf}


def test_a_hostile_name_reaches_the_letter_as_words_and_no_header(
    services: Services, open_transaction: OpenTransaction, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        name = "Grace\r\nBcc: everyone@example.test\r\n\r\n<script>x</script> https://evil.test"
        donation = make_donation(session, make_donor(session, name=name), make_house(session))
        donation.tribute_kind, donation.tribute_name = "honour", "<b>Ann</b>" * 40
        update_receipt(session, donation)
        letter_id = _only_letter(session).id
    services.letter_sender.deliver(letter_id)
    (mail,) = smtp_sink.messages
    assert smtp_sink.recipients == ["grace.giver@example.org"]
    assert mail.subject == "Your receipt 2026-000001 from Northern Crossings Institute"
    assert {header for header, _ in mail.headers}.isdisjoint({"Bcc", "bcc"})
    shown = "Dear Grace Bcc: everyone@example. test <script>x</script> https:// evil. test,"
    assert shown in " ".join(mail.text.split())
    assert "<script" not in mail.html
    assert "<b>Ann" not in mail.html
    assert "In honor of &lt;b&gt;Ann" in mail.html


def test_a_letter_with_a_file_is_the_same_at_every_try(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        _make_gift(session)
        letter = _only_letter(session)
        assert write_letter(session, letter, services.links) == write_letter(session, letter, services.links)


def _make_gift(session: Session) -> Donation:
    donation = make_donation(session, make_donor(session), make_house(session))
    update_receipt(session, donation)
    return donation


def _only_letter(session: Session) -> Letter:
    return session.scalars(select(Letter)).one()


def _make_statement(session: Session, donor: Donor, version: int) -> Statement:
    line = {"given_on": "2026-11-20", "fund_name": "General", "method": "Cheque 7", "statement": ""}
    lines = [
        {**line, "number": "2026-000001", "amount_minor": 5000, "deductible_minor": 3500}
        | {"fair_market_value_minor": 1500},
        {**line, "number": "2026-000002", "amount_minor": 2500, "deductible_minor": 2500}
        | {"fair_market_value_minor": 0},
    ]
    statement = Statement(
        donor_id=donor.id,
        year=2026,
        version=version,
        legal_name="Northern Crossings Institute, Inc.",
        tax_number="00-0000000",
        postal_address="14 Wharf Lane",
        signatory="",
        disclosure="",
        donor_name="Grace Giver",
        donor_address="grace.giver@example.org",
        language="en",
        currency="usd",
        lines=lines,
        amount_minor=7500,
        deductible_minor=6000,
        statement="No goods or services were provided.",
        template_version=1,
        content_hash="0",
    )
    session.add(statement)
    session.flush()
    return statement
