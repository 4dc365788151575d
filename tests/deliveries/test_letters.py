"""Single letters: sent once, resent when in doubt, given up with a reason."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.alarms.models import Alarm
from service.deliveries.lettertexts import write_letter
from service.donations.giftfacts import update_receipt
from service.donations.states import DonationState
from service.jobs import Job
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.receipts.statements import prepare_statements
from service.wiring import Services
from tests.deliveries.written import make_house
from tests.factories.giving import make_donation, make_donor
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink


def test_the_links_of_a_test_mail_lead_to_the_draft_and_straight_to_their_targets(
    client: FlaskClient, services: Services, open_transaction: OpenTransaction, smtp_sink: SmtpSink,
    published_jobs: PublishedJobs,
) -> None:  # fmt: skip
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
        post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": issue_id})
    (letter_id,) = published_jobs.of(Job.DELIVER_LETTER)[0]
    for _ in range(2):  # the same job twice is one mail
        services.letter_sender.deliver(letter_id)
    (mail,) = smtp_sink.messages
    assert mail.subject.startswith("[Test] ")
    assert "https://b.test/port" in mail.text
    assert "/c/" not in mail.html
    path = mail.text.split(services.settings.public_url)[1].split()[0]
    assert path.startswith("/preview/")
    answer = client.get(path)
    assert answer.status_code == 200
    assert "One container, eleven signatures" in answer.text


def test_a_letter_about_something_gone_fails_once_and_says_why(
    services: Services, open_transaction: OpenTransaction, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        letter_id = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": 4711}).id
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.messages == []
    with open_transaction() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.state, letter.reply_text) == (LetterState.FAILED, "There is no such issue.")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (LetterKind.RECEIPT, "The letter with receipt 2026-000001 (gift 1, donor 1) could not be delivered."),
        (LetterKind.RECEIPT_VOIDED, "The letter that receipt 2026-000001 (gift 1, donor 1) is void could not be"),
        (LetterKind.STATEMENT, "The statement of 2026 for donor 1 could not be delivered."),
    ],
)
def test_a_paper_that_does_not_arrive_calls_staff_without_saying_the_address(
    services: Services, open_transaction: OpenTransaction, smtp_sink: SmtpSink, kind: LetterKind, words: str
) -> None:
    with open_transaction() as session:
        gift = make_donation(session, make_donor(session), make_house(session))
        update_receipt(session, gift)
        prepare_statements(session, 2026)
        if kind is LetterKind.RECEIPT_VOIDED:
            gift.state, gift.refunded_minor = DonationState.REFUNDED, gift.amount_minor
            update_receipt(session, gift)
        about = {"statement": 1} if kind is LetterKind.STATEMENT else {"receipt": 1}
        letter_id = post_letter(session, kind, "grace.giver@example.org", about).id
    smtp_sink.refuse("grace.giver@example.org", "550 5.1.1 <grace.giver@example.org> is unknown", times=1)
    for _ in range(2):
        services.letter_sender.deliver(letter_id)
    with open_transaction() as session:
        assert session.get_one(Letter, letter_id).state is LetterState.FAILED
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.key, alarm.times) == (f"letter:{letter_id}", 1)
    assert alarm.sentence.startswith(words)
    assert "@" not in alarm.sentence


def test_a_paper_that_can_not_be_written_calls_staff_and_other_letters_do_not(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        lost = post_letter(session, LetterKind.RECEIPT, "grace.giver@example.org", {"receipt": 4711}).id
        other = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": 4711}).id
    for letter_id in (lost, other):
        services.letter_sender.deliver(letter_id)
    with open_transaction() as session:
        assert session.scalars(select(Alarm.key)).all() == [f"letter:{lost}"]


def test_a_letter_that_was_deferred_waits_and_then_goes(
    services: Services, open_transaction: OpenTransaction, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse("pat@example.org", "451 4.2.1 Come back later", times=1)
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
        letter_id = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": issue_id}).id
    services.letter_sender.deliver(letter_id)
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.messages == []
    with open_transaction() as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.state is LetterState.QUEUED
        letter.next_attempt_at = letter.created_at
    services.letter_sender.deliver(letter_id)
    assert smtp_sink.recipients == ["pat@example.org"]


def test_a_letter_writes_the_same_words_each_time(services: Services, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
        letter = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": issue_id})
        assert write_letter(session, letter, services.links) == write_letter(session, letter, services.links)
