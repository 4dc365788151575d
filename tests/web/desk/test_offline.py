"""Entering a check and voiding it, as staff do it."""

import re
from datetime import timedelta

from sqlalchemy import func, select

from service.clock import now
from service.donations.models import Donation, LedgerEntry
from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of

LAST_WEEK = now().date() - timedelta(days=7)
TYPED = {
    "donor_name": "Iris Inkwell & Söhne",
    "address": "iris@example.org",
    "amount": "250",
    "given_on": LAST_WEEK.isoformat(),
    "way": "cheque",
    "reference": "1042",
    "language": "en",
    "benefit": "",
    "benefit_value": "",
}


def nonce_of(desk: Desk) -> str:
    """Return the nonce of a fresh form."""
    found = re.search(r'name="nonce" value="([0-9a-f]{32})"', desk.get("/desk/gifts/offline").text)
    assert found is not None
    return found[1]


def count_offline(open_transaction: OpenTransaction) -> int:
    """Return how many offline gifts there are."""
    with open_transaction() as session:
        return session.scalar(select(func.count(Donation.id)).where(Donation.offline_id.is_not(None))) or 0


def test_a_check_is_entered_once_however_often_its_form_is_sent(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    form = {**TYPED, "fund": shelf.fund_id, "nonce": nonce_of(treasurer_desk)}
    first, again = (treasurer_desk.post("/desk/gifts/offline", **form) for _ in range(2))
    assert first.status_code == again.status_code == 302
    assert first.location == again.location
    assert count_offline(open_transaction) == 1
    with open_transaction() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["Entered $250.00"]
    shown = treasurer_desk.read(first.location)
    for words in ("$250.00 from Iris Inkwell & Söhne", "Check 1042, entered by hand", f"{LAST_WEEK:%B %Y}", "Valid"):
        assert words in shown
    assert "Pay it back" not in shown


def test_the_same_form_with_other_words_comes_back_whole_and_may_be_sent_as_another_gift(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    nonce = nonce_of(treasurer_desk)
    form = {**TYPED, "fund": shelf.fund_id, "nonce": nonce}
    treasurer_desk.post("/desk/gifts/offline", **form)
    response = treasurer_desk.post("/desk/gifts/offline", **{**form, "reference": "1043", "amount": "75"})
    assert response.status_code == 409
    shown = words_of(response)
    for words in ("sent before with other words", 'value="1043"', 'value="75"', "Iris Inkwell & Söhne"):
        assert words in shown
    assert nonce not in shown
    assert count_offline(open_transaction) == 1


def test_two_forms_are_two_gifts(treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    for _ in range(2):
        form = {**TYPED, "fund": shelf.fund_id, "nonce": nonce_of(treasurer_desk)}
        treasurer_desk.post("/desk/gifts/offline", **form)
    assert count_offline(open_transaction) == 2


def test_a_form_that_will_not_do_comes_back_with_everything_typed(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    nonce = nonce_of(treasurer_desk)
    cases = {
        "amount": ("1e3", "is not an amount"),
        "given_on": ("20.11.2026", "is written as year, month and day"),
        "address": ("iris", "exactly one @"),
        "way": ("pigeon", "must be one of"),
        "donor_name": (" ", "name is missing"),
        "benefit_value": ("10", "say what was given"),
    }
    for field, (raw, sentence) in cases.items():
        form = {**TYPED, "fund": shelf.fund_id, "nonce": nonce, field: raw}
        response = treasurer_desk.post("/desk/gifts/offline", **form)
        assert response.status_code == 422, field
        assert sentence in words_of(response), field
        assert 'value="1042"' in words_of(response), field
        assert f'name="nonce" value="{nonce}"' in words_of(response), field
    assert count_offline(open_transaction) == 0


def test_a_gift_for_a_fund_that_is_gone_loses_nothing_that_was_typed(treasurer_desk: Desk, shelf: Shelf) -> None:
    assert shelf
    form = {**TYPED, "fund": 999, "nonce": nonce_of(treasurer_desk)}
    response = treasurer_desk.post("/desk/gifts/offline", **form)
    assert response.status_code == 404
    assert "Iris Inkwell & Söhne" in words_of(response)


def test_a_voided_gift_is_reversed_and_says_so(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    form = {**TYPED, "fund": shelf.fund_id, "nonce": nonce_of(treasurer_desk)}
    path = treasurer_desk.post("/desk/gifts/offline", **form).location
    assert treasurer_desk.post(f"{path}/void", reason="whim").status_code == 422
    for _ in range(2):
        assert treasurer_desk.post(f"{path}/void", reason="mistake").status_code == 302
    shown = treasurer_desk.read(path)
    assert "Void" in shown
    assert "−$250.00" in shown
    with open_transaction() as session:
        gift_id = int(path.rpartition("/")[2])
        lines = session.scalars(select(LedgerEntry.amount_minor).where(LedgerEntry.donation_id == gift_id)).all()
        assert sorted(lines) == [-25_000, 25_000]
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[:2] == ["Entered $250.00", "Voided the gift"]
