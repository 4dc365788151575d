"""Beat was down, beat is there twice: a schedule fires once, and one that was missed asks staff."""

from datetime import timedelta

from sqlalchemy import func, select, text

from service.alarms.models import Alarm
from service.db import transaction
from service.deliveries.planning import release_issue
from service.deliveries.starting import start_each_due_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import use_publisher
from service.settings import Settings
from service.wiring import wire
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.faults.forks import Fork
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage
from tests.fixtures.services import PUBLIC_URL

READERS, BEATS = 30, 4


def tick(settings: Settings) -> None:
    """Be a process that beat has woken, and that starts what is due."""
    services = wire(settings, pool_size=1)
    use_publisher(lambda *_: None)
    for _ in range(5):
        start_each_due_issue(services.factory)


def test_case_12_an_issue_that_is_due_starts_once_though_four_beats_tick_at_once(stage: Stage) -> None:
    _schedule(stage, due_since="1 minute")
    _let_all_tick(stage)
    assert stage.state is IssueState.SENDING
    stage.send_rest()
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS}


def test_case_12_an_issue_whose_time_passed_six_hours_ago_asks_staff_once(stage: Stage) -> None:
    _schedule(stage, due_since="6 hours")
    _let_all_tick(stage)
    with transaction(stage.services.factory) as session:
        issue = session.get_one(Issue, stage.issue_id)
        assert issue.state is IssueState.PAUSED
        assert issue.pause_reason
        assert session.scalar(select(func.count()).select_from(Alarm)) == 1
    assert stage.relay.accepted == []


def _schedule(stage: Stage, due_since: str) -> None:
    """Release an issue for a time that has passed while nothing ran."""
    with transaction(stage.services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL, hold=timedelta(hours=1))
        stage.issue_id = issue.id
        session.flush()
        session.execute(text("update issues set starts_at = now() - cast(:since as interval)"), {"since": due_since})
    assert stage.state is IssueState.HELD


def _let_all_tick(stage: Stage) -> None:
    beats = [Fork(tick, stage.settings) for _ in range(BEATS)]
    for beat in beats:
        beat.wait()
