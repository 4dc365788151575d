"""What letters about gifts are told: which facts, whose days, and where the button leads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.donations.letters import GiftLinks, describe_gift_letter
from service.donations.models import RecurringChange, RecurringDonation, RenewalFailure
from service.donations.signin import DonorSignIn
from service.donations.states import Frequency, RecurringState
from service.mail.models import Letter, LetterKind
from service.tokens import Purpose, TokenSigner
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.fixtures.services import OpenTransaction

LINKS = GiftLinks(TokenSigner(("a test key of more than thirty-two characters",)), "https://letters.test")
PAY = "https://pay.test/in_1?s=1"


def test_a_letter_about_one_gift_is_told_its_money_and_its_giver(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        recurring = _make_recurring(session)
        assert recurring.donor is not None
        assert recurring.fund is not None
        donation = make_donation(session, recurring.donor, recurring.fund, 12_550)
        donation.created_at = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # the 20th where the organisation is
        pending = _describe(session, LetterKind.GIFT_PENDING, {"donation": donation.id})
        failed = _describe(session, LetterKind.GIFT_FAILED, {"donation": donation.id})
    told = {
        "language": "en",
        "donor_name": "Grace Giver",
        "amount": "$125.50",
        "fund": "Where it is needed most",
        "method": "Visa •••• 4242",
    }
    assert pending == told | {"begun_on": "20 November 2026", "button_url": ""}
    assert failed == told | {"button_url": "https://letters.test/give"}


@pytest.mark.parametrize(
    ("next_try_at", "pay_url", "told"),
    [
        (PAID_AT + timedelta(days=3), PAY, ("23 November 2026", "", "yes", PAY)),
        (PAID_AT + timedelta(hours=13), None, ("20 November 2026", "", "", "https://letters.test/giving")),
        (PAID_AT + timedelta(hours=14), "", ("21 November 2026", "", "", "https://letters.test/giving")),
        (None, PAY, ("", "yes", "yes", PAY)),
        (None, None, ("", "yes", "", "https://letters.test/giving")),
        (None, "javascript:alert(1)", ("", "yes", "", "https://letters.test/giving")),
    ],
)
def test_a_failed_renewal_tells_when_the_next_try_is_and_where_to_pay(
    open_transaction: OpenTransaction, next_try_at: datetime | None, pay_url: str | None, told: tuple[str, ...]
) -> None:
    with open_transaction() as session:
        failure = RenewalFailure(
            recurring_id=_make_recurring(session).id,
            invoice_id="in_1",
            tries=3,
            next_try_at=next_try_at,
            pay_url=pay_url,
            noted_at=PAID_AT,
        )
        values = _describe(session, LetterKind.RENEWAL_FAILED, {"failure": _store(session, failure)})
    assert tuple(values[name] for name in ("next_try_on", "is_last", "can_pay", "button_url")) == told
    assert (values["tries"], values["tried_on"], values["frequency"]) == ("3", "20 November 2026", "monthly")


@pytest.mark.parametrize(
    ("kind", "state", "details", "told"),
    [
        (
            "amount",
            RecurringState.ACTIVE,
            {"amount_minor": 4000, "previous_minor": 2500},
            {"amount": "$40.00", "previous": "$25.00", "charge_on": "20 December 2026"},
        ),
        # While the gift rests, or a failed one is being tried, nobody knows the day.
        (
            "amount",
            RecurringState.PAUSED,
            {"amount_minor": 4000},
            {"amount": "$40.00", "previous": "", "charge_on": ""},
        ),
        ("amount", RecurringState.PAST_DUE, {"amount_minor": 4000}, {"amount": "$40.00", "charge_on": ""}),
        ("date", RecurringState.ACTIVE, {"at": "2027-01-15T04:30:00+00:00"}, {"charge_on": "14 January 2027"}),
        (
            "pause",
            RecurringState.ACTIVE,
            {"months": 2, "resumes_at": "2027-02-19T15:30:00+00:00"},
            {"amount": "$25.00", "resumes_on": "19 February 2027"},
        ),
        ("pause", RecurringState.PAUSED, {}, {"resumes_on": ""}),
        # The row may be read before the processor is asked again, and still say that it rests.
        ("resume", RecurringState.PAUSED, {}, {"charge_on": "20 December 2026"}),
    ],
)
def test_a_change_is_told_as_it_was_asked_for(
    open_transaction: OpenTransaction, kind: str, state: RecurringState, details: dict[str, Any], told: dict[str, str]
) -> None:
    with open_transaction() as session:
        recurring = _make_recurring(session)
        recurring.state = state
        change = RecurringChange(recurring_id=recurring.id, kind=kind, details=details)
        values = _describe(session, LetterKind.RECURRING_CHANGED, {"change": _store(session, change)})
    assert {name: values[name] for name in told} == told
    assert (values["change"], values["by_staff"]) == (kind, "")
    assert values["button_url"] == "https://letters.test/giving"


@pytest.mark.parametrize(
    ("end_reason", "reason", "button_url"),
    [
        ("payment_failed", "failed", "https://letters.test/give"),
        ("payment_disputed", "disputed", "https://letters.test/giving"),
        ("cancellation_requested", "stopped", "https://letters.test/giving"),
        ("", "stopped", "https://letters.test/giving"),
    ],
)
def test_only_a_gift_that_failed_is_offered_a_new_start(
    open_transaction: OpenTransaction, end_reason: str, reason: str, button_url: str
) -> None:
    with open_transaction() as session:
        recurring = _make_recurring(session)
        recurring.state, recurring.frequency, recurring.end_reason = RecurringState.ENDED, Frequency.YEARLY, end_reason
        recurring.ended_at = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)  # still November where the organisation is
        values = _describe(session, LetterKind.RECURRING_ENDED, {"recurring": recurring.id})
    assert (values["reason"], values["button_url"]) == (reason, button_url)
    assert (values["ended_on"], values["frequency"]) == ("30 November 2026", "yearly")


@pytest.mark.parametrize("lasts", [timedelta(minutes=14, seconds=59), timedelta(minutes=15, seconds=1)])
def test_a_sign_in_leads_to_this_donors_door_and_says_how_long(
    open_transaction: OpenTransaction, lasts: timedelta
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        sign_in = DonorSignIn(donor_id=make_donor(session).id, requested_at=PAID_AT, expires_at=PAID_AT + lasts)
        sign_in_id = _store(session, sign_in)
        values = _describe(session, LetterKind.DONOR_SIGN_IN, {"sign_in": sign_in_id})
    base, _, token = values["button_url"].rpartition("/")
    assert base == "https://letters.test/giving/enter"
    assert LINKS.signer.read(Purpose.DONOR_SIGN_IN, token) == (sign_in_id,)
    assert values["minutes"] == "15"


def test_a_notice_is_in_the_language_of_its_donor(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        recurring = _make_recurring(session)
        assert recurring.donor is not None
        recurring.donor.language = "zh"
        values = _describe(session, LetterKind.RENEWAL_NOTICE, {"recurring": recurring.id})
    assert (values["language"], values["charge_on"]) == ("zh", "2026年12月20日")


def _make_recurring(session: Session) -> RecurringDonation:
    make_organisation(session)
    return make_recurring(session, make_donor(session), make_fund(session))


def _describe(session: Session, kind: LetterKind, about: dict[str, int]) -> dict[str, str]:
    return describe_gift_letter(session, Letter(kind=kind, recipient="grace.giver@example.org", about=about), LINKS)


def _store(session: Session, row: RenewalFailure | RecurringChange | DonorSignIn) -> int:
    session.add(row)
    session.flush()
    return row.id
