"""Sending through a real relay on the real database: who gets a copy, who does not, and what is written down."""

import pytest
from sqlalchemy import func, select, update

from service.deliveries.batches import put_down
from service.deliveries.breaker import IN_A_ROW
from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.models import Delivery
from service.deliveries.outcomes import WINDOW, record_outcomes
from service.deliveries.planning import release_issue
from service.deliveries.queries import find_copies
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState
from service.errors import BadInput, Conflict
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.events import About, Outcome, OutcomeKind
from service.subscribers.states import ConsentSource
from service.subscribers.unsubscribe import unsubscribe
from service.wiring import Services
from tests.deliveries.fakes import GONE, FakeRelay
from tests.deliveries.steps import (
    claim,
    count_copies,
    expire_leases,
    intend_all,
    make_all_due,
    run_sweep,
)
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink

ACCEPTED = Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok")


def test_everyone_gets_one_copy_and_the_issue_is_sent(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    assert services.sender.send_waiting(issue_id) == 12
    run_sweep(open_transaction)
    assert sorted(smtp_sink.recipients) == sorted(f"reader-{n}@example.org" for n in range(12))
    assert count_copies(open_transaction, issue_id).sent == 12
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        assert issue.state is IssueState.SENT
        copy = find_copies(session, "reader-3@example.org")[0].delivery
        assert (copy.reply_code, copy.route, copy.attempts) == (250, "main", 1)
        assert copy.message_id == f"issue-{issue_id}.copy-{copy.id}@letters.test"
    assert f"<{copy.message_id}>" in {
        value for mail in smtp_sink.messages for name, value in mail.headers if name == "Message-ID"
    }


def test_sending_twice_changes_nothing(services: Services, issue_id: int, smtp_sink: SmtpSink) -> None:
    services.sender.send_waiting(issue_id)
    assert services.sender.send_waiting(issue_id) == 0
    assert len(smtp_sink.recipients) == 12


def test_nothing_is_left_of_a_journal_when_all_is_sent(services: Services, issue_id: int) -> None:
    services.sender.send_waiting(issue_id)
    assert list(services.settings.journal_dir.iterdir()) == []


def test_a_second_release_is_refused_and_plans_nobody(open_transaction: OpenTransaction, issue_id: int) -> None:
    with pytest.raises(Conflict, match="sealed"), open_transaction() as session:
        release_issue(session, issue_id, PUBLIC_URL)
    assert count_copies(open_transaction, issue_id).audience == 12


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
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.skipped) == (11, 1)


def test_leaving_between_claim_and_data_still_stops_the_copy(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        _, claims = claim(session, issue_id)
    with open_transaction() as session:
        unsubscribe(session, claims[0].subscription_id, source=ConsentSource.ONE_CLICK, wording="one click")
    with open_transaction() as session:
        assert intend_all(session, claims) == {other.delivery_id for other in claims[1:]}
        assert session.get_one(Delivery, claims[0].delivery_id).state is DeliveryState.SKIPPED


def test_a_sender_that_slept_past_its_lease_is_refused(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        old = claim(session, issue_id)[1][0]
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    with open_transaction() as session:
        new = {one.delivery_id: one for one in claim(session, issue_id)[1]}[old.delivery_id]
    with open_transaction() as session:
        assert intend_all(session, [old]) == set()
        assert intend_all(session, [new]) == {new.delivery_id}
        record_outcomes(session, [(old, Outcome(OutcomeKind.REFUSED, 550, "5.1.1 late"))])
        record_outcomes(session, [(new, ACCEPTED)])
        assert session.get_one(Delivery, old.delivery_id).state is DeliveryState.SENT


def test_a_sender_that_died_before_the_intent_costs_nothing_but_time(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        claim(session, issue_id)
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    services.sender.send_waiting(issue_id)
    assert sorted(smtp_sink.recipients) == sorted(set(smtp_sink.recipients))
    assert count_copies(open_transaction, issue_id).sent == 12


def test_a_claim_that_kills_three_senders_sets_its_copies_aside(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    for crashes in range(3):
        assert count_copies(open_transaction, issue_id).queued == 12, crashes
        with open_transaction() as session:
            claim(session, issue_id)
        expire_leases(open_transaction)
        run_sweep(open_transaction)
    assert count_copies(open_transaction, issue_id).failed == 12


def test_a_sender_that_died_after_the_intent_leaves_an_uncertain_copy_that_nobody_resends(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        intended = claim(session, issue_id)[1][0]
        assert intend_all(session, [intended]) == {intended.delivery_id}
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    services.sender.send_waiting(issue_id)
    run_sweep(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (11, 1)
    assert intended.recipient not in smtp_sink.recipients


def test_a_relay_that_hangs_up_after_the_dot_makes_exactly_one_copy_uncertain(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.cut_after_data()
    services.sender.send_waiting(issue_id)
    make_all_due(open_transaction)
    services.sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (11, 1)
    assert len(smtp_sink.recipients) == 12


def test_each_refusal_is_written_in_the_relays_own_words(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse("reader-1@example.org", "550 5.1.1 No such user")
    smtp_sink.refuse("reader-2@example.org", "451 4.2.1 Come back later", times=1)
    services.sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.failed, progress.queued) == (10, 1, 1)
    with open_transaction() as session:
        refused = find_copies(session, "reader-1@example.org")[0].delivery
        assert (refused.reply_code, refused.reply_text) == (550, "5.1.1 No such user")
    make_all_due(open_transaction)
    services.sender.send_waiting(issue_id)
    assert count_copies(open_transaction, issue_id).sent == 11


def test_a_copy_deferred_beyond_the_window_fails(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse("reader-2@example.org", "451 4.2.1 Come back later")
    for first_try, expected in ((True, (11, 0)), (False, (11, 1))):
        services.sender.send_waiting(issue_id)
        progress = count_copies(open_transaction, issue_id)
        assert (progress.sent, progress.failed) == expected
        if first_try:
            with open_transaction() as session:
                session.get_one(Issue, issue_id).starts_at = func.now() - WINDOW * 1.01
                tried = update(Delivery).where(Delivery.first_tried_at.is_not(None))
                session.execute(tried.values(first_tried_at=func.now() - WINDOW * 1.01))
            make_all_due(open_transaction)


def test_a_policy_refusal_pauses_the_issue_and_blames_nobody(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse_data("550 5.7.1 Message rejected by policy")
    services.sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.queued, progress.failed) == (12, 0)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.PAUSED


def test_while_the_relay_is_away_every_copy_waits_untouched(
    sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    relay.is_away = GONE
    assert sender.send_waiting(issue_id) == 0
    with open_transaction() as session:
        assert set(session.scalars(select(Delivery.fence))) == {0}
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING


def test_pause_and_resume_reach_the_exact_rest(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        held, claims = claim(session, issue_id)
        pause_issue(session, issue_id)
    with open_transaction() as session:
        assert intend_all(session, claims) == set()
        put_down(session, held)
    assert services.sender.send_waiting(issue_id) == 0
    with open_transaction() as session:
        resume_issue(session, issue_id)
    services.sender.send_waiting(issue_id)
    assert len(smtp_sink.recipients) == len(set(smtp_sink.recipients)) == 12


def test_cancelling_skips_everyone_who_still_waits(
    services: Services, open_transaction: OpenTransaction, issue_id: int, smtp_sink: SmtpSink
) -> None:
    with open_transaction() as session:
        _, claims = claim(session, issue_id)
        cancel_issue(session, issue_id)
    with open_transaction() as session:
        assert intend_all(session, claims) == set()
    services.sender.send_waiting(issue_id)
    assert smtp_sink.recipients == []
    assert count_copies(open_transaction, issue_id).skipped == 12


def test_the_sweep_nudges_what_the_broker_lost(
    open_transaction: OpenTransaction, issue_id: int, published_jobs: PublishedJobs
) -> None:
    run_sweep(open_transaction)
    assert published_jobs.of(Job.SEND_ISSUE) == [(issue_id,)]


def test_case_25_one_person_whose_server_blocks_our_host_is_asked_on_and_stops_nobodys_issue(
    open_transaction: OpenTransaction, issue_id: int, relay: FakeRelay, sender: Sender
) -> None:
    blocked = Outcome(OutcomeKind.REFUSED, 554, "5.7.1 Client host [192.0.2.7] blocked", About.RECIPIENT)
    relay.answers["reader-3@example.org"] = blocked
    for _ in range(IN_A_ROW + 5):
        sender.send_waiting(issue_id)
        make_all_due(open_transaction)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.queued) == (11, 1)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).state is IssueState.SENDING
        assert find_copies(session, "reader-3@example.org")[0].delivery.attempts == IN_A_ROW + 5
    del relay.answers["reader-3@example.org"]
    sender.send_waiting(issue_id)
    assert count_copies(open_transaction, issue_id).sent == 12
