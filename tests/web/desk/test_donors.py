"""Donors on the desk: found, put right, mailed again, and only ever at their own address."""

from sqlalchemy import select

from service.donations.models import Donor
from service.mail.models import Letter, LetterKind
from service.receipts.models import Receipt, ReceiptState
from service.receipts.queries import list_receipts_of_donor
from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of


def test_donors_are_found_with_what_stayed_of_their_gifts(desk: Desk, shelf: Shelf) -> None:
    everyone = desk.read("/desk/donors")
    assert everyone.count('href="/desk/donors/') == 3
    assert "$125.00" in everyone
    assert desk.read("/desk/donors?search=ДОЛГО").count('href="/desk/donors/') == 1
    assert "Nobody with “%” in their name" in desk.read("/desk/donors?search=%25")
    assert shelf


def test_a_new_name_makes_new_versions_of_valid_receipts_and_both_are_kept(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    for _ in range(2):
        response = treasurer_desk.post(f"/desk/donors/{shelf.donor_id}", donor_name=" Grace  Gyver ", language="ru")
        assert response.status_code == 302
    with open_transaction() as session:
        donor = session.get_one(Donor, shelf.donor_id)
        assert (donor.name, donor.language) == ("Grace Gyver", "ru")
        assert donor.mailed_address == "grace.giver@example.org"
        receipts = [one for one in list_receipts_of_donor(session, donor.id) if one.donation_id == shelf.gift_id]
        assert [(one.version, one.donor_name, one.state) for one in receipts] == [
            (2, "Grace Gyver", ReceiptState.ISSUED),
            (1, "Grace Giver", ReceiptState.SUPERSEDED),
        ]
        assert "Changed the donor" in session.scalars(select(AuditEntry.action)).all()


def test_a_name_that_will_not_do_is_refused_where_it_was_typed(treasurer_desk: Desk, shelf: Shelf) -> None:
    for name in ("", "  ", "x" * 201):
        response = treasurer_desk.post(f"/desk/donors/{shelf.donor_id}", donor_name=name, language="en")
        assert response.status_code == 422
        assert "A name has between 1 and 200 characters." in words_of(response)
        assert f'value="{name}"' in response.text
    assert treasurer_desk.post(f"/desk/donors/{shelf.donor_id}", donor_name="A", language="xx").status_code == 302


def test_a_receipt_is_mailed_again_to_the_donor_and_to_nobody_else(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        receipt_id = session.scalars(select(Receipt.id).where(Receipt.donation_id == shelf.gift_id)).one()
    path = f"/desk/receipts/{receipt_id}/resend"
    response = treasurer_desk.post(path, address="thief@example.org", recipient="thief@example.org")
    assert response.location == f"/desk/donors/{shelf.donor_id}"
    with open_transaction() as session:
        letters = session.scalars(select(Letter).where(Letter.kind == LetterKind.RECEIPT)).all()
        mine = [letter.recipient for letter in letters if letter.about == {"receipt": receipt_id}]
    assert mine == ["grace.giver@example.org"] * 2


def test_a_paper_that_is_not_valid_is_not_mailed_again(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        receipt_id = session.scalars(select(Receipt.id).where(Receipt.donation_id == shelf.gift_id)).one()
    treasurer_desk.post(f"/desk/donors/{shelf.donor_id}", donor_name="Grace Gyver", language="en")
    assert treasurer_desk.post(f"/desk/receipts/{receipt_id}/resend").status_code == 422
    assert treasurer_desk.post("/desk/receipts/999/resend").status_code == 404
    treasurer_desk.post("/desk/statements/2026/prepare")
    assert treasurer_desk.post("/desk/statements/1/resend").status_code == 422
    assert treasurer_desk.post("/desk/statements/999/resend").status_code == 404
