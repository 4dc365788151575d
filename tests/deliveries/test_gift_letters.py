"""Letters about gifts and standing gifts, written from rows as settlement leaves them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.deliveries.lettertexts import write_letter
from service.donations.models import RecurringChange, RenewalFailure
from service.donations.signin import DonorSignIn
from service.donations.states import DonationState
from service.errors import NotFound
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.wiring import Services
from tests.deliveries.written import ABOUT, make_house, post, read, write
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_recurring
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

NAME = "Northern Crossings Institute"
PAY = "https://pay.test/in_1?s=1"


def test_every_letter_says_what_happened_and_leads_on(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        mails = {kind: write(services, session, kind, row_id) for kind, row_id in _make_rows(session).items()}
    assert {kind: (mail.subject, mail.address.replace(PUBLIC_URL, "")) for kind, mail in mails.items()} == {
        LetterKind.GIFT_PENDING: (f"Your gift to {NAME} is on its way", ""),
        LetterKind.GIFT_FAILED: (f"Your gift to {NAME} did not go through", "/give"),
        LetterKind.RENEWAL_FAILED: (f"Your monthly gift to {NAME} did not go through: the last try", PAY),
        LetterKind.RENEWAL_NOTICE: (f"Your yearly gift to {NAME} renews on 20 December 2026", "/giving"),
        LetterKind.RECURRING_CHANGED: (f"Your monthly gift to {NAME} now has a new amount", "/giving"),
        LetterKind.RECURRING_ENDED: (f"Your monthly gift to {NAME} has ended", "/giving"),
    }
    for mail in mails.values():
        assert "Dear Grace Giver," in mail.text
        assert "For: Where it is needed most" in mail.text
        assert "Northern Crossings Institute, Inc., about a gift. 14 Wharf Lane Portland" in mail.text
        assert mail.files == {}
    assert "This letter is no receipt." in mails[LetterKind.GIFT_PENDING].text
    assert "This was try 4, and the last" in mails[LetterKind.RENEWAL_FAILED].text
    assert "your monthly gift is $40.00. It will be charged next on" in mails[LetterKind.RECURRING_CHANGED].text


def test_a_donors_link_is_mailed_with_the_time_that_it_lasts(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_house(session)
        quarter = PAID_AT + timedelta(minutes=15)
        sign_in = DonorSignIn(donor_id=make_donor(session).id, requested_at=PAID_AT, expires_at=quarter)
        session.add(sign_in)
        session.flush()
        mail = write(services, session, LetterKind.DONOR_SIGN_IN, sign_in.id)
    assert mail.subject == f"Your link to your gifts at {NAME}"
    assert mail.address.startswith(f"{PUBLIC_URL}/giving/enter/")
    assert "for 15 minutes" in mail.text


@pytest.mark.parametrize(
    ("language", "subject", "day"),
    [
        ("ru", f"Ваше ежегодное пожертвование для {NAME}: 20 декабря 2026", "20 декабря 2026"),
        ("zh", f"您给 {NAME} 的年度捐款将于2026年12月20日扣款", "2026年12月20日"),
        ("fi", f"Your yearly gift to {NAME} renews on 20 December 2026", "20 December 2026"),
    ],
)
def test_a_letter_speaks_the_donors_language(
    services: Services, open_transaction: OpenTransaction, language: str, subject: str, day: str
) -> None:
    with open_transaction() as session:
        donor, fund = make_donor(session), make_house(session)
        donor.language = language
        recurring = make_recurring(session, donor, fund)
        mail = write(services, session, LetterKind.RENEWAL_NOTICE, recurring.id)
    assert mail.subject == subject
    assert day in mail.text


def test_a_letter_about_a_gift_of_nobody_and_for_nothing_is_written_all_the_same(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        donation = make_donation(session, make_donor(session), make_house(session))
        donation.donor_id = donation.fund_id = None
        session.flush()
        session.expire(donation)
        mail = write(services, session, LetterKind.GIFT_PENDING, donation.id)
    assert "Hello, On " in mail.text
    assert "For:" not in mail.text


@pytest.mark.parametrize("kind", ABOUT)
def test_a_letter_about_something_gone_says_so(
    services: Services, open_transaction: OpenTransaction, kind: LetterKind
) -> None:
    with open_transaction() as session:
        make_house(session)
        letter = post(session, kind, 4711)
        with pytest.raises(NotFound, match=r"^There is no such [a-z -]+\.$"):
            write_letter(session, letter, services.links)


def test_a_letter_without_an_organisation_fails_with_a_sentence(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        letter_id = _post_pending(session).id
    services.letter_sender.deliver(letter_id)
    with open_transaction() as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.state is LetterState.FAILED
        assert (letter.reply_text or "").startswith("Gifts can’t be taken here yet")


def test_a_test_mail_shows_the_amounts_that_readers_will_see(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_house(session)
        newsletter = make_newsletter(session)
        newsletter.gift_url = ""
        letter = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": make_issue(session, newsletter).id})
        text = read(services, session, letter).text
    assert "$25" in text
    assert f"{PUBLIC_URL}/give" in text


def _make_rows(session: Session) -> dict[LetterKind, int]:
    """Store what each kind of letter may be about, all of one donor; return the ids."""
    donor, fund = make_donor(session), make_house(session)
    donation = make_donation(session, donor, fund, state=DonationState.PROCESSING)
    recurring = make_recurring(session, donor, fund)
    failure = RenewalFailure(recurring_id=recurring.id, invoice_id="in_1", tries=4, pay_url=PAY)
    change = RecurringChange(recurring_id=recurring.id, kind="amount", details={"amount_minor": 4000})
    session.add_all([failure, change])
    session.flush()
    return {
        LetterKind.GIFT_PENDING: donation.id,
        LetterKind.GIFT_FAILED: donation.id,
        LetterKind.RENEWAL_FAILED: failure.id,
        LetterKind.RENEWAL_NOTICE: recurring.id,
        LetterKind.RECURRING_CHANGED: change.id,
        LetterKind.RECURRING_ENDED: recurring.id,
    }


def _post_pending(session: Session) -> Letter:
    return post(session, LetterKind.GIFT_PENDING, make_donation(session, make_donor(session), make_fund(session)).id)
