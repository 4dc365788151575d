"""What came to the doors is counted by hour and by what became of it."""

from datetime import datetime, timedelta

from service.clock import now
from service.subscribers.door_figures import HOURS, count_doors, list_hours
from service.subscribers.signup_models import Door, SignUp, SignUpOutcome
from tests.factories.readers import make_sign_up
from tests.fixtures.services import OpenTransaction


def at(session_sign_up: SignUp, moment: datetime, outcome: SignUpOutcome | None, door: Door) -> None:
    """Let a sign-up have come at a moment."""
    session_sign_up.created_at, session_sign_up.outcome, session_sign_up.door = moment, outcome, door


def test_a_day_of_hours_is_told_the_running_one_last(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    present = now().replace(minute=30)
    came = (
        (timedelta(0), SignUpOutcome.CONFIRM, Door.PAGE),
        (timedelta(0), None, Door.JSON),
        (timedelta(hours=1), SignUpOutcome.TOO_MANY, Door.PAGE),
        (timedelta(hours=HOURS), SignUpOutcome.ALREADY, Door.STAFF),  # in an hour that is shown no more
    )
    with open_transaction() as session:
        for number, (ago, outcome, door) in enumerate(came):
            at(make_sign_up(session, f"r{number}@example.org", newsletter_id), present - ago, outcome, door)
    with open_transaction() as session:
        hours = list_hours(session, present)
        doors = count_doors(session, present - timedelta(minutes=1))
    assert len(hours) == HOURS
    assert (hours[-1].count(SignUpOutcome.CONFIRM), hours[-1].count(None), hours[-2].count(*SignUpOutcome)) == (1, 1, 1)
    assert sum(hour.count(None, *SignUpOutcome) for hour in hours) == 3
    assert doors == {Door.PAGE: 2, Door.ELSEWHERE: 0, Door.JSON: 1, Door.STAFF: 1}
