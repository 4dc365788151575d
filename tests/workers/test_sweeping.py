"""The tick: it signs ahead what is held, starts what is due, and touches nothing in a copy of the database."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import func, select, update

from service.alarms.models import Alarm
from service.alarms.raising import list_standing_alarms, raise_alarm
from service.db import transaction
from service.deliveries import planning
from service.deliveries.guard import Guard
from service.deliveries.models import BatchSignatures
from service.deliveries.planning import release_issue
from service.errors import Conflict
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, use_publisher
from service.mail.models import LetterKind, LetterState
from service.mail.outbox import post_letter
from service.routes.lessons import REFUSED_ALARM
from service.settings import DkimKey, Settings
from service.turns import Turn
from service.wiring import Services, wire
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import OpenTransaction, PublishedJobs
from workers import deliveries, sweeping
from workers.sweeping import sweep_everything, sweep_mail

READERS = 3


def _hold(services: Services) -> int:
    with transaction(services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        url = services.settings.public_url
        release_issue(session, issue.id, url, services.signer, hold=timedelta(hours=1))
        return issue.id


def _let_its_time_come(services: Services) -> None:
    with transaction(services.factory) as session:
        session.execute(update(Issue).values(starts_at=func.now()))


def _state(services: Services, issue_id: int) -> IssueState:
    with transaction(services.factory) as session:
        return session.get_one(Issue, issue_id).state


def test_case_12_two_ticks_at_its_time_start_an_issue_once_and_each_nudges_a_sender(
    services: Services, published_jobs: PublishedJobs
) -> None:
    issue_id = _hold(services)
    sweep_everything(services)
    assert published_jobs.of(Job.SEND_ISSUE) == []
    _let_its_time_come(services)
    for _ in range(2):
        sweep_everything(services)
    assert _state(services, issue_id) is IssueState.SENDING
    assert set(published_jobs.of(Job.SEND_ISSUE)) == {(issue_id,)}


def test_case_13_in_a_copy_of_the_database_no_tick_starts_anything(
    services: Services, published_jobs: PublishedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Guard) -> None:
        raise Conflict("This is a copy.")

    issue_id = _hold(services)
    _let_its_time_come(services)
    monkeypatch.setattr(Guard, "refuse_foreign", refuse)
    sweep_mail(services)
    assert _state(services, issue_id) is IssueState.HELD
    assert published_jobs.jobs == []


def test_the_sum_of_the_states_is_looked_at_once_a_minute_however_many_ticks_there_are(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    monkeypatch.setattr(sweeping, "watch_invariant", looks.append)
    for _ in range(3):
        sweep_everything(services)
    assert len(looks) == 1
    with transaction(services.factory) as session:
        session.execute(update(Turn).values(taken_at=func.now() - timedelta(minutes=1)))
    sweep_everything(services)
    assert len(looks) == 2


@pytest.mark.parametrize("takes_gifts", [True, False])
def test_gifts_are_tended_where_they_are_taken(
    services: Services, monkeypatch: pytest.MonkeyPatch, takes_gifts: bool
) -> None:
    tended: list[object] = []
    monkeypatch.setattr(sweeping, "tend_gifts", tended.append)
    gateway = object() if takes_gifts else None
    sweep_everything(replace(services, gateway=gateway))  # type: ignore[arg-type] # whatever it is, it is there
    assert len(tended) == int(takes_gifts)


def test_case_13_a_copy_of_the_database_posts_no_letters_about_its_alarms(
    services: Services, published_jobs: PublishedJobs, publisher_account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could only leave once the copy is adopted, and would be wrong by then."""

    def refuse(_: Guard) -> None:
        raise Conflict("This is a copy.")

    assert publisher_account
    with transaction(services.factory) as session:
        raise_alarm(session, "broker", "The broker takes no jobs.")
    with monkeypatch.context() as copied:
        copied.setattr(Guard, "refuse_foreign", refuse)
        sweep_everything(services)
    assert published_jobs.of(Job.DELIVER_LETTER) == []
    sweep_everything(services)
    assert published_jobs.of(Job.DELIVER_LETTER) != []


def test_the_alarm_of_a_relay_that_takes_mail_again_is_withdrawn(
    services: Services, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        raise_alarm(session, REFUSED_ALARM, "The relay will not let us in.")
        session.execute(update(Alarm).values(last_raised_at=func.now() - timedelta(hours=1)))
        letter = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": 1})
        letter.state, letter.sent_at = LetterState.SENT, func.now()
    sweep_everything(services)
    with open_transaction() as session:
        assert list_standing_alarms(session) == []


def test_a_large_audience_is_planned_by_the_tick_where_the_broker_lost_the_job(
    services: Services, published_jobs: PublishedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "AT_ONCE", READERS - 1)
    issue_id = _hold(services)
    published_jobs.jobs.clear()
    sweep_mail(services)
    assert published_jobs.of(Job.TEND_AUDIENCE) == [(issue_id,)]
    deliveries.register(services.celery, lambda: services)
    services.celery.tasks[Job.TEND_AUDIENCE.value](issue_id)
    with transaction(services.factory) as session:
        assert session.get_one(Issue, issue_id).audience == READERS
    published_jobs.jobs.clear()
    sweep_mail(services)
    assert published_jobs.of(Job.TEND_AUDIENCE) == []


def test_an_issue_whose_copies_are_not_its_audience_is_an_alarm(
    services: Services, open_transaction: OpenTransaction
) -> None:
    issue_id = _hold(services)
    with open_transaction() as session:
        session.execute(update(Issue).values(audience=READERS + 1))
    sweep_everything(services)
    with open_transaction() as session:
        assert session.scalars(select(Alarm.key)).all() == [f"audience:{issue_id}"]


def test_what_is_held_is_signed_ahead_and_then_nobody_is_nudged_for_it(settings: Settings, tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "dkim.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "dkim.pem").chmod(0o600)
    signing = wire(replace(settings, dkim_keys=(DkimKey("crossings.test", "one", tmp_path / "dkim.pem"),)))
    jobs = PublishedJobs()
    use_publisher(jobs)
    try:
        _hold(signing)
        sweep_mail(signing)
        assert jobs.of(Job.SIGN_AHEAD) == [()]
        deliveries.register(signing.celery, lambda: signing)
        signing.celery.tasks[Job.SIGN_AHEAD.value]()
        with transaction(signing.factory) as session:
            assert session.scalar(select(func.count()).select_from(BatchSignatures)) == 1
        sweep_mail(signing)
        assert jobs.of(Job.SIGN_AHEAD) == [()]
    finally:
        signing.close()
