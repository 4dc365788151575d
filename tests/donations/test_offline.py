"""Checks and transfers: entered once, never edited, voided by a line of their own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.db import transaction
from service.donations.comparing import compare_mirror
from service.donations.donor_editing import change_donor
from service.donations.models import Donation, Donor, LedgerEntry
from service.donations.offline import (
    OfflineGift,
    VoidReason,
    Way,
    record_offline_gift,
    void_offline_gift,
)
from service.donations.states import DonationState, LedgerKind
from service.errors import BadInput, Conflict, NotFound
from service.receipts.models import Receipt, ReceiptState
from service.wiring import Services
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation
from tests.fixtures.services import OpenTransaction

NONCE = "a0" * 16
EASTERN = ZoneInfo("America/New_York")
LAST_WEEK = now().astimezone(EASTERN).date() - timedelta(days=7)
CHEQUE = OfflineGift(
    donor_name="Iris  Inkwell",
    address="iris@example.org",
    language="ru",
    amount_minor=25_000,
    given_on=LAST_WEEK,
    fund_id=0,
    way=Way.CHEQUE,
    reference=" 1042 ",
)


def make_house(session: Session) -> int:
    """Store an organisation and a fund; returns the fund's id."""
    make_organisation(session)
    return make_fund(session).id


def enter(session: Session, nonce: str = NONCE, **changes: Any) -> Donation:
    """Enter CHEQUE with some facts changed."""
    return record_offline_gift(session, replace(CHEQUE, **changes), nonce)[0]


def lines_of(session: Session) -> list[tuple[str, LedgerKind, int, datetime]]:
    """Return the books."""
    lines = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))
    return [(line.key, line.kind, line.amount_minor, line.occurred_at) for line in lines]


def test_a_cheque_is_in_the_books_with_its_receipt(session: Session) -> None:
    gift = enter(session, fund_id=make_house(session), fair_market_value_minor=4_000, benefit="A dinner")
    assert (gift.state, gift.method, gift.currency) == (DonationState.SUCCEEDED, "Check 1042", "usd")
    noon = datetime.combine(LAST_WEEK, time(12), EASTERN)
    assert lines_of(session) == [(f"manual:{NONCE}", LedgerKind.GIFT, 25_000, noon)]
    receipt = session.scalars(select(Receipt)).one()
    assert (receipt.donor_name, receipt.given_on, receipt.year) == ("Iris Inkwell", LAST_WEEK, LAST_WEEK.year)
    assert (receipt.amount_minor, receipt.deductible_minor) == (25_000, 21_000)
    assert session.scalars(select(Donor.language)).one() == "ru"
    assert compare_mirror(session) == []


def test_a_form_that_is_sent_twice_is_one_gift(session: Session) -> None:
    fund_id = make_house(session)
    first, again = enter(session, fund_id=fund_id), enter(session, fund_id=fund_id)
    assert first.id == again.id
    assert len(lines_of(session)) == 1
    assert enter(session, "b1" * 16, fund_id=fund_id).id != first.id


def test_only_the_first_of_two_forms_is_new(session: Session) -> None:
    cheque = replace(CHEQUE, fund_id=make_house(session))
    assert [record_offline_gift(session, cheque, NONCE)[1] for _ in range(2)] == [True, False]
    assert (
        record_offline_gift(session, replace(cheque, donor_name="Iris Inkwell ", reference="1042"), NONCE)[1] is False
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 25_001},
        {"given_on": LAST_WEEK - timedelta(days=1)},
        {"address": "ivan@example.org"},
        {"donor_name": "Ivan Inkwell"},
        {"reference": "1043"},
        {"way": Way.TRANSFER},
        {"is_anonymous": True},
        {"fair_market_value_minor": 100, "benefit": "A book"},
    ],
)
def test_a_form_sent_again_with_other_words_is_refused(session: Session, changes: dict[str, Any]) -> None:
    fund_id = make_house(session)
    enter(session, fund_id=fund_id)
    with pytest.raises(Conflict, match="sent before with other words"):
        enter(session, fund_id=fund_id, **changes)
    assert len(lines_of(session)) == 1


def test_two_people_who_share_an_address_each_get_a_receipt_in_their_own_name(session: Session) -> None:
    fund_id = make_house(session)
    enter(session, fund_id=fund_id)
    enter(session, "b1" * 16, fund_id=fund_id, donor_name="Otto Inkwell")
    names = session.scalars(select(Receipt.donor_name).order_by(Receipt.id)).all()
    assert names == ["Iris Inkwell", "Otto Inkwell"]
    donor_id = session.scalars(select(Donor.id)).one()
    assert change_donor(session, donor_id, "Iris Inkwell-Quill", "ru") == 2
    valid = select(Receipt.donor_name).where(Receipt.state == ReceiptState.ISSUED).order_by(Receipt.donation_id)
    assert session.scalars(valid).all() == ["Iris Inkwell-Quill", "Otto Inkwell"]


def test_a_double_click_is_one_gift(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        fund_id = make_house(session)

    def press(_: int) -> int:
        with transaction(services.factory) as work:
            return enter(work, fund_id=fund_id).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, range(8)))) == 1
    with open_transaction() as session:
        assert len(lines_of(session)) == 1
        assert len(session.scalars(select(Receipt)).all()) == 1


def test_a_known_donor_keeps_name_and_language(session: Session) -> None:
    fund_id = make_house(session)
    known = make_donor(session, "iris@example.org", "Dr. Iris Inkwell")
    assert enter(session, fund_id=fund_id, address=" Iris@EXAMPLE.org").donor_id == known.id
    assert (known.name, known.language) == ("Dr. Iris Inkwell", "en")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount_minor": 0}, "above zero"),
        ({"amount_minor": -1}, "above zero"),
        ({"donor_name": "  "}, "name is missing"),
        ({"donor_name": "x" * 201}, "at most 200"),
        ({"reference": "x" * 201}, "at most 200"),
        ({"address": "iris"}, "exactly one @"),
        ({"given_on": date(2016, 1, 1)}, "three years ago"),
        ({"fair_market_value_minor": 100}, "say what was given"),
        ({"benefit": "A dinner"}, "estimate what it is worth"),
    ],
)
def test_what_will_not_do_is_refused_and_leaves_nothing(
    session: Session, changes: dict[str, Any], sentence: str
) -> None:
    fund_id = make_house(session)
    with pytest.raises(BadInput, match=sentence):
        enter(session, **{"fund_id": fund_id, **changes})
    assert lines_of(session) == []


def test_a_day_in_the_future_is_refused_by_the_offices_calendar(session: Session) -> None:
    fund_id, today = make_house(session), now().astimezone(EASTERN).date()
    with pytest.raises(BadInput, match="future"):
        enter(session, fund_id=fund_id, given_on=today + timedelta(days=1))
    assert enter(session, fund_id=fund_id, given_on=today).id


def test_a_form_without_its_nonce_or_fund_is_refused(session: Session) -> None:
    fund_id = make_house(session)
    for nonce in ("", "xyz", "a" * 31, "A0" * 16):
        with pytest.raises(BadInput, match="incomplete"):
            enter(session, nonce, fund_id=fund_id)
    with pytest.raises(NotFound):
        enter(session, fund_id=fund_id + 999)


@pytest.mark.parametrize("reason", VoidReason)
def test_a_voided_gift_is_reversed_by_a_line_and_its_receipt_is_void(session: Session, reason: VoidReason) -> None:
    gift = enter(session, fund_id=make_house(session))
    for _ in range(2):
        assert void_offline_gift(session, gift.id, reason).state is DonationState.REFUNDED
    (given, *_), (key, kind, amount, at) = lines_of(session)
    assert (given, key, kind, amount) == (f"manual:{NONCE}", f"void:{NONCE}", LedgerKind.REFUND, -25_000)
    assert (at == gift.paid_at) == (reason is VoidReason.MISTAKE)
    assert session.scalars(select(Receipt.state)).all() == [ReceiptState.VOIDED]
    assert compare_mirror(session) == []


def test_a_card_gift_is_not_voided(session: Session) -> None:
    make_organisation(session)
    gift = make_donation(session, make_donor(session), make_fund(session))
    with pytest.raises(Conflict, match="refund"):
        void_offline_gift(session, gift.id, VoidReason.MISTAKE)
    with pytest.raises(NotFound):
        void_offline_gift(session, 999, VoidReason.MISTAKE)
