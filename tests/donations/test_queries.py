"""Looking things up: filters, sums by currency, what fails and what was done, and givers with what came of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from service.donations.models import Dispute, LedgerEntry, RenewalFailure
from service.donations.queries import (
    PAGE,
    GiftFilter,
    GiftSums,
    count_gifts,
    count_recurring,
    get_gift,
    list_disputes,
    list_donors,
    list_failed_tries,
    list_gifts,
    list_methods,
    list_recurring,
    sum_gifts,
)
from service.donations.states import DisputeState, DonationState, LedgerKind, RecurringState
from service.errors import NotFound
from service.mail.models import Letter, LetterKind
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_recurring


def test_filters_narrow_each_other_down(session: Session) -> None:
    grace, anna = make_donor(session), make_donor(session, "anna@example.org", "Анна")
    fund, other = make_fund(session), make_fund(session, "travel", "Travel")
    first = make_donation(session, grace, fund, 5000)
    second = make_donation(session, anna, other, 5000, paid_at=PAID_AT - timedelta(days=9))
    second.method, second.review = "Cheque 1042", "Look"
    third = make_donation(session, anna, fund, 7000, state=DonationState.DISPUTED)
    session.flush()
    cases = [
        (GiftFilter(), [first.id, second.id, third.id]),
        (GiftFilter(state=DonationState.DISPUTED), [third.id]),
        (GiftFilter(needs_review=True), [second.id]),
        (GiftFilter(fund_id=fund.id, search="анна"), [third.id]),
        (GiftFilter(method="Cheque"), [second.id]),
        (GiftFilter(since=PAID_AT), [first.id, third.id]),
        (GiftFilter(until=PAID_AT), [second.id]),
        (GiftFilter(search="50"), [first.id, second.id]),
        (GiftFilter(search="$70.00"), [third.id]),
        (GiftFilter(search=first.payment_id or ""), [first.id]),
        (GiftFilter(search="1042"), [second.id]),
        (GiftFilter(search="_"), []),  # no wildcard of the database
        (GiftFilter(donor_id=grace.id), [first.id]),
    ]
    for wanted, expected in cases:
        assert sorted(gift.id for gift in list_gifts(session, wanted)) == expected, wanted
        assert count_gifts(session, wanted) == len(expected)
    assert list_methods(session) == ["Cheque", "Visa"]


def test_sums_are_kept_apart_by_currency(session: Session) -> None:
    gift = make_donation(session, make_donor(session), make_fund(session), 5000)
    for kind, amount, currency in (
        (LedgerKind.REFUND, -2000, "usd"),
        (LedgerKind.REFUND_FAILED, 500, "usd"),
        (LedgerKind.DISPUTE_FEE, -1500, "usd"),
        (LedgerKind.GIFT, 700, "jpy"),
    ):
        session.add(
            LedgerEntry(
                key=f"{kind}:{currency}",
                donation_id=gift.id,
                kind=kind,
                amount_minor=amount,
                currency=currency,
                occurred_at=PAID_AT,
            )
        )
    session.flush()
    yen, dollars = sum_gifts(session, GiftFilter())
    assert yen == GiftSums("jpy", 700, 0, 0)
    assert dollars == GiftSums("usd", 5000, -1500, -1675)
    assert dollars.net_minor == 1825
    assert sum_gifts(session, GiftFilter(search="nobody")) == []


def test_lists_come_a_page_at_a_time_newest_first(session: Session) -> None:
    donor, fund = make_donor(session), make_fund(session)
    made = [
        make_donation(session, donor, fund, 100 + n, paid_at=PAID_AT + timedelta(minutes=n)).id for n in range(PAGE + 3)
    ]
    assert [gift.id for gift in list_gifts(session, GiftFilter())] == made[::-1][:PAGE]
    assert [gift.id for gift in list_gifts(session, GiftFilter(), 2)] == made[::-1][PAGE:]


def test_a_failing_arrangement_tells_its_tries_and_letters(session: Session) -> None:
    recurring = make_recurring(session, make_donor(session), make_fund(session))
    recurring.state = RecurringState.PAST_DUE
    failures = [RenewalFailure(recurring_id=recurring.id, invoice_id="in_1", tries=tries) for tries in (1, 2)]
    session.add_all(failures)
    session.flush()
    session.add(
        Letter(kind=LetterKind.RENEWAL_FAILED, recipient="grace@example.org", about={"failure": failures[0].id})
    )
    session.add(Letter(kind=LetterKind.RECEIPT, recipient="grace@example.org", about={"failure": failures[1].id}))
    session.flush()
    tries = list_failed_tries(session, [recurring.id])[recurring.id]
    assert [(one.failure.tries, one.letter is not None) for one in tries] == [(2, False), (1, True)]
    assert count_recurring(session)[RecurringState.PAST_DUE] == 1
    assert list_recurring(session, RecurringState.ACTIVE) == []
    assert list_failed_tries(session, []) == {}


def test_the_next_charge_is_on_top(session: Session) -> None:
    donor, fund = make_donor(session), make_fund(session)
    late, none, soon = (make_recurring(session, donor, fund) for _ in range(3))
    late.next_charge_at, none.next_charge_at, soon.next_charge_at = PAID_AT + timedelta(days=9), None, PAID_AT
    session.flush()
    assert [one.id for one in list_recurring(session)] == [soon.id, late.id, none.id]


def test_disputes_that_wait_come_first_and_the_most_urgent_on_top(session: Session) -> None:
    gift = make_donation(session, make_donor(session), make_fund(session))
    for name, state, days in (
        ("lost", DisputeState.LOST, 1),
        ("later", DisputeState.OPEN, 9),
        ("sooner", DisputeState.INQUIRY, 3),
    ):
        session.add(
            Dispute(
                dispute_id=name,
                donation_id=gift.id,
                amount_minor=100,
                reason="fraudulent",
                status="x",
                state=state,
                answer_by=PAID_AT + timedelta(days=days),
                created_at=PAID_AT,
            )
        )
    session.flush()
    assert [dispute.dispute_id for dispute, _ in list_disputes(session)] == ["sooner", "later", "lost"]


def test_givers_are_listed_with_what_stayed(session: Session) -> None:
    fund = make_fund(session)
    grace, anna = make_donor(session), make_donor(session, "anna@example.org", "Анна")
    make_donor(session, "new@example.org", "Nobody Yet")
    for amount in (5000, 2500):
        make_donation(session, grace, fund, amount)
    make_donation(session, anna, fund, 900, paid_at=datetime(2026, 11, 21, tzinfo=UTC))
    listed = list_donors(session, "", "usd")
    assert [(one.donor.name, one.gifts, one.net_minor) for one in listed] == [
        ("Анна", 1, 900),
        ("Grace Giver", 2, 7500),
        ("Nobody Yet", 0, 0),
    ]
    assert [one.donor.id for one in list_donors(session, "ANNA@", "usd")] == [anna.id]
    assert list_donors(session, "", "eur")[1].net_minor == 0


def test_an_unknown_gift_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        get_gift(session, 999)
