"""What staff set: the organisation's facts, the switch that pauses giving, and the funds."""

import re

import pytest
from sqlalchemy import select

from service.alarms.models import Alarm
from service.donations.models import Fund
from service.organisation.models import Organisation
from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of

FACTS = {
    "legal_name": "Quiet Harbor, Inc.",
    "tax_number": "12-3456789",
    "postal_address": "1 Pier\r\nPortland",
    "sender_name": "Quiet Harbor",
    "sender_address": "gifts@harbor.example.org",
    "reply_address": "office@harbor.example.org",
    "signatory": "",
    "disclosure": "",
    "time_zone": "America/Chicago",
    "currency": "usd",
    "suggested": "20, 10, 1,250.50",
    "smallest_minor": "5",
    "largest_minor": "25,000.00",
    "refund_limit_minor": "500",
    "fee_basis_points": "290",
    "fee_fixed_minor": "0.30",
    "thanks_days": "90",
}


def find(open_transaction: OpenTransaction) -> Organisation | None:
    """Return the organisation, if there is one."""
    with open_transaction() as session:
        return session.get(Organisation, 1)


def test_the_first_facts_make_the_organisation(treasurer_desk: Desk, open_transaction: OpenTransaction) -> None:
    assert treasurer_desk.post("/desk/organisation", **FACTS).status_code == 302
    stored = find(open_transaction)
    assert stored is not None
    assert (stored.legal_name, stored.postal_address) == ("Quiet Harbor, Inc.", "1 Pier\nPortland")
    assert (stored.suggested_minor, stored.largest_minor) == ([1000, 2000, 125_050], 2_500_000)
    shown = treasurer_desk.read("/desk/organisation")
    assert 'value="10.00, 20.00, 1250.50"' in shown
    assert "Gifts are in USD." in shown


def test_facts_that_will_not_do_come_back_as_typed_and_change_nothing(
    treasurer_desk: Desk, open_transaction: OpenTransaction
) -> None:
    cases = {
        "legal_name": (" ", "The legal name is missing."),
        "tax_number": ("", "The tax number is missing."),
        "time_zone": ("Mars/Olympus", "is no time zone"),
        "sender_address": ("gifts", "exactly one @"),
        "currency": ("zzz", "choose a currency"),
        "suggested": ("20, ten", "is not an amount"),
        "smallest_minor": ("30000", "not above the largest"),
        "fee_basis_points": ("2.9", "whole number from 0"),
        "thanks_days": ("-1", "whole number from 0"),
        "refund_limit_minor": ("", "is missing"),
    }
    for field, (raw, sentence) in cases.items():
        response = treasurer_desk.post("/desk/organisation", **{**FACTS, field: raw})
        assert response.status_code == 422, field
        assert sentence in words_of(response), field
        assert 'value="12-3456789"' in words_of(response) or field == "tax_number"
    for suggested in ("", "1", "20, 21, 22, 23, 24, 25, 26"):
        assert treasurer_desk.post("/desk/organisation", **{**FACTS, "suggested": suggested}).status_code == 422
    assert find(open_transaction) is None


def test_the_currency_is_set_once(treasurer_desk: Desk, open_transaction: OpenTransaction) -> None:
    treasurer_desk.post("/desk/organisation", **FACTS)
    assert treasurer_desk.post("/desk/organisation", **{**FACTS, "currency": "eur"}).status_code == 409
    stored = find(open_transaction)
    assert stored is not None
    assert stored.currency == "usd"


def test_what_changed_is_in_the_trail_and_nothing_is_when_nothing_did(
    treasurer_desk: Desk, open_transaction: OpenTransaction
) -> None:
    for changes in ({}, {}, {"tax_number": "98-7654321", "thanks_days": "30"}):
        treasurer_desk.post("/desk/organisation", **{**FACTS, **changes})
    with open_transaction() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert len(entries) == 2
    assert entries[1].details == {"facts": {"tax_number": ["12-3456789", "98-7654321"], "thanks_days": [90, 30]}}
    assert entries[0].details["facts"]["suggested_minor"] == [None, [1000, 2000, 125_050]]
    shown = re.sub(r"<[^>]+>", "", treasurer_desk.read("/desk/organisation"))
    for words in ("Tax number: 12-3456789 → 98-7654321", "Thanks days: 90 → 30", "Smallest: nothing → $5.00"):
        assert words in shown
    assert "Suggested: nothing → $10.00, $20.00, $1,250.50" in shown


@pytest.mark.parametrize("is_set", [False, True], ids=["first facts", "facts that stand"])
def test_the_limit_for_refunds_is_not_raised_by_who_may_use_it_alone(
    treasurer_desk: Desk, open_transaction: OpenTransaction, *, is_set: bool
) -> None:
    if is_set:
        treasurer_desk.post("/desk/organisation", **FACTS)
    response = treasurer_desk.post(
        "/desk/organisation", **{**FACTS, "refund_limit_minor": "500.01", "signatory": "Robin Hale"}
    )
    assert response.status_code == 422
    shown = words_of(response)
    assert "Only a publisher may raise what one person may pay back alone, from $500.00 to $500.01." in shown
    for typed in ('value="500.01"', 'value="Robin Hale"', 'value="12-3456789"'):
        assert typed in shown
    stored = find(open_transaction)
    assert (stored.refund_limit_minor, stored.signatory) == (50_000, "") if stored else not is_set
    with open_transaction() as session:
        assert session.scalars(select(Alarm)).all() == []


def test_a_treasurer_may_lower_the_limit_and_a_publisher_raises_it_before_everybody(
    treasurer_desk: Desk, desk: Desk, open_transaction: OpenTransaction
) -> None:
    treasurer_desk.post("/desk/organisation", **FACTS)
    assert treasurer_desk.post("/desk/organisation", **{**FACTS, "refund_limit_minor": "100"}).status_code == 302
    assert treasurer_desk.post("/desk/organisation", **{**FACTS, "refund_limit_minor": "101"}).status_code == 422
    with open_transaction() as session:
        assert session.scalars(select(Alarm)).all() == []
    assert desk.post("/desk/organisation", **{**FACTS, "refund_limit_minor": "2,000"}).status_code == 302
    with open_transaction() as session:
        alarm = session.scalars(select(Alarm)).one()
        *_, details = session.scalars(select(AuditEntry.details).order_by(AuditEntry.id))
    assert details == {"facts": {"refund_limit_minor": [10_000, 200_000]}}
    assert alarm.key == "refund-limit"
    assert "raised what one person may pay back alone from $100.00 to $2,000.00." in alarm.sentence
    assert "Publisher" in alarm.sentence
    assert alarm.sentence in treasurer_desk.read("/desk/funds")


def test_giving_is_paused_and_resumed_by_one_switch(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    for _ in range(2):
        treasurer_desk.post("/desk/organisation/pause", pause_reason="We are moving house.")
    stored = find(open_transaction)
    assert stored is not None
    assert stored.giving_paused_at is not None
    assert "Givers read: We are moving house." in treasurer_desk.read("/desk/organisation")
    treasurer_desk.post("/desk/organisation/resume")
    stored = find(open_transaction)
    assert stored is not None
    assert (stored.giving_paused_at, stored.giving_pause_reason) == (None, "")


def test_a_pause_without_an_organisation_loses_no_words(treasurer_desk: Desk) -> None:
    response = treasurer_desk.post("/desk/organisation/pause", pause_reason="We are moving house.")
    assert response.status_code == 404
    assert "We are moving house." in words_of(response)


def test_a_fund_is_added_changed_closed_and_opened(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    fields = {"name": "Printing", "slug": "printing", "description": "Paper and ink.", "goal": "1,000"}
    assert treasurer_desk.post("/desk/funds", **fields).status_code == 302
    assert treasurer_desk.post("/desk/funds", **fields).status_code == 409
    treasurer_desk.post("/desk/funds/3", name="Printing and binding", description="", goal="")
    treasurer_desk.post("/desk/funds/3/close")
    with open_transaction() as session:
        fund = session.get_one(Fund, 3)
        assert (fund.name, fund.slug, fund.goal_minor, fund.is_open) == (
            "Printing and binding",
            "printing",
            None,
            False,
        )
    assert "Open again" in treasurer_desk.read("/desk/funds")
    treasurer_desk.post("/desk/funds/3/open")
    with open_transaction() as session:
        assert session.get_one(Fund, 3).is_open
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["Added the fund", "Changed the fund", "Closed the fund", "Opened the fund"]


def test_the_last_open_fund_stays_open(treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    for fund_id in (2, shelf.fund_id):
        treasurer_desk.post(f"/desk/funds/{fund_id}/close")
    assert "This is the only open fund." in treasurer_desk.read("/desk/funds")
    with open_transaction() as session:
        assert session.scalars(select(Fund.id).where(Fund.is_open)).all() == [shelf.fund_id]


def test_a_fund_that_will_not_do_comes_back_as_typed(treasurer_desk: Desk, shelf: Shelf) -> None:
    for changes in ({"slug": "Travel Grants"}, {"slug": "thanks"}, {"name": " "}, {"goal": "much"}, {"goal": "-5"}):
        fields = {"name": "Printing", "slug": "printing", "description": "Paper & ink", "goal": "", **changes}
        response = treasurer_desk.post("/desk/funds", **fields)
        assert response.status_code == 422, changes
        assert 'value="Paper & ink"' in words_of(response)
    assert treasurer_desk.post(f"/desk/funds/{shelf.fund_id}", name="", description="", goal="").status_code == 422
