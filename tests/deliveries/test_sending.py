"""Sending through a real relay on the real database: who gets a copy, who does not, and what is written down."""

import pytest
from sqlalchemy import func, update

from service.clock import now
from service.deliveries.claiming import claim_batch, intend
from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.models import Delivery
from service.deliveries.outcomes import WINDOW, record_outcome
from service.deliveries.planning import release_issue
from service.deliveries.queries import Progress, find_copies, get_progress
from service.deliveries.states import DeliveryState
from service.deliveries.sweep import sweep
from service.errors import BadInput, Conflict
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.events import Outcome, OutcomeKind
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader, make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink

ACCEPTED = Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok")


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A released issue with twelve readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 12)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


def _progress(open_transaction: OpenTransaction, issue_id: int) -> Progress:
    with open_transaction() as session:
        progress = get_progress(session, issue_id)
    assert progress.holds
    return progress


def _sweep(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        sweep(session)


def test_everyone_gets_one_copy_and_the_issue_is_sent(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    assert services.sender.send_waiting(issue_id) == 12
    _sweep(open_transaction)
    assert sorted(smtp_sink.recipients) == sorted(f"reader-{n}@example.org" for n in range(12))
    assert _progress(open_transaction, issue_id).sent == 12
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.SENT
        copy = find_copies(session, "reader-3@example.org")[0]
        assert copy.delivery.reply_code == 250
        assert copy.delivery.message_id == f"issue-{issue_id}.copy-{copy.delivery.id}@letters.test"


def test_sending_twice_changes_nothing(services: Services, issue_id: int, smtp_sink: SmtpSink) -> None:
    services.sender.send_waiting(issue_id)
    assert services.sender.send_waiting(issue_id) == 0
    assert len(smtp_sink.recipients) == 12


def test_a_second_release_is_refused_and_plans_nobody(open_transaction: OpenTransaction, issue_id: int) -> None:
    with pytest.raises(Conflict, match="sealed"), open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
    assert _progress(open_transaction, issue_id).audience == 12


def test_release_nudges_senders_only_after_the_commit(
    open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_reader(session, newsletter.id, "jane@example.org")
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        assert published_jobs.jobs == []
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue.id,)]


def test_an_issue_for_nobody_is_not_released(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        issue_id = make_issue(session, make_newsletter(session)).id
    with pytest.raises(Conflict, match="no confirmed subscribers"), open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.DRAFT


def test_an_issue_without_text_is_stopped_with_the_reason(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_reader(session, newsletter.id, "jane@example.org")
        issue = make_issue(session, newsletter)
        issue.items[1].markdown = ""
        issue_id = issue.id
    with pytest.raises(BadInput, match="has no text"), open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)


def test_someone_who_leaves_after_the_audience_was_frozen_gets_no_copy(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        copy = find_copies(session, "reader-5@example.org")[0]
        unsubscribe(session, copy.delivery.subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")
    services.sender.send_waiting(issue_id)
    assert "reader-5@example.org" not in smtp_sink.recipients
    progress = _progress(open_transaction, issue_id)
    assert (progress.sent, progress.skipped) == (11, 1)


def test_leaving_between_claim_and_data_still_stops_the_copy(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        claim = claim_batch(session, issue_id, 1)[0]
    with open_transaction() as session:
        unsubscribe(session, claim.subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        assert not intend(session, claim)
        assert session.get_one(Delivery, claim.delivery_id).state is DeliveryState.SKIPPED


def test_two_senders_never_claim_the_same_copy(services: Services, issue_id: int) -> None:
    with services.factory() as first, services.factory() as second:
        mine = {claim.delivery_id for claim in claim_batch(first, issue_id, 8)}
        theirs = {claim.delivery_id for claim in claim_batch(second, issue_id, 8)}
        assert len(mine) == 8
        assert len(theirs) == 4
        assert not mine & theirs
        first.rollback()
        second.rollback()


def test_a_sender_that_slept_past_its_lease_is_refused(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        old = claim_batch(session, issue_id, 12)[0]
    _expire_leases(open_transaction)
    _sweep(open_transaction)
    with open_transaction() as session:
        new = {claim.delivery_id: claim for claim in claim_batch(session, issue_id, 12)}[old.delivery_id]
    with open_transaction() as session:
        assert not intend(session, old)
        assert intend(session, new)
        record_outcome(session, old, Outcome(OutcomeKind.REFUSED, 550, "5.1.1 late"), "x@letters.test")
        record_outcome(session, new, ACCEPTED, "x@letters.test")
        assert session.get_one(Delivery, old.delivery_id).state is DeliveryState.SENT


def test_a_sender_that_died_before_the_intent_costs_nothing_but_time(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        claim_batch(session, issue_id, 5)
    _expire_leases(open_transaction)
    _sweep(open_transaction)
    services.sender.send_waiting(issue_id)
    assert sorted(smtp_sink.recipients) == sorted(set(smtp_sink.recipients))
    assert _progress(open_transaction, issue_id).sent == 12


def test_a_copy_that_kills_three_senders_is_set_aside(open_transaction: OpenTransaction, issue_id: int) -> None:
    for _ in range(3):
        with open_transaction() as session:
            claim_batch(session, issue_id, 12)
        _expire_leases(open_transaction)
        _sweep(open_transaction)
    assert _progress(open_transaction, issue_id).failed == 12


def test_a_sender_that_died_after_the_intent_leaves_an_uncertain_copy_that_nobody_resends(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        claim = claim_batch(session, issue_id, 1)[0]
        assert intend(session, claim)
    _expire_leases(open_transaction)
    _sweep(open_transaction)
    services.sender.send_waiting(issue_id)
    _sweep(open_transaction)
    progress = _progress(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (11, 1)
    assert claim.recipient not in smtp_sink.recipients


def test_a_relay_that_hangs_up_after_the_dot_makes_exactly_one_copy_uncertain(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.cut_after_data()
    services.sender.send_waiting(issue_id)
    _make_all_due(open_transaction)
    services.sender.send_waiting(issue_id)
    progress = _progress(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (11, 1)
    assert len(smtp_sink.recipients) == 12


def test_each_refusal_is_written_in_the_relays_own_words(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse("reader-1@example.org", "550 5.1.1 No such user")
    smtp_sink.refuse("reader-2@example.org", "451 4.2.1 Come back later", times=1)
    services.sender.send_waiting(issue_id)
    progress = _progress(open_transaction, issue_id)
    assert (progress.sent, progress.failed, progress.queued) == (10, 1, 1)
    with open_transaction() as session:
        refused = find_copies(session, "reader-1@example.org")[0].delivery
        assert (refused.reply_code, refused.reply_text) == (550, "5.1.1 No such user")
    _make_all_due(open_transaction)
    services.sender.send_waiting(issue_id)
    assert _progress(open_transaction, issue_id).sent == 11


def test_a_copy_deferred_beyond_the_window_fails(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse("reader-2@example.org", "451 4.2.1 Come back later")
    with open_transaction() as session:
        session.get_one(Issue, issue_id).released_at = now() - WINDOW * 1.01
    services.sender.send_waiting(issue_id)
    assert _progress(open_transaction, issue_id).failed == 1


def test_a_policy_refusal_pauses_the_issue_and_blames_nobody(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse_data("550 5.7.1 Message rejected by policy")
    services.sender.send_waiting(issue_id)
    progress = _progress(open_transaction, issue_id)
    assert (progress.queued, progress.failed) == (12, 0)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.PAUSED


def test_while_the_relay_is_away_every_copy_waits(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    object.__setattr__(services.transport, "url", "smtp://127.0.0.1:9")
    services.sender.send_waiting(issue_id)
    assert _progress(open_transaction, issue_id).queued == 12


def test_pause_and_resume_reach_the_exact_rest(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        claims = claim_batch(session, issue_id, 4)
        pause_issue(session, issue_id)
    with open_transaction() as session:
        assert [intend(session, claim) for claim in claims] == [False] * 4
        assert claim_batch(session, issue_id, 12) == []
    with open_transaction() as session:
        resume_issue(session, issue_id)
    services.sender.send_waiting(issue_id)
    assert len(smtp_sink.recipients) == len(set(smtp_sink.recipients)) == 12


def test_cancelling_skips_everyone_who_still_waits(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        held = claim_batch(session, issue_id, 2)
        cancel_issue(session, issue_id)
    with open_transaction() as session:
        assert [intend(session, claim) for claim in held] == [False, False]
    services.sender.send_waiting(issue_id)
    assert smtp_sink.recipients == []
    assert _progress(open_transaction, issue_id).skipped == 12


def test_the_sweep_nudges_what_the_broker_lost(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    _sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]


def _expire_leases(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values(lease_until=func.now() - func.make_interval(0, 0, 0, 0, 1)))


def _make_all_due(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(update(Delivery).values(next_attempt_at=func.now()))
