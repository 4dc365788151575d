"""Alarms reach those whose business they are, once, by a letter that leads to the desk."""

import pytest
from sqlalchemy import select

from service.alarms.raising import raise_alarm, settle_alarm
from service.deliveries.lettertexts import write_letter
from service.jobs import Job
from service.mail.models import Letter, LetterKind
from service.staff.alerting import post_alarms
from service.staff.roles import Role
from service.wiring import Services
from tests.factories.giving import make_organisation
from tests.factories.staff import make_account
from tests.fixtures.services import STAFF_ADDRESS, OpenTransaction, PublishedJobs


@pytest.mark.usefixtures("publisher_account")
def test_an_alarm_is_written_once_to_publishers_and_treasurers_alone(
    services: Services, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_account(session, "treasurer@example.org", "Toni", "correct horse battery", Role.TREASURER)
        make_account(session, "editor@example.org", "Robin", "correct horse battery", Role.EDITOR)
        raise_alarm(session, "books", "One cent is missing at gift 7 <b>.")
    for _ in range(2):
        with open_transaction() as session:
            post_alarms(session)
    with open_transaction() as session:
        letters = [session.get_one(Letter, letter_id) for (letter_id,) in published_jobs.of(Job.DELIVER_LETTER)]
        assert sorted(letter.recipient for letter in letters) == [STAFF_ADDRESS, "treasurer@example.org"]
        assert {letter.kind for letter in letters} == {LetterKind.ALARM}
        text = write_letter(session, letters[0], services.links)
    assert text.subject == "Something needs you at Northern Crossings Institute"
    assert b"One cent is missing" in text.body
    assert f"{services.settings.public_url}/desk/".encode() in text.body


@pytest.mark.usefixtures("publisher_account")
@pytest.mark.parametrize(
    ("key", "is_about_sending"),
    [
        ("relay:refuses", True),
        ("relay:silent:main", True),
        ("issue:7:paused", True),
        ("missed:7", True),
        ("audience:7", True),
        ("broker", True),
        ("guard", True),
        ("letter:7", False),  # a receipt or a statement that did not arrive
        ("reconciliation", False),
        ("giving:declines", False),
        ("refund:7", False),
        ("refund-limit", False),
    ],
)
def test_an_alarm_about_sending_is_written_to_those_who_may_send_and_no_other_is_kept_from_the_treasurer(
    open_transaction: OpenTransaction, key: str, is_about_sending: bool
) -> None:
    with open_transaction() as session:
        make_account(session, "treasurer@example.org", "Toni", "correct horse battery", Role.TREASURER)
        make_account(session, "editor@example.org", "Robin", "correct horse battery", Role.EDITOR)
        raise_alarm(session, key, "Something is wrong.")
        post_alarms(session)
    with open_transaction() as session:
        written = sorted(session.scalars(select(Letter.recipient)))
    assert written == ([STAFF_ADDRESS] if is_about_sending else [STAFF_ADDRESS, "treasurer@example.org"])


def test_a_settled_alarm_is_not_written_about(
    open_transaction: OpenTransaction, publisher_account: int, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        raise_alarm(session, "books", "One cent is missing.")
        settle_alarm(session, 1, publisher_account)
        post_alarms(session)
    assert published_jobs.of(Job.DELIVER_LETTER) == []
