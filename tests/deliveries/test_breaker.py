"""When an issue stops by itself, and whom that blames: nobody."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.alarms.raising import list_standing_alarms
from service.db import SessionFactory, make_engine, make_session_factory, run_after_commit, transaction
from service.deliveries.breaker import (
    ALIKE,
    FLUSH_EVERY,
    IN_A_ROW,
    LAST,
    Breaker,
    blames_nobody,
    find_ours,
    judge,
    refuse_too_large,
)
from service.deliveries.models import Delivery, RecentAnswers
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.events import About, Outcome, OutcomeKind, outcome_of_reply
from service.staff.audit import list_entries
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.routes.simulation import ACCEPTED, CLOSED, SLOW_DOWN, WRONG_PASSWORD, Clock, make_relay, make_routes
from tests.waiting import wait_for_follower, wait_until

NO_SUCH_USER = outcome_of_reply(550, "5.1.1 No such user", About.RECIPIENT)
BLOCKED = outcome_of_reply(550, "5.7.1 Blocked by policy", About.MAIL)
NOT_FOR_HIM = outcome_of_reply(554, "5.7.1 Client host blocked", About.RECIPIENT)
LOST_TRACK = Outcome(OutcomeKind.LOST_TRACK, None, "timed out")


@pytest.fixture
def factory(database_url: str) -> Iterator[SessionFactory]:
    """Sessions on a shared database; what is written goes with the session."""
    engine = make_engine(database_url, pool_size=2)
    yield make_session_factory(engine)
    engine.dispose()


@pytest.fixture
def session(factory: SessionFactory) -> Iterator[Session]:
    """A transaction that is rolled back in the end."""
    with factory() as opened:
        yield opened


@pytest.fixture
def issue(session: Session) -> Issue:
    """An issue that is being sent."""
    made = make_issue(session, make_newsletter(session))
    made.state = IssueState.SENDING
    session.flush()
    return made


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test passes time."""
    return Clock()


def consider(session: Session, breaker: Breaker, *outcomes: Outcome) -> bool:
    """Let the breaker see a window, as in a transaction that commits."""
    rests = breaker.consider(session, outcomes)
    run_after_commit(session)
    session.expire_all()
    return rests


def alarms_of(session: Session) -> list[tuple[str, int]]:
    """Return the standing alarms' keys, and how often each was raised."""
    return [(alarm.key, alarm.times) for alarm in list_standing_alarms(session)]


POLICY = "the relay refuses this mail by its policy (550 5.7.1 Blocked by policy)"
SIGN_IN = "the relay refuses our sign-in (535 5.7.8 Authentication credentials invalid)"


@pytest.mark.parametrize(
    ("outcome", "why", "alarm"),
    [
        (BLOCKED, POLICY, "issue:{}:paused"),
        (WRONG_PASSWORD, SIGN_IN, "relay:refuses"),
        (
            outcome_of_reply(530, "Must log in", About.SENDER),
            "the relay refuses our sign-in (530 Must",
            "relay:refuses",
        ),
        *[
            (outcome_of_reply(code, "No", About.RELAY), f"the relay refuses our sign-in ({code} No)", "relay:refuses")
            for code in (530, 534, 535, 538)  # RFC 4954 §6
        ],
        (outcome_of_reply(554, "No", About.RELAY), "the relay refuses us (554 No)", "relay:refuses"),
        (outcome_of_reply(553, "5.1.8 Who?", About.SENDER), "the relay refuses our sender’s address", "relay:refuses"),
        (outcome_of_reply(552, "5.3.4 Too big", About.MAIL), "its mail is larger than the relay", "issue:{}:paused"),
        (outcome_of_reply(552, "5.3.4 Too big", About.SENDER), "its mail is larger than the", "issue:{}:paused"),
        (outcome_of_reply(552, "Message size exceeds", About.MAIL), "its mail is larger than", "issue:{}:paused"),
        (outcome_of_reply(552, "5.3.4 Too big", About.RECIPIENT), "its mail is larger than", "issue:{}:paused"),
        (outcome_of_reply(554, "5.3.4 Too big", About.MAIL), "its mail is larger than", "issue:{}:paused"),
        (outcome_of_reply(550, "5.7.1 No", About.SENDER), "the relay refuses our sender’s address", "relay:refuses"),
    ],
)
def test_case_25_and_case_30_a_refusal_of_us_pauses_at_once_with_one_alarm_and_blames_nobody(
    session: Session, issue: Issue, outcome: Outcome, why: str, alarm: str
) -> None:
    assert blames_nobody(outcome)
    assert find_ours([ACCEPTED, outcome]) == [outcome]
    for _ in range(3):
        assert consider(session, Breaker(issue.id), ACCEPTED, outcome, ACCEPTED)
    assert issue.state is IssueState.PAUSED
    assert (issue.pause_reason or "").startswith(why)
    assert alarms_of(session) == [(alarm.format(issue.id), 1)]
    entries = list_entries(session, f"issue:{issue.id}")
    assert [(entry.action, entry.account_id, entry.details) for entry, _ in entries] == [
        ("paused itself", None, {"reason": issue.pause_reason})
    ]


def test_the_alarm_names_the_issue_and_what_to_do(session: Session, issue: Issue) -> None:
    consider(session, Breaker(issue.id), BLOCKED)
    (alarm,) = list_standing_alarms(session)
    assert alarm.sentence == (
        f"Issue number 1, “Patience Station”, paused itself: {POLICY}. Mend it, then resume: nobody gets a second copy."
    )


def test_nobodys_address_is_in_the_alarm_the_reason_or_the_trail(session: Session, issue: Issue) -> None:
    consider(
        session, Breaker(issue.id), outcome_of_reply(550, "5.7.1 <jane.roe@example.org> is not for you", About.MAIL)
    )
    (alarm,), ((entry, _),) = list_standing_alarms(session), list_entries(session, f"issue:{issue.id}")
    told = [alarm.sentence, issue.pause_reason or "", str(entry.details)]
    assert all("(550 5.7.1 … is not for you)" in words for words in told)
    assert not any("jane" in words or "@" in words for words in told)


def test_a_reply_of_any_length_is_cut_in_the_reason(session: Session, issue: Issue) -> None:
    consider(session, Breaker(issue.id), outcome_of_reply(554, "5.7.1 " + "нет " * 500))
    assert len(issue.pause_reason or "") < 400


@pytest.mark.parametrize(
    "outcome",
    [
        ACCEPTED,
        NO_SUCH_USER,
        SLOW_DOWN,
        LOST_TRACK,
        outcome_of_reply(552, "5.2.2 Mailbox full", About.RECIPIENT),
        outcome_of_reply(552, "Mailbox full", About.RECIPIENT),
        outcome_of_reply(552, "5.2.3 Too long for this mailbox", About.MAIL),
        outcome_of_reply(550, "5.6.7 No such script", About.RECIPIENT),
        outcome_of_reply(451, "4.7.1 Later", About.MAIL),
        outcome_of_reply(452, "4.3.4 Big", About.MAIL),
    ],
)
def test_an_answer_about_one_person_pauses_nothing(session: Session, issue: Issue, outcome: Outcome) -> None:
    assert not blames_nobody(outcome)
    assert not find_ours([outcome])
    assert not consider(session, Breaker(issue.id), outcome)
    assert issue.state is IssueState.SENDING


def test_a_person_refused_by_policy_pauses_nothing_at_any_resume_though_a_letter_would_be_tried_again(
    session: Session, issue: Issue
) -> None:
    breaker = Breaker(issue.id)
    for _ in range(IN_A_ROW - 1):
        assert not consider(session, breaker, NOT_FOR_HIM)
    assert not consider(session, breaker, ACCEPTED, *[NOT_FOR_HIM] * (ALIKE - 1))
    assert issue.state is IssueState.SENDING
    assert blames_nobody(NOT_FOR_HIM)


def test_people_refused_by_policy_one_after_the_other_pause_like_any_others(session: Session, issue: Issue) -> None:
    breaker = Breaker(issue.id)
    assert [consider(session, breaker, NOT_FOR_HIM) for _ in range(IN_A_ROW)] == [False] * (IN_A_ROW - 1) + [True]
    assert issue.pause_reason == "20 copies in a row were refused"


@pytest.mark.parametrize(
    ("window", "ours"),
    [
        (["p"] * (ALIKE - 1), 0),
        (["p"] * ALIKE, ALIKE),
        (["p"] * ALIKE + ["a"] * (ALIKE - 1), ALIKE),
        (["p"] * ALIKE + ["a"] * ALIKE, 0),
        (["p"] * ALIKE + ["u"] * (ALIKE - 1), ALIKE),  # who is unknown stays unknown
        (["u"] * IN_A_ROW, 0),
    ],
)
def test_case_25_a_policy_that_refuses_most_of_a_window_is_about_us(
    session: Session, issue: Issue, window: list[str], ours: int
) -> None:
    words = {"p": NOT_FOR_HIM, "a": ACCEPTED, "u": NO_SUCH_USER}
    outcomes = [words[letter] for letter in window]
    assert find_ours(outcomes) == [NOT_FOR_HIM] * ours
    if ours:
        assert consider(session, Breaker(issue.id), *outcomes)
        assert issue.pause_reason == "the relay refuses this mail by its policy (554 5.7.1 Client host blocked)"


def test_a_relay_that_asks_for_patience_pauses_nothing_and_counts_no_attempt(session: Session, issue: Issue) -> None:
    assert blames_nobody(CLOSED)
    assert not consider(session, Breaker(issue.id), CLOSED)
    assert issue.state is IssueState.SENDING


@pytest.mark.parametrize(
    ("letters", "why"),
    [
        ("r" * 19, None),
        ("r" * 20, "20 copies in a row were refused"),
        ("a" * 300 + "r" * 20 + "a", "20 copies in a row were refused"),
        (("r" * 19 + "a") * 9, None),
        (("a" * 4 + "r") * 40, None),
        (("a" * 4 + "r") * 39 + "aaarr", "41 of the last 200 copies were refused"),
        ("r" * 18 + ("a" * 4 + "r") * 40, None),
        ("a" * 50 + ("a" * 4 + "r") * 39 + "aaarr", "41 of the last 200 copies were refused"),
        (("ar" * 99) + "a", None),
        ("", None),
    ],
)
def test_twenty_in_a_row_or_more_than_a_fifth_of_the_last_200_are_too_many(letters: str, why: str | None) -> None:
    assert judge(letters) == why


def test_twenty_refused_in_a_row_across_the_fleet_pause(session: Session, issue: Issue, clock: Clock) -> None:
    fleet = [Breaker(issue.id, clock.monotonic) for _ in range(2)]
    for number in range(IN_A_ROW - 1):
        assert not consider(session, fleet[number % 2], NO_SUCH_USER)
    assert consider(session, fleet[1], NO_SUCH_USER)
    assert issue.pause_reason == "20 copies in a row were refused"
    assert alarms_of(session) == [(f"issue:{issue.id}:paused", 1)]


def test_a_copy_that_was_taken_elsewhere_breaks_the_row(session: Session, issue: Issue, clock: Clock) -> None:
    ours, theirs = (Breaker(issue.id, clock.monotonic) for _ in range(2))
    consider(session, ours, *[NO_SUCH_USER] * 19)
    consider(session, theirs, ACCEPTED)
    assert not consider(session, ours, *[NO_SUCH_USER] * 19)
    assert issue.state is IssueState.SENDING


def test_deferred_and_uncertain_copies_neither_count_nor_break_the_row(session: Session, issue: Issue) -> None:
    window = [NO_SUCH_USER, SLOW_DOWN, LOST_TRACK] * 19
    assert not consider(session, Breaker(issue.id), *window)
    assert consider(session, Breaker(issue.id), SLOW_DOWN, NO_SUCH_USER)


def test_whoever_resumes_has_twenty_more_before_it_stops_again(session: Session, issue: Issue) -> None:
    consider(session, Breaker(issue.id), *[NO_SUCH_USER] * 20)
    issue.state = IssueState.SENDING
    session.flush()
    assert not consider(session, Breaker(issue.id), *[NO_SUCH_USER] * 19)
    assert consider(session, Breaker(issue.id), NO_SUCH_USER)


def test_while_all_is_well_it_says_one_thing_a_second(session: Session, issue: Issue, clock: Clock) -> None:
    breaker = Breaker(issue.id, clock.monotonic)
    known = select(RecentAnswers.letters).where(RecentAnswers.issue_id == issue.id)
    consider(session, breaker, ACCEPTED)
    for _ in range(5):
        consider(session, breaker, ACCEPTED, ACCEPTED)
    assert session.scalar(known) == "a"
    clock.pass_time(FLUSH_EVERY)
    consider(session, breaker, ACCEPTED)
    assert session.scalar(known) == "a" * 12
    consider(session, breaker, ACCEPTED)
    consider(session, breaker, NO_SUCH_USER)
    assert session.scalar(known) == "a" * 13 + "r"
    clock.pass_time(FLUSH_EVERY)
    consider(session, breaker, *[ACCEPTED] * 500)
    assert session.scalar(known) == "a" * LAST


def test_a_commit_that_is_tried_again_counts_once(session: Session, issue: Issue, clock: Clock) -> None:
    breaker = Breaker(issue.id, clock.monotonic)
    consider(session, breaker, ACCEPTED)
    consider(session, breaker, ACCEPTED)  # not told yet
    for lost in ([ACCEPTED], [NO_SUCH_USER] * 7) * 3:
        with session.begin_nested() as savepoint:
            breaker.consider(session, lost)
            savepoint.rollback()
        session.info.clear()
    assert not consider(session, breaker, *[NO_SUCH_USER] * 19)
    assert session.scalar(select(RecentAnswers.letters).where(RecentAnswers.issue_id == issue.id)) == "aa" + "r" * 19


def test_what_two_senders_tell_at_the_same_moment_is_all_counted(services: Services, issue_id: int) -> None:
    with transaction(services.factory) as session:
        Breaker(issue_id).consider(session, [ACCEPTED])
    rests: list[bool] = []

    def tell() -> None:
        with transaction(services.factory) as session:
            rests.append(Breaker(issue_id).consider(session, [NO_SUCH_USER] * 10))

    with services.factory() as ours:

        def be_quicker(*arguments: object) -> None:
            if str(arguments[2]).startswith("INSERT INTO recent_answers") and not ours.in_transaction():
                Breaker(issue_id).consider(ours, [NO_SUCH_USER] * 10)

        event.listen(services.factory.kw["bind"], "after_cursor_execute", be_quicker)
        other = threading.Thread(target=tell)
        other.start()
        wait_until(ours.in_transaction, "the other sender to be overtaken")
        wait_for_follower(ours)
        ours.commit()
    other.join(60)
    assert rests == [True]


@pytest.mark.parametrize("state", [IssueState.PAUSED, IssueState.CANCELLED, IssueState.SENT])
def test_an_issue_that_is_not_being_sent_is_left_as_it_is(session: Session, issue: Issue, state: IssueState) -> None:
    issue.state, issue.pause_reason = state, None
    session.flush()
    assert consider(session, Breaker(issue.id), BLOCKED)
    assert (issue.state, issue.pause_reason) == (state, None)
    assert alarms_of(session) == []


def test_case_33_a_mail_larger_than_the_relay_takes_pauses_before_one_is_tried(session: Session, issue: Issue) -> None:
    for _ in range(2):
        refuse_too_large(session, issue.id, 64_000, 10_240)
    session.expire_all()
    assert issue.state is IssueState.PAUSED
    assert issue.pause_reason == ("its mail has 64,000 bytes and the relay takes 10,240 at most; make it shorter")
    assert alarms_of(session) == [(f"issue:{issue.id}:paused", 1)]


def test_a_window_of_nothing_says_nothing(session: Session, issue: Issue) -> None:
    assert not consider(session, Breaker(issue.id))
    assert session.scalars(select(RecentAnswers)).all() == []


def count_states(services: Services, issue_id: int) -> dict[DeliveryState, int]:
    """Return how many copies stand where."""
    with transaction(services.factory) as session:
        states = session.scalars(select(Delivery.state).where(Delivery.issue_id == issue_id))
        return dict(Counter(states))


@pytest.mark.parametrize(
    ("away", "answer", "largest", "why"),
    [
        (WRONG_PASSWORD, ACCEPTED, None, SIGN_IN),
        (None, BLOCKED, None, POLICY),
        (None, outcome_of_reply(553, "5.1.8 Who?", About.SENDER), None, "the relay refuses our sender’s address"),
        (None, ACCEPTED, 2_000, "and the relay takes 2,000 at most; make it shorter"),
        (None, outcome_of_reply(552, "5.3.4 Too big", About.MAIL), None, "its mail is larger than the relay takes"),
    ],
    ids=["case 30", "case 25", "sender", "case 33 before", "case 33 after"],
)
def test_case_25_case_30_and_case_33_an_issue_that_is_refused_as_a_whole_rests_and_every_copy_waits(
    services: Services, issue_id: int, away: Outcome | None, answer: Outcome, largest: int | None, why: str
) -> None:
    route, relay = make_relay()
    relay.away, relay.answer, relay.largest = away, lambda _: answer, largest
    routes = make_routes(services.factory, Clock(), [(route, relay)])
    for _ in range(2):
        replace(services.sender, routes=routes).send_waiting(issue_id)
    assert count_states(services, issue_id) == {DeliveryState.QUEUED: 12}
    with transaction(services.factory) as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.PAUSED
        assert why in (issue.pause_reason or "")
        assert len(alarms_of(session)) == 1
        assert set(session.scalars(select(Delivery.attempts))) == {0}
