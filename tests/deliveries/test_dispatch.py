"""A batch on its way: what leaves when, what is asked before, and what is known whatever ends it.

After each test the invariant holds and no mail left twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.deliveries import batches, claiming, dispatch, persisting
from service.deliveries.abandoned import SET_ASIDE
from service.deliveries.compose import Composer
from service.deliveries.control import cancel_issue, pause_issue
from service.deliveries.dispatch import FRESH
from service.deliveries.models import Batch, Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.queries import find_copies
from service.deliveries.recovery import recover_journals
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState as S
from service.errors import BadInput, Unavailable
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from service.wiring import Services
from tests.deliveries.fakes import GONE, FakeRelay, FakeSession
from tests.deliveries.steps import count_copies, expire_leases, make_all_due, run_sweep
from tests.fixtures.services import OpenTransaction, PublishedJobs

JANE = "reader-3@example.org"


@pytest.fixture(autouse=True)
def account(open_transaction: OpenTransaction, relay: FakeRelay, issue_id: int) -> Iterator[None]:
    """After each test everyone is in one state, nobody got two, and whom the relay took is sent or uncertain."""
    yield
    count_copies(open_transaction, issue_id)
    assert max(Counter(relay.received).values(), default=0) <= 1
    with open_transaction() as session:
        sent = set(session.scalars(select(Delivery.recipient).where(Delivery.state == S.SENT)))
        told = set(
            session.scalars(select(Delivery.recipient).where(Delivery.state.in_([S.SENT, S.UNCERTAIN, S.FAILED])))
        )
    assert (
        sent
        <= set(relay.received)
        <= told
        | {recipient for recipient, outcome in relay.answers.items() if outcome.kind is not OutcomeKind.ACCEPTED}
    )


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sender's clock: one number, to be changed. How long anything took decides nothing where it stands still."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def _once(action: Callable[[], None]) -> Callable[..., None]:
    """Return a hook that acts at its first call only."""
    done: list[bool] = []

    def act(*_: object) -> None:
        if not done:
            done.append(True)
            action()

    return act


def test_copies_are_intended_before_they_are_handed_over_and_not_one_more(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def look(mail: OutgoingMail) -> None:
        with open_transaction() as session:
            states = Counter(session.scalars(select(Delivery.state)))
            assert session.get_one(Delivery, mail.key).state is S.SENDING
            assert states[S.SENDING] <= relay.connections

    relay.on_leaving = look
    relay.connections = 12
    assert sender.send_waiting(issue_id) == 12


@pytest.mark.usefixtures("seconds")
def test_a_first_window_is_no_larger_than_there_are_connections(
    sender: Sender, relay: FakeRelay, issue_id: int
) -> None:
    sender.send_waiting(issue_id)
    assert [len(window) for window in relay.asked] == [4, 8]


def test_what_the_relay_answered_is_learnt_of_by_route_and_recipient(
    sender: Sender, relay: FakeRelay, issue_id: int
) -> None:
    relay.answers[JANE] = Outcome(OutcomeKind.DEFERRED, 451, "4.2.1 Come back later", About.RECIPIENT)
    sender.send_waiting(issue_id)
    assert Counter(outcome.kind for _, outcome in relay.learnt) == {OutcomeKind.ACCEPTED: 11, OutcomeKind.DEFERRED: 1}
    assert (JANE, relay.answers[JANE]) in relay.learnt


def test_someone_who_leaves_while_others_are_sent_gets_no_copy(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def leave() -> None:
        with open_transaction() as session:
            copy = find_copies(session, "reader-11@example.org")[0].delivery
            unsubscribe(session, copy.subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")

    relay.on_exchange = _once(leave)
    sender.send_waiting(issue_id)
    assert "reader-11@example.org" not in relay.received
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.skipped) == (11, 1)


@pytest.mark.parametrize(
    ("stop", "left_in"), [(pause_issue, S.QUEUED), (cancel_issue, S.SKIPPED)], ids=["paused", "cancelled"]
)
def test_a_pause_or_cancel_stops_what_was_not_handed_over(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    stop: Callable[..., None],
    left_in: S,
) -> None:
    def act() -> None:
        with open_transaction() as session:
            stop(session, issue_id)

    relay.on_leaving = _once(act)
    sender.send_waiting(issue_id)
    run_sweep(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert len(relay.received) == relay.connections
    assert (progress.sent, progress.count(left_in)) == (4, 8)


def test_an_intent_that_grew_old_is_asked_for_again_before_the_mail_leaves(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    seconds: list[float],
) -> None:
    """A relay that is slow to make room, and a person who leaves meanwhile."""
    left: list[str] = []

    def stall(session: FakeSession, _: float) -> None:
        if len(relay.received) == 4 and not left:  # the second window is intended, and half of it handed over
            if not session.wire:
                return
            seconds[0] += FRESH * 2
            with open_transaction() as database:
                intended = set(database.scalars(select(Delivery.recipient).where(Delivery.state == S.SENDING)))
                waiting = min(intended - {mail.recipient for mail in session.wire})
                copy = find_copies(database, waiting)[0].delivery
                unsubscribe(database, copy.subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")
            left.append(waiting)

    relay.on_exchange = stall
    sender.send_waiting(issue_id)
    assert left
    make_all_due(open_transaction)
    sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.skipped) == (11, 1)


def test_what_waits_for_a_connection_is_asked_for_again_before_the_mail_leaves(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    seconds: list[float],
) -> None:
    """Mails that a session has in hand while its connections are greeted, and a person who leaves meanwhile."""
    began_at = seconds[0]
    relay.is_unready = True

    def stall(session: FakeSession, _: float) -> None:
        if seconds[0] > began_at:
            relay.is_unready = False
        elif session.wire:
            seconds[0] += FRESH * 2
            with open_transaction() as database:
                copy = find_copies(database, session.wire[0].recipient)[0].delivery
                unsubscribe(database, copy.subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")

    relay.on_exchange = stall
    sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.skipped) == (11, 1)


def test_one_whose_mail_cannot_be_built_fails_alone_with_the_reason(
    sender: Sender,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _break_composing(monkeypatch, BadInput("This address can’t stand in a header."))
    sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.failed) == (11, 1)
    with open_transaction() as session:
        assert find_copies(session, JANE)[0].delivery.reply_text == "This address can’t stand in a header."


def test_a_copy_over_which_its_sender_fails_three_times_is_set_aside_and_the_others_flow(
    services: Services,
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _break_composing(monkeypatch, RuntimeError("a fault of ours"))
    for failures in range(1, 4):
        with pytest.raises(RuntimeError, match="a fault of ours"):
            sender.send_waiting(issue_id)
        recover_journals(services.factory, services.settings.journal_dir)
        assert (failures < 2) or len(relay.received) == 11
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.failed) == (11, 1)
    with open_transaction() as session:
        assert find_copies(session, JANE)[0].delivery.reason == SET_ASIDE


def test_who_killed_a_sender_before_goes_alone(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.recipient == JANE).values(crashes=1))
    company: list[int] = []
    relay.on_leaving = lambda mail: company.append(relay.sessions[-1].in_hand) if mail.recipient == JANE else None
    sender.send_waiting(issue_id)
    assert relay.received[-1] == JANE
    assert company == [1]


def test_who_killed_a_sender_before_goes_alone_though_others_wait_behind(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.recipient == JANE).values(crashes=1))
        others = session.scalars(select(Delivery.recipient).where(Delivery.recipient != JANE)).all()
    relay.waits = dict.fromkeys(others, 0.01)  # so they are put behind her at first
    relay.on_grant = lambda: relay.waits.clear() if relay.asked and JANE in relay.asked[-1] else None
    company: list[int] = []
    relay.on_leaving = lambda mail: company.append(relay.sessions[-1].in_hand) if mail.recipient == JANE else None
    sender.send_waiting(issue_id)
    assert relay.received[0] == JANE
    assert company == [1]


def test_nobody_joins_a_copy_that_killed_a_sender_before(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.recipient == JANE).values(crashes=1))
        others = session.scalars(select(Delivery.recipient).where(Delivery.recipient != JANE)).all()
    relay.waits = dict.fromkeys(others, 0.01)
    company: list[list[str]] = []

    def watch(session: FakeSession, _: float) -> None:
        on_the_wire = [mail.recipient for mail in session.wire]
        if JANE in on_the_wire:
            relay.waits.clear()
            relay.is_held = len(company) < 3  # her answer takes its time
            company.append(on_the_wire)

    relay.on_exchange = watch
    sender.send_waiting(issue_id)
    assert company == [[JANE]] * 4
    assert len(relay.received) == 12


def test_an_answer_takes_the_blame_away(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.answers[JANE] = Outcome(OutcomeKind.DEFERRED, 451, "4.2.1 Come back later", About.RECIPIENT)
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.recipient == JANE).values(crashes=2))
    sender.send_waiting(issue_id)
    with open_transaction() as session:
        assert find_copies(session, JANE)[0].delivery.crashes == 0


def test_a_mail_larger_than_the_relay_takes_pauses_the_issue_and_none_leaves(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.largest = 1000
    sender.send_waiting(issue_id)
    assert relay.received == []
    assert count_copies(open_transaction, issue_id).queued == 12
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.PAUSED
        assert "1,000" in (issue.pause_reason or "")


def test_a_relay_that_goes_away_loses_nobody_and_the_next_one_takes_over(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def fall(session: FakeSession, _: float) -> None:
        if len(relay.sessions) == 1 and len(relay.received) == 4 and session.wire:
            session.end()

    relay.on_exchange = fall
    sender.send_waiting(issue_id)
    assert len(relay.sessions) == 2
    assert all(session.is_closed for session in relay.sessions)
    assert ("", GONE) in relay.learnt
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.queued) == (8, 4)  # those on the line that ended are tried again later
    with open_transaction() as session:
        lost = session.scalars(select(Delivery).where(Delivery.state == S.QUEUED)).all()
        assert {copy.attempts for copy in lost} == {0}
        assert all(copy.next_attempt_at > copy.changed_at for copy in lost)


def test_a_relay_that_refuses_us_pauses_the_issue(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.is_away = Outcome(OutcomeKind.REFUSED, 535, "5.7.8 Authentication failed", About.RELAY)
    sender.send_waiting(issue_id)
    assert count_copies(open_transaction, issue_id).queued == 12
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.PAUSED


def test_copies_that_must_wait_a_little_keep_their_sender_and_the_others_go_before(
    sender: Sender, relay: FakeRelay, issue_id: int
) -> None:
    relay.waits[JANE] = 0.01

    def grant() -> None:
        if len(relay.received) == 11:
            relay.waits.clear()

    relay.on_grant = grant
    assert sender.send_waiting(issue_id) == 12
    assert relay.received[-1] == JANE


def test_copies_that_must_wait_long_are_put_down_for_that_time_and_it_is_no_attempt(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.waits[JANE] = 300.0
    assert sender.send_waiting(issue_id) == 11
    with open_transaction() as session:
        copy = find_copies(session, JANE)[0].delivery
        assert (copy.state, copy.attempts) == (S.QUEUED, 0)
        assert (copy.next_attempt_at - copy.changed_at).total_seconds() == 300
        assert session.scalars(select(Batch.due_at)).one() == copy.next_attempt_at


def test_case_05_asked_to_stop_it_ends_what_is_on_the_wire_and_hands_back_the_rest(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, published_jobs: PublishedJobs, issue_id: int
) -> None:
    assert sender.send_waiting(issue_id, should_stop=lambda: bool(relay.received)) == 4
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.queued, progress.uncertain) == (4, 8, 0)
    with open_transaction() as session:
        assert session.scalars(select(Batch.lease_until)).one() is None
    assert published_jobs.of(Job.SEND_ISSUE) == []
    assert sender.send_waiting(issue_id) == 8


def test_case_05_mails_that_were_only_announced_are_taken_back(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.is_held = True
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    sender.send_waiting(issue_id, should_stop=should_stop)
    assert count_copies(open_transaction, issue_id).queued == 12
    relay.is_held = False
    assert sender.send_waiting(issue_id) == 12


def test_a_run_that_lasts_too_long_hands_back_and_nudges_the_next(
    sender: Sender, relay: FakeRelay, published_jobs: PublishedJobs, issue_id: int
) -> None:
    relay.waits = {f"reader-{n}@example.org": 0.01 for n in range(12)}
    assert sender.send_waiting(issue_id, seconds=0.1) == 0
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]
    relay.waits.clear()
    assert sender.send_waiting(issue_id) == 12


def test_a_batch_is_held_for_as_long_as_its_sender_lives(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relay that answers nothing for an hour: the lease is renewed on and on."""
    monkeypatch.setattr(dispatch, "RENEW_AFTER", 0.0)
    left: list[float] = []

    def look(_session: FakeSession, _: float) -> None:
        with open_transaction() as session:
            session.execute(update(Batch).values(lease_until=Batch.lease_until - text("interval '30 seconds'")))
            left.append(session.scalars(select(func.extract("epoch", Batch.lease_until - func.now()))).one())
        relay.is_held = len(left) < 8

    relay.is_held, relay.on_exchange = True, look
    assert sender.send_waiting(issue_id) == 12
    assert min(left) > 0


def test_outcomes_are_told_while_a_slow_relay_keeps_the_others_waiting(
    sender: Sender,
    relay: FakeRelay,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "TELL_AFTER", 0.0)
    seen: list[int] = []
    relay.on_exchange = lambda *_: seen.append(count_copies(open_transaction, issue_id).sent)
    relay.connections = 1
    sender.send_waiting(issue_id)
    assert seen[-1] >= 10


def test_case_15_a_connection_cut_before_the_intent_is_committed_sends_nothing_twice(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.on_grant = _once(lambda: _cut_connections(open_transaction))
    assert sender.send_waiting(issue_id) == 12
    assert count_copies(open_transaction, issue_id).sent == 12


def test_case_15_a_connection_cut_between_250_and_the_commit_is_made_good(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.on_leaving = _once(lambda: _cut_connections(open_transaction))
    assert sender.send_waiting(issue_id) == 12
    assert count_copies(open_transaction, issue_id).sent == 12


def test_case_15_a_commit_whose_answer_was_lost_is_repeated_without_effect(
    sender: Sender,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lose_answers(monkeypatch, lambda number: number >= 2 and number % 2 == 0)  # not the look and the claim before
    assert sender.send_waiting(issue_id) == 12
    with open_transaction() as session:
        assert set(session.scalars(select(Delivery.attempts))) == {1}


def test_case_15_a_claim_whose_answer_was_lost_is_found_by_its_journal(
    sender: Sender, open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lose_answers(monkeypatch, lambda number: number == 1)
    assert sender.send_waiting(issue_id) == 0
    assert count_copies(open_transaction, issue_id).claimed == 12
    assert recover_journals(sender.factory, sender.journal_dir) == 1
    assert sender.send_waiting(issue_id) == 12


@pytest.mark.usefixtures("seconds")
def test_what_waits_for_a_connection_is_taken_back_while_the_database_is_away(
    sender: Sender, relay: FakeRelay, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could say meanwhile that it must not leave."""
    real, on_the_wire = claiming.intend, list[int]()
    relay.is_unready = True

    def intend(session: Session, claims: Sequence[claiming.Claim], *, route: str, message_host: str) -> set[int]:
        on_the_wire.append(len(relay.sessions[-1].wire))
        if len(on_the_wire) == 2:
            raise OperationalError("update", {}, Exception("the database system is shutting down"))
        relay.is_unready = len(on_the_wire) < 3
        return real(session, claims, route=route, message_host=message_host)

    monkeypatch.setattr(dispatch, "intend", intend)
    monkeypatch.setattr(persisting, "wait_before", lambda _: 0.0)
    sender.send_waiting(issue_id)
    assert on_the_wire[:3] == [0, 4, 0]
    assert len(relay.received) == 12


def test_case_17_while_the_disk_is_full_sending_rests_and_nothing_is_sent_twice(
    sender: Sender,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The outcomes of four mails meet a full disk thirty times: the waits grow, and the mails are not sent again."""
    waits: list[int] = []
    failures = iter(range(30))
    real = record_outcomes

    class DiskFullError(Exception):
        sqlstate = "53100"

    def record(session: object, answers: list[object]) -> None:
        if answers and next(failures, None) is not None:
            raise OperationalError("commit", {}, DiskFullError("could not extend file"))
        real(session, answers)  # type: ignore[arg-type] # as they came

    def wait_before(tries: int) -> float:
        waits.append(tries)
        return 0.0

    monkeypatch.setattr(dispatch, "record_outcomes", record)
    monkeypatch.setattr(persisting, "wait_before", wait_before)
    assert sender.send_waiting(issue_id) == 12
    assert waits == list(range(1, 31))


def test_case_17_asked_to_stop_while_the_database_is_away_it_leaves_what_it_knows_in_its_journal(
    services: Services,
    sender: Sender,
    open_transaction: OpenTransaction,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = record_outcomes
    tried: list[int] = []

    def record(session: object, answers: list[object]) -> None:
        if answers:
            tried.append(len(answers))
            raise OperationalError("commit", {}, Exception("the database system is shutting down"))
        real(session, answers)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(dispatch, "record_outcomes", record)
    with pytest.raises(OperationalError):
        sender.send_waiting(issue_id, should_stop=lambda: len(tried) > 2)
    assert count_copies(open_transaction, issue_id).sending == 4
    monkeypatch.undo()
    recover_journals(services.factory, services.settings.journal_dir)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.queued, progress.uncertain) == (4, 8, 0)
    assert sender.send_waiting(issue_id) == 8


def test_case_17_without_room_for_a_journal_nothing_is_claimed(
    services: Services, sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    services.settings.journal_dir.parent.mkdir(exist_ok=True)
    services.settings.journal_dir.write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="journal can't be written"):
        sender.send_waiting(issue_id)
    assert relay.received == []
    with open_transaction() as session:
        assert set(session.scalars(select(Delivery.fence))) == {0}


def test_case_19_a_sender_that_wakes_after_its_lease_sends_nothing_more_and_what_it_knows_counts(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    def sleep() -> None:
        expire_leases(open_transaction)
        run_sweep(open_transaction)
        with open_transaction() as session:
            assert Counter(session.scalars(select(Delivery.state))) == {S.UNCERTAIN: 4, S.QUEUED: 8}

    relay.on_leaving = _once(sleep)
    assert sender.send_waiting(issue_id) >= 4
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (12, 0)


def test_case_19_copies_that_were_never_sent_reopen_an_issue_that_the_others_finished(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    """It slept over its intents; meanwhile the rest was sent by another, and the issue was called sent."""
    other = FakeRelay()

    def sleep(session: FakeSession, _: float) -> None:
        if other.received or not session.wire:
            return
        expire_leases(open_transaction)
        run_sweep(open_transaction)
        other.open()
        Sender(sender.factory, other, sender.guard, sender.load_composer, sender.journal_dir).send_waiting(issue_id)
        run_sweep(open_transaction)
        with open_transaction() as database:
            assert database.get_one(Issue, issue_id).state is IssueState.SENT
        session.end()

    relay.on_exchange = sleep
    sender.send_waiting(issue_id)
    relay.on_exchange = lambda *_: None
    run_sweep(open_transaction)
    with open_transaction() as database:
        assert database.get_one(Issue, issue_id).state is IssueState.SENDING
    make_all_due(open_transaction)
    sender.send_waiting(issue_id)
    run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).sent == 12
    relay.received += other.received


def test_case_21_a_deadlock_or_a_serialization_failure_is_tried_again_at_once(
    sender: Sender,
    issue_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults = iter(["40P01", "40001", "40P01"])
    real = batches.renew

    class LostError(Exception):
        def __init__(self, sqlstate: str) -> None:
            super().__init__(sqlstate)
            self.sqlstate = sqlstate

    def renew(session: object, held: object) -> bool:
        went = real(session, held)  # type: ignore[arg-type] # as they came
        for sqlstate in faults:
            raise OperationalError("update", {}, LostError(sqlstate))
        return went

    monkeypatch.setattr(dispatch, "renew", renew)
    assert sender.send_waiting(issue_id) == 12
    assert next(faults, None) is None


def _lose_answers(monkeypatch: pytest.MonkeyPatch, is_lost: Callable[[int], bool]) -> None:
    """Let the commits of the sender for whose number ``is_lost`` says so be made, and then be said to have failed."""
    real = transaction
    numbers = count()

    @contextmanager
    def deaf(factory: SessionFactory) -> Iterator[Session]:
        with real(factory) as session:
            yield session
        if is_lost(next(numbers)):
            raise OperationalError("commit", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(persisting, "transaction", deaf)
    monkeypatch.setattr(persisting, "wait_before", lambda _: 0.0)


def _break_composing(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Let the mail to Jane fail with ``problem`` each time it is built."""
    real = Composer.compose

    def compose(self: Composer, claim: object, signature: bytes | None = None) -> OutgoingMail:
        if getattr(claim, "recipient", "") == JANE:
            raise problem
        return real(self, claim, signature)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(Composer, "compose", compose)


def _cut_connections(open_transaction: OpenTransaction) -> None:
    """Let the server end every other session, as a restart or a broken network does."""
    with open_transaction() as session:
        session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
