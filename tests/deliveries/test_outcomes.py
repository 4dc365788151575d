"""What each answer of a relay changes, for many copies at once: states, waits, the window and the words kept."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, update

from service.deliveries.batches import claim_batch, put_down
from service.deliveries.breaker import ALIKE, Breaker, find_ours
from service.deliveries.claiming import Claim
from service.deliveries.models import Delivery
from service.deliveries.outcomes import LONGEST_REPLY, LONGEST_WAIT, WINDOW, is_heard, record_outcomes, wait_after
from service.deliveries.states import DeliveryEvent, next_state
from service.deliveries.states import DeliveryState as S
from service.deliveries.uncertain import settle_by_evidence
from service.issues.models import Issue
from service.issues.states import IssueState
from service.mail.events import About, Outcome, OutcomeKind
from tests.deliveries.steps import claim, count_copies, expire_leases, intend_all, make_all_due, run_sweep
from tests.fixtures.services import OpenTransaction

K = OutcomeKind


@pytest.fixture
def claims(open_transaction: OpenTransaction, issue_id: int) -> list[Claim]:
    """Twelve copies that are on their way."""
    with open_transaction() as session:
        taken = claim(session, issue_id)[1]
        intend_all(session, taken)
        return taken


def _set_state(open_transaction: OpenTransaction, one: Claim, state: S) -> None:
    """Put a copy into ``state``, as if nothing had been said of it yet."""
    with open_transaction() as session:
        anew = {"state": state, "attempts": 0, "reply_text": None, "next_attempt_at": func.now()}
        session.execute(update(Delivery).where(Delivery.id == one.delivery_id).values(anew))


def _copy(open_transaction: OpenTransaction, one: Claim) -> Delivery:
    with open_transaction() as session:
        return session.get_one(Delivery, one.delivery_id)


# Each answer, the state that it leads to, and whether it was an attempt.
MEANINGS = [
    (Outcome(K.ACCEPTED, 250, "2.0.0 Ok"), S.SENT, 1),
    (Outcome(K.ACCEPTED, 251, "2.1.5 will forward"), S.SENT, 1),
    (Outcome(K.ACCEPTED, 250, "2.0.0 Ok", About.RELAY), S.SENT, 1),
    (Outcome(K.DEFERRED, 450, "4.2.1 Greylisted", About.RECIPIENT), S.QUEUED, 1),
    (Outcome(K.DEFERRED, 452, "4.3.1 Not enough room", About.MAIL), S.QUEUED, 1),
    (Outcome(K.DEFERRED, 421, "4.7.0 Too many", About.RELAY), S.QUEUED, 0),
    (Outcome(K.DEFERRED, None, "the connection ended", About.RELAY), S.QUEUED, 0),
    (Outcome(K.REFUSED, 550, "5.1.1 No such user", About.RECIPIENT), S.FAILED, 1),
    (Outcome(K.REFUSED, 554, "5.6.0 Bad content", About.MAIL), S.FAILED, 1),
    (Outcome(K.REFUSED, 550, "5.7.1 Policy", About.MAIL), S.QUEUED, 0),
    (Outcome(K.REFUSED, 550, "5.7.1 Not for this person", About.RECIPIENT), S.QUEUED, 1),
    (Outcome(K.DEFERRED, 451, "4.7.1 Who are you", About.SENDER), S.QUEUED, 0),
    (Outcome(K.REFUSED, 553, "5.1.8 Bad sender", About.SENDER), S.QUEUED, 0),
    (Outcome(K.REFUSED, 535, "5.7.8 Bad password", About.RELAY), S.QUEUED, 0),
    (Outcome(K.REFUSED, 552, "5.3.4 Too big", About.MAIL), S.QUEUED, 0),
    (Outcome(K.LOST_TRACK, None, "the connection ended", About.MAIL), S.UNCERTAIN, 1),
    (Outcome(K.LOST_TRACK, None, "the connection ended", About.RELAY), S.UNCERTAIN, 1),
]


def test_each_answer_leads_to_one_state_and_says_whether_it_was_an_attempt(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    for outcome, state, attempts in MEANINGS:
        _set_state(open_transaction, claims[0], S.SENDING)
        with open_transaction() as session:
            record_outcomes(session, [(claims[0], outcome)])
        copy = _copy(open_transaction, claims[0])
        assert (copy.state, copy.attempts) == (state, attempts), outcome
        assert (copy.reply_code, copy.reply_text) == (outcome.code, outcome.text)
        assert (copy.next_attempt_at > copy.changed_at) is (state is S.QUEUED), outcome
    assert _copy(open_transaction, claims[1]).state is S.SENDING


def test_many_kinds_are_recorded_together_each_as_its_own(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    outcomes = [
        Outcome(K.ACCEPTED, 250, "2.0.0 Ok, the first"),
        Outcome(K.REFUSED, 550, '5.1.1 "Nobody", \\ {here}'),
        Outcome(K.ACCEPTED, 250, "2.0.0 Ok, the second"),
        Outcome(K.LOST_TRACK, None, "the connection ended"),
        Outcome(K.DEFERRED, 451, "4.3.0 NULL"),
        Outcome(K.ACCEPTED, 250, ""),
    ]
    with open_transaction() as session:
        record_outcomes(session, list(zip(claims, outcomes, strict=False)))
    copies = [_copy(open_transaction, one) for one in claims[: len(outcomes)]]
    assert [copy.state for copy in copies] == [S.SENT, S.FAILED, S.SENT, S.UNCERTAIN, S.QUEUED, S.SENT]
    assert [(copy.reply_code, copy.reply_text) for copy in copies] == [(one.code, one.text) for one in outcomes]


def test_a_long_reply_is_cut_and_a_nul_in_it_does_no_harm(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    with open_transaction() as session:
        record_outcomes(session, [(claims[0], Outcome(K.ACCEPTED, 250, "2.0.0 \0" + "é" * 1000))])
    assert _copy(open_transaction, claims[0]).reply_text == "2.0.0  " + "é" * (LONGEST_REPLY - 7)


def test_an_answer_moves_a_copy_only_as_the_table_of_states_says(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    events = [DeliveryEvent.ACCEPT, DeliveryEvent.DEFER, DeliveryEvent.REFUSE, DeliveryEvent.LOSE_TRACK]
    for (kind, event), state in product(zip(K, events, strict=True), S):
        _set_state(open_transaction, claims[0], state)
        with open_transaction() as session:
            record_outcomes(session, [(claims[0], Outcome(kind, 200, "an answer"))])
        copy = _copy(open_transaction, claims[0])
        moved = next_state(state, event)
        assert (copy.state, copy.reply_text) == ((moved, "an answer") if moved else (state, None)), (state, event)


def test_recording_twice_is_recording_once(open_transaction: OpenTransaction, claims: list[Claim]) -> None:
    answers = [(claims[0], Outcome(K.DEFERRED, 451, "4.3.0 Later")), (claims[1], Outcome(K.ACCEPTED, 250, "Ok"))]
    with open_transaction() as session:
        record_outcomes(session, answers)
    once = [_copy(open_transaction, one).next_attempt_at for one, _ in answers]
    with open_transaction() as session:
        record_outcomes(session, answers)
    assert [_copy(open_transaction, one).next_attempt_at for one, _ in answers] == once
    assert [_copy(open_transaction, one).attempts for one, _ in answers] == [1, 1]


# How long ago the copy was tried first and its issue began or was resumed, what the relay answers, the state after it.
LATER, LOST = Outcome(K.DEFERRED, 451, "4.2.1 Later"), Outcome(K.DEFERRED, None, "the line was lost", About.RELAY)
LONG_AGO = WINDOW * 2
WINDOWS = [
    (WINDOW * 1.01, LONG_AGO, LATER, S.FAILED),
    (WINDOW * 1.01, None, LATER, S.FAILED),
    (WINDOW * 0.99, LONG_AGO, LATER, S.QUEUED),
    (None, LONG_AGO, LATER, S.QUEUED),  # a slow warm-up: it was never its turn
    (LONG_AGO, WINDOW * 1.01, LATER, S.FAILED),
    (LONG_AGO, WINDOW * 0.99, LATER, S.QUEUED),  # resumed since
    (WINDOW * 1.01, LONG_AGO, LOST, S.QUEUED),
    (WINDOW * 1.01, LONG_AGO, Outcome(K.DEFERRED, 451, "4.7.1 Later", About.SENDER), S.QUEUED),
    (WINDOW * 1.01, LONG_AGO, Outcome(K.REFUSED, 550, "5.7.1 Policy"), S.QUEUED),
]


@pytest.mark.parametrize(("tried", "began", "outcome", "state"), WINDOWS)
def test_a_copy_is_tried_for_72_hours_of_its_own_while_its_issue_runs(
    open_transaction: OpenTransaction,
    issue_id: int,
    claims: list[Claim],
    tried: timedelta | None,
    began: timedelta | None,
    outcome: Outcome,
    state: S,
) -> None:
    moments = [None if ago is None else func.now() - ago for ago in (tried, began)]
    with open_transaction() as session:
        first_tried = update(Delivery).where(Delivery.id == claims[0].delivery_id).values(first_tried_at=moments[0])
        session.execute(first_tried)
        session.execute(update(Issue).where(Issue.id == issue_id).values(starts_at=moments[1]))
    with open_transaction() as session:
        record_outcomes(
            session, [(replace(claims[0], attempts=0 if tried is None else 9), outcome), (claims[1], LATER)]
        )
    copy, beside = _copy(open_transaction, claims[0]), _copy(open_transaction, claims[1])
    assert (copy.state, copy.reply_text) == (state, outcome.text)
    assert (copy.reason == "no relay took it within 72 hours") is (state is S.FAILED)
    assert beside.state is S.QUEUED


def test_only_the_first_attempt_begins_a_copys_window(open_transaction: OpenTransaction, claims: list[Claim]) -> None:
    seen = []
    for outcome in (LOST, LATER, LATER, LOST):
        _set_state(open_transaction, claims[0], S.SENDING)
        with open_transaction() as session:
            record_outcomes(session, [(claims[0], outcome)])
        copy = _copy(open_transaction, claims[0])
        seen.append((copy.first_tried_at, copy.changed_at))
    assert seen[0][0] is None
    assert seen[1][0] == seen[1][1]
    assert seen[2][0] == seen[3][0] == seen[1][0]


NOT_FOR_HIM = Outcome(K.REFUSED, 550, "5.7.1 Colleagues only", About.RECIPIENT)
OUR_HOST = Outcome(K.REFUSED, 550, "5.7.1 Client host [192.0.2.7] blocked using bl.example.org", About.RECIPIENT)
OUR_HOST_UNNUMBERED = Outcome(K.REFUSED, 554, "Your IP 192.0.2.7 is blocked", About.RECIPIENT)


@pytest.mark.parametrize(
    ("refused", "taken", "are_blamed"),
    [(ALIKE - 1, 0, True), (ALIKE, 0, False), (ALIKE, ALIKE - 1, False), (ALIKE, ALIKE, True)],
)
def test_case_25_who_is_refused_by_policy_like_most_others_of_the_window_waits_unharmed(
    open_transaction: OpenTransaction, claims: list[Claim], refused: int, taken: int, *, are_blamed: bool
) -> None:
    tried = [replace(one, attempts=1) for one in claims]
    outcomes = [NOT_FOR_HIM] * refused + [Outcome(K.ACCEPTED, 250, "2.0.0 Ok")] * taken
    with open_transaction() as session:
        record_outcomes(session, list(zip(tried, outcomes, strict=False)))
    copies = [_copy(open_transaction, one) for one in claims[:refused]]
    assert {(copy.state, copy.attempts, copy.first_tried_at) for copy in copies} == {
        (S.FAILED if are_blamed else S.QUEUED, int(are_blamed), None)
    }
    assert all(_copy(open_transaction, one).state is S.SENT for one in claims[refused : refused + taken])


def test_case_25_who_is_refused_by_policy_alone_is_asked_once_more_and_then_failed(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    with open_transaction() as session:
        record_outcomes(session, [(claims[0], NOT_FOR_HIM)])
    copy = _copy(open_transaction, claims[0])
    assert (copy.state, copy.attempts, copy.reply_text) == (S.QUEUED, 1, NOT_FOR_HIM.text)
    assert copy.first_tried_at is not None
    _set_state(open_transaction, claims[0], S.SENDING)
    with open_transaction() as session:
        record_outcomes(session, [(replace(claims[0], attempts=copy.attempts), NOT_FOR_HIM)])
    copy = _copy(open_transaction, claims[0])
    assert (copy.state, copy.reason) == (S.FAILED, "the relay refused it")


@pytest.mark.parametrize("outcome", [OUR_HOST, OUR_HOST_UNNUMBERED])
def test_case_25_who_is_refused_because_our_host_is_blocked_is_asked_again_until_the_window_ends(
    open_transaction: OpenTransaction, issue_id: int, claims: list[Claim], outcome: Outcome
) -> None:
    for attempts in range(5):
        _set_state(open_transaction, claims[0], S.SENDING)
        with open_transaction() as session:
            record_outcomes(session, [(replace(claims[0], attempts=attempts), outcome)])
        copy = _copy(open_transaction, claims[0])
        assert (copy.state, copy.reply_text) == (S.QUEUED, outcome.text)
    _set_state(open_transaction, claims[0], S.SENDING)
    with open_transaction() as session:
        session.execute(update(Delivery).values(first_tried_at=func.now() - timedelta(hours=73)))
        session.execute(update(Issue).where(Issue.id == issue_id).values(starts_at=func.now() - timedelta(hours=73)))
        record_outcomes(session, [(replace(claims[0], attempts=5), outcome)])
    copy = _copy(open_transaction, claims[0])
    assert (copy.state, copy.reason) == (S.FAILED, "no relay took it within 72 hours")


@pytest.mark.parametrize("outcome", [OUR_HOST, OUR_HOST_UNNUMBERED])
def test_case_25_a_block_of_our_host_that_most_of_a_window_meets_stops_the_issue(outcome: Outcome) -> None:
    assert find_ours([outcome] * ALIKE) == [outcome] * ALIKE
    assert find_ours([outcome] * (ALIKE - 1)) == []


@pytest.mark.parametrize(
    ("attempts", "outcome", "heard"),
    [(0, OUR_HOST, True), (1, OUR_HOST, True), (2, OUR_HOST, False), (9, OUR_HOST_UNNUMBERED, False),
     (2, NOT_FOR_HIM, True), (9, LATER, True)],
)  # fmt: skip
def test_the_breaker_hears_of_a_copys_blocked_host_twice(
    claims: list[Claim], attempts: int, outcome: Outcome, heard: bool
) -> None:
    assert is_heard((replace(claims[0], attempts=attempts), outcome)) is heard


def test_case_25_a_block_that_is_said_to_one_after_the_other_pauses_the_issue_before_anybody_has_failed(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    breaker = Breaker(claims[0].issue_id)
    rests = []
    with open_transaction() as session:
        session.get_one(Issue, claims[0].issue_id).state = IssueState.SENDING
    for few in (claims[:4], claims[4:8], claims[8:], claims[:4], claims[4:8]):
        with open_transaction() as session:
            record_outcomes(session, [(one, NOT_FOR_HIM) for one in few])
            rests.append(breaker.consider(session, [NOT_FOR_HIM] * len(few)))
    assert rests == [False] * 4 + [True]
    assert {_copy(open_transaction, one).state for one in claims} == {S.QUEUED}


def test_a_person_whom_nobody_knows_is_not_spared_by_a_crowd_that_is_refused_by_policy(
    open_transaction: OpenTransaction, claims: list[Claim]
) -> None:
    outcomes = [Outcome(K.REFUSED, 550, "5.1.1 No such user", About.RECIPIENT), *[NOT_FOR_HIM] * ALIKE]
    with open_transaction() as session:
        record_outcomes(session, list(zip(claims, outcomes, strict=False)))
    assert [_copy(open_transaction, one).state for one in claims[:2]] == [S.FAILED, S.QUEUED]


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 2), (1, 2), (2, 4), (3, 8), (7, 128), (8, 240), (9, 240), (500, 240)]
)
def test_waits_double_to_four_hours_with_a_fifth_of_chance(attempts: int, minutes: int) -> None:
    waits = {wait_after(attempts) for _ in range(50)}
    assert all(timedelta(minutes=minutes) * 0.8 <= wait <= timedelta(minutes=minutes) * 1.2 for wait in waits)
    assert len(waits) > 40
    assert max(waits) <= LONGEST_WAIT * 1.2


def test_each_deferred_copy_waits_by_its_own_attempts(open_transaction: OpenTransaction, claims: list[Claim]) -> None:
    later = Outcome(K.DEFERRED, 451, "4.2.1 Later", About.RECIPIENT)
    tried = [replace(one, attempts=attempts) for attempts, one in enumerate(claims[:7])]
    with open_transaction() as session:
        record_outcomes(session, [(one, later) for one in tried])
    copies = [_copy(open_transaction, one) for one in tried]
    waits = [(copy.next_attempt_at - copy.changed_at).total_seconds() / 60 for copy in copies]
    assert all(0.8 <= wait / (2 << n) <= 1.2 for n, wait in enumerate(waits))


def test_case_24_greylisted_copies_come_again_when_it_is_time_and_not_before(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        intend_all(session, claims)
        greylisted = Outcome(K.DEFERRED, 450, "4.2.0 Greylisted", About.RECIPIENT)
        record_outcomes(session, [(one, greylisted) for one in claims])
        put_down(session, held)
    with open_transaction() as session:
        assert claim_batch(session, issue_id) is None
    make_all_due(open_transaction)
    with open_transaction() as session:
        assert len(claim(session, issue_id)[1]) == 12


def test_case_03_a_lost_answer_is_one_uncertain_copy_that_nothing_sends_again(
    open_transaction: OpenTransaction, issue_id: int, claims: list[Claim]
) -> None:
    accepted = [(one, Outcome(K.ACCEPTED, 250, "2.0.0 Ok")) for one in claims[1:]]
    with open_transaction() as session:
        record_outcomes(session, [*accepted, (claims[0], Outcome(K.LOST_TRACK, None, "the connection ended"))])
    expire_leases(open_transaction)
    for _ in range(2):
        run_sweep(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain, progress.open) == (11, 1, 0)


def test_case_04_evidence_from_the_provider_settles_what_a_dead_sender_left_unsaid(
    open_transaction: OpenTransaction, issue_id: int, claims: list[Claim]
) -> None:
    """It was killed after 250 and before the commit, with its journal: the lease decides, and then the relay's log."""
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).uncertain == 12
    message_id = f"issue-{issue_id}.copy-{claims[0].delivery_id}@letters.test"
    with open_transaction() as session:
        assert settle_by_evidence(session, accepted=True, reply="delivered", message_id=message_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (1, 11)
