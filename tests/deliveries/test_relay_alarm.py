"""The alarm of a relay that refuses us goes when the relay takes mail, so that its next refusal is told again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.alarms.models import Alarm
from service.alarms.raising import raise_alarm
from service.deliveries.breaker import ADVICE, RELAY_REASONS
from service.deliveries.control import resume_issue
from service.deliveries.issue_alarms import name_paused_alarm
from service.deliveries.reasons import MISSED
from service.deliveries.relay_alarm import ASKED_AGAIN, withdraw_refusal
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.routes.learning import LONGEST_REST
from service.routes.lessons import REFUSED_ALARM
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction

LONG_AGO = ASKED_AGAIN + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def alarm(open_transaction: OpenTransaction) -> None:
    """The relay refused us long ago, and another alarm stands beside it."""
    with open_transaction() as session:
        raise_alarm(session, REFUSED_ALARM, "The relay will not let us in: 535.")
        session.execute(update(Alarm).values(last_raised_at=func.now() - LONG_AGO))
        raise_alarm(session, "broker", "The broker takes no jobs.")


def send_letter(open_transaction: OpenTransaction, ago: timedelta) -> None:
    """Let the relay have taken a letter so long ago."""
    with open_transaction() as session:
        letter = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": 1})
        session.execute(
            update(Letter).where(Letter.id == letter.id).values(state=LetterState.SENT, sent_at=func.now() - ago)
        )


def stands(open_transaction: OpenTransaction) -> bool:
    """Look once, as the workers do each minute; return whether it stands now."""
    with open_transaction() as session:
        withdraw_refusal(session)
    with open_transaction() as session:
        keys = session.scalars(select(Alarm.key).where(Alarm.settled_at.is_(None))).all()
    assert "broker" in keys
    return REFUSED_ALARM in keys


def test_it_is_withdrawn_once_mail_was_taken_and_can_be_raised_anew(open_transaction: OpenTransaction) -> None:
    assert stands(open_transaction)
    send_letter(open_transaction, ago=LONG_AGO + timedelta(minutes=1))  # before it refused us
    assert stands(open_transaction)
    send_letter(open_transaction, ago=timedelta(minutes=2))
    assert not stands(open_transaction)
    with open_transaction() as session:
        raise_alarm(session, REFUSED_ALARM, "The relay will not let us in: 535.")
        newest = session.scalars(select(Alarm).order_by(Alarm.id.desc())).first()
        assert newest is not None
        assert (newest.key, newest.times) == (REFUSED_ALARM, 1)  # a new alarm, which is mailed


def test_a_relay_that_refuses_us_beside_one_that_takes_mail_keeps_its_alarm(open_transaction: OpenTransaction) -> None:
    assert ASKED_AGAIN.total_seconds() > LONGEST_REST * 1.2
    with open_transaction() as session:
        raise_alarm(session, REFUSED_ALARM, "The relay will not let us in: 535.")  # asked again, it refused again
    send_letter(open_transaction, ago=timedelta())
    assert stands(open_transaction)


@pytest.mark.parametrize(
    ("state", "reason", "is_told"),
    [
        *[(IssueState.PAUSED, f"{words} (550 5.7.1)", True) for words in RELAY_REASONS],
        (IssueState.PAUSED, "20 copies in a row were refused", False),
        (IssueState.PAUSED, "the relay refuses this mail by its policy (550 5.7.1 Blocked)", False),
        (IssueState.PAUSED, "its mail is larger than the relay takes (552 5.3.4)", False),
        (IssueState.PAUSED, MISSED, False),
        (IssueState.PAUSED, None, False),  # by staff
        (IssueState.SENDING, None, False),
        (IssueState.CANCELLED, "the relay refuses our sender’s address (550 5.7.1)", False),
    ],
)
def test_it_goes_too_while_an_issue_rests_for_it_which_has_an_alarm_of_its_own_from_then_on(
    open_transaction: OpenTransaction, state: IssueState, reason: str | None, is_told: bool
) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
        session.execute(update(Issue).values(state=state, pause_reason=reason))
    assert stands(open_transaction)
    assert find_sentence(open_transaction, name_paused_alarm(issue_id)) is None
    send_letter(open_transaction, ago=timedelta())
    assert not stands(open_transaction)
    told = f"Issue number 1, “Patience Station”, paused itself: {reason}. The relay takes mail again. {ADVICE}"
    assert find_sentence(open_transaction, name_paused_alarm(issue_id)) == (told if is_told else None)


def test_the_alarm_of_an_issue_that_rested_for_it_goes_with_the_resume(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
        reason = f"{RELAY_REASONS[0]} (535)"
        session.execute(update(Issue).values(state=IssueState.PAUSED, pause_reason=reason, audience=0))
    send_letter(open_transaction, ago=timedelta())
    assert not stands(open_transaction)
    with open_transaction() as session:
        resume_issue(session, issue_id)
    assert not stands(open_transaction)
    assert find_sentence(open_transaction, name_paused_alarm(issue_id)) is None


def find_sentence(open_transaction: OpenTransaction, key: str) -> str | None:
    """Return what the standing alarm with this key says, if there is one."""
    with open_transaction() as session:
        return session.scalar(select(Alarm.sentence).where(Alarm.key == key, Alarm.settled_at.is_(None)))
