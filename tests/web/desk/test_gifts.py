"""Gifts on the desk: the list with its filters and sums, one gift with its story, and what was given in return."""

import re

import pytest
from sqlalchemy import select

from service.donations.models import Donation, Donor, Fund
from service.donations.recording import NAMES_NO_FUND
from service.receipts.models import Receipt, ReceiptState
from service.staff.models import AuditEntry
from service.web.desk import papers
from service.wiring import Services
from tests.factories.giving import make_donation
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of

PAGES = (
    *("gifts", "gifts/offline", "recurring", "refunds", "disputes", "donors", "totals", "reconciliation", "export"),
    *("funds", "organisation"),
)


FOUND = {
    "": 9,
    "state=disputed": 1,
    "state=processing": 1,
    "state=review": 1,
    "state=no-such-state": 9,
    "search=grace": 4,
    "search=ДОЛГОПРУДНАЯ": 3,
    "search=li@example": 2,
    "search=120000": 0,
    "search=$1,200.00": 1,
    "search=75": 1,
    "search=%25": 0,
    "search=2026-000001": 1,
    "search=4242": 9,
    "method=Visa": 9,
    "method=Check": 0,
    "since=2026-11-01": 5,
    "since=2026-11-20&until=2026-11-20": 5,
    "until=2026-10-31": 3,
    "since=yesterday": 9,
    "until=9999-12-31": 9,
    "since=0001-01-01": 9,
    "page=99999999999999999999": 9,
    "page=0": 9,
    "fund=9999999999999999999": 9,
    "search=99999999999999999999": 0,
    "fund=999": 0,
    "fund=none": 0,
    "fund=x": 9,
    "page=2": 9,
}


def test_every_page_shows_itself_before_there_is_anything(desk: Desk) -> None:
    for page in PAGES:
        assert "Say first who the organisation is" in desk.read(f"/desk/{page}"), page


def test_every_page_shows_rich_books(treasurer_desk: Desk, shelf: Shelf) -> None:
    for page in (*PAGES, f"donors/{shelf.donor_id}", f"recurring/{shelf.failing_id}", f"funds/{shelf.fund_id}"):
        shown = treasurer_desk.read(f"/desk/{page}")
        assert "Say first who the organisation is" not in shown, page
        assert 'class="section-nav"' in shown, page


def test_gifts_are_found_by_what_staff_ask_for(desk: Desk, shelf: Shelf) -> None:
    assert shelf
    shown = {question: desk.read(f"/desk/gifts?{question}") for question in FOUND}
    found = {question: int(page.split('<h2 id="found">')[1].split()[0]) for question, page in shown.items()}
    assert found == FOUND


def test_the_next_page_asks_for_the_same_and_for_nothing_that_a_stranger_added(
    desk: Desk, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelf
    monkeypatch.setattr("service.web.desk.gifts.PAGE", 2)
    asked = "search=4242&method=Visa&endpoint=1&_method=POST&_scheme=https&_external=1&_anchor=x&values=1"
    answer = desk.client.get(f"/desk/gifts?{asked}")
    assert answer.status_code == 200
    assert 'href="/desk/gifts?page=2&amp;method=Visa&amp;search=4242"' in answer.text


def test_the_sums_of_a_list_are_those_of_the_books(desk: Desk, shelf: Shelf) -> None:
    shown = desk.read("/desk/gifts?search=li@example")
    assert shelf
    # 75 + 40 given, 20 of it back, fees of 2.48 and 1.46
    for amount in ("$115.00", "−$20.00", "−$3.94", "$91.06"):
        assert f"<dd>{amount}</dd>" in shown


def test_a_day_that_cannot_be_read_is_said_at_its_field(desk: Desk, shelf: Shelf) -> None:
    assert shelf
    assert "A day is written like 2026-03-05." in desk.read("/desk/gifts?since=yesterday")
    assert "A day lies between 1900-01-01 and 2999-12-31." in desk.read("/desk/gifts?until=9999-12-31")


def test_a_gift_tells_its_whole_story(desk: Desk, shelf: Shelf) -> None:
    shown = desk.read(f"/desk/gifts/{shelf.gift_id}")
    for words in (
        "$50.00 from Grace Giver",
        "20 November 2026, 10:30 EST",  # 15:30 UTC on the wall in New York
        "Patience Station",
        "Thank you",  # the item that asked
        "in memory of Old <b>Tomas</b>",
        "Harbor Works",
        "The form was sent",
        "$50.00 came in",
        "was issued",
        "The receipt was mailed",
        "Processor’s fee",
        "$48.25",
    ):
        assert words in shown
    assert "<b>Tomas</b>" not in desk.get(f"/desk/gifts/{shelf.gift_id}").text


def test_what_staff_must_look_at_is_on_the_gift(desk: Desk, shelf: Shelf) -> None:
    assert "The form asked for $100.00." in desk.read(f"/desk/gifts/{shelf.review_gift_id}")
    assert "1 gift to look at" in desk.read("/desk/gifts")


def test_a_disputed_gift_says_until_when_to_answer(desk: Desk, shelf: Shelf) -> None:
    shown = desk.read(f"/desk/gifts/{shelf.disputed_gift_id}")
    assert "answer by" in shown
    assert "29 November 2026" in shown
    assert "The giver’s bank has this money." in shown


def test_a_receipt_is_shown_as_a_pdf(desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        receipt_id = session.scalar(select(Receipt.id).where(Receipt.donation_id == shelf.gift_id))
    answer = desk.get(f"/desk/receipts/{receipt_id}.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["receipt", "statement"])
def test_no_transaction_is_open_while_a_paper_is_drawn(
    desk: Desk, shelf: Shelf, services: Services, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It takes seconds on a busy machine, and a transaction that stands still for long is ended."""
    assert shelf
    desk.post("/desk/statements/2026/prepare")
    open_ones: list[int] = []

    def draw(_: object) -> bytes:
        open_ones.append(services.factory.kw["bind"].pool.checkedout())
        return b""

    monkeypatch.setattr(papers, f"draw_{kind}", draw)
    assert desk.get(f"/desk/{kind}s/1.pdf").status_code == 200
    assert open_ones == [0]


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    for path in ("gifts/999", "receipts/999.pdf", "recurring/999", "donors/999", "funds/999", "gifts/999/void"):
        assert desk.get(f"/desk/{path}").status_code == 404, path


HUGE = str(2**63)
ROWS = (
    *("gifts/{}", "gifts/{}/void", "donors/{}", "recurring/{}", "funds/{}", "receipts/{}.pdf", "statements/{}.pdf"),
    *("issues/{}", "issues/{}/results"),
)
DEEDS = (
    *("gifts/{}/benefit", "gifts/{}/fund", "gifts/{}/refund", "gifts/{}/void", "donors/{}", "funds/{}/close"),
    *("receipts/{}/resend", "statements/{}/resend", "statements/{}/approve-one", "refunds/{}/approve"),
    *("refunds/{}/decline", "alarms/{}/settle", "events/{}/retry"),
    *("statements/{}/prepare", "statements/{}/approve", "statements/{}/send"),
)


def test_a_number_that_no_row_can_have_is_not_found(desk: Desk, shelf: Shelf) -> None:
    assert shelf
    fields = {"reason": "mistake", "benefit": "A book", "benefit_value": "1", "donor_name": "A", "amount": "1"}
    for number in (HUGE, str(2**63 - 1), "9" * 30):
        for path in ROWS:
            assert desk.get(f"/desk/{path.format(number)}").status_code == 404, path
        for path in DEEDS:
            status = desk.post(f"/desk/{path.format(number)}", fund=HUGE, **fields).status_code
            assert status in {404, 405}, path  # 405: where a page of the same address exists, werkzeug says no more


def test_lists_bear_any_page_number(desk: Desk, shelf: Shelf) -> None:
    assert shelf
    for path in ("donors", "recurring", "gifts"):
        for number in (HUGE, "9" * 5000, "-1", "x", "٣"):
            desk.read(f"/desk/{path}?page={number}")
    for year in (HUGE, "9" * 5000):
        desk.read(f"/desk/statements?year={year}")


def test_something_given_in_return_makes_a_new_version_of_the_receipt(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/gifts/{shelf.gift_id}/benefit"
    assert treasurer_desk.post(path, benefit="A  dinner", benefit_value="18.50").status_code == 302
    assert treasurer_desk.post(path, benefit="A dinner", benefit_value="18.50").status_code == 302
    with open_transaction() as session:
        gift = session.get_one(Donation, shelf.gift_id)
        receipts = session.scalars(
            select(Receipt).where(Receipt.donation_id == gift.id).order_by(Receipt.version)
        ).all()
        assert (gift.benefit, gift.fair_market_value_minor) == ("A dinner", 1850)
        assert [(receipt.version, receipt.state) for receipt in receipts] == [
            (1, ReceiptState.SUPERSEDED),
            (2, ReceiptState.ISSUED),
        ]
        assert receipts[1].deductible_minor == 3150
        assert "Set what was given in return: A dinner" in session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize(
    ("benefit", "value", "sentence"),
    [
        ("", "10", "Please say what was given in return"),
        ("A dinner", "", "Please estimate what it is worth"),
        ("A dinner", "ten", "is not an amount"),
        ("A dinner", "-1", "is not an amount"),
    ],
)
def test_a_benefit_that_will_not_do_is_refused_with_everything_typed(
    desk: Desk, shelf: Shelf, benefit: str, value: str, sentence: str
) -> None:
    response = desk.post(f"/desk/gifts/{shelf.gift_id}/benefit", benefit=benefit, benefit_value=value)
    assert response.status_code == 422
    assert sentence in words_of(response)
    assert f'name="benefit_value" type="text" value="{value}"' in words_of(response)


def test_a_payment_past_our_form_becomes_a_gift_when_staff_name_its_fund(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        donor = session.get_one(Donor, shelf.donor_id)
        sold = make_donation(session, donor, session.get_one(Fund, shelf.fund_id), 4200)
        sold.fund_id = None
        sold.review = f"It is odd. {NAMES_NO_FUND} It is late."
        sold_id = sold.id
    path = f"/desk/gifts/{sold_id}"
    assert "What is it for?" in treasurer_desk.read(path)
    assert "1 payment without a fund is in no total." in re.sub("<[^>]+>", "", treasurer_desk.read("/desk/totals"))
    assert treasurer_desk.post(f"{path}/fund", fund=999).status_code == 404
    for fund in (shelf.fund_id, shelf.fund_id, 2):
        assert treasurer_desk.post(f"{path}/fund", fund=fund).status_code == 302
    shown = treasurer_desk.read(path)
    assert "This gift is for a fund already." in shown
    assert "What is it for?" not in shown
    with open_transaction() as session:
        gift = session.get_one(Donation, sold_id)
        assert (gift.fund_id, gift.review) == (shelf.fund_id, "It is odd. It is late.")
        assert len(session.scalars(select(Receipt).where(Receipt.donation_id == sold_id)).all()) == 1
