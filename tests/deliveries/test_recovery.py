"""What a dead sender's journal does to the rows: each phase, repeated, too late, and of another database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from service.deliveries.abandoned import SET_ASIDE, UNKNOWN
from service.deliveries.batches import claim_batch
from service.deliveries.claiming import Claim
from service.deliveries.journal import Journal
from service.deliveries.models import Batch, Delivery
from service.deliveries.outcomes import record_outcomes
from service.deliveries.queries import get_progress
from service.deliveries.recovery import recover_journals
from service.deliveries.resending import send_again
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState as S
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail
from service.wiring import Services
from tests.deliveries.fakes import ACCEPTED, FakeRelay
from tests.deliveries.steps import claim, count_copies, expire_leases, intend_all, run_sweep
from tests.fixtures.services import OpenTransaction

Note = Callable[[Journal, int], None]
REFUSED = Outcome(OutcomeKind.REFUSED, 550, "5.1.1 No such user", About.RECIPIENT)
DEFERRED = Outcome(OutcomeKind.DEFERRED, 451, "4.2.1 Come back later", About.RECIPIENT)


def _waiting(journal: Journal, key: int) -> None:
    del journal, key


def _taken(journal: Journal, key: int) -> None:
    journal.note_taken(key)


def _leaving(journal: Journal, key: int) -> None:
    journal.note_taken(key)
    journal.note_leaving(key)


def _answered(outcome: Outcome) -> Note:
    def note(journal: Journal, key: int) -> None:
        _leaving(journal, key)
        journal.note_answer(key, outcome)

    return note


def die(services: Services, issue_id: int, notes: dict[int, Note], *, intended: int = 12) -> list[Claim]:
    """Claim twelve copies, intend some, note what ``notes`` says of each by its place, and be gone."""
    journal = Journal(services.settings.journal_dir)
    with services.factory.begin() as session:
        held, claims = claim(session, issue_id)
        journal.begin(held, claims)
    with services.factory.begin() as session:
        intend_all(session, claims[:intended])
    for place, note in notes.items():
        note(journal, claims[place].delivery_id)
    journal.close()
    return claims


def recover(services: Services) -> int:
    """Recover what lies in the folder of the tests."""
    return recover_journals(services.factory, services.settings.journal_dir)


def states_of(services: Services, claims: list[Claim]) -> list[S]:
    """Return the states of copies, in the order of their claims."""
    with services.factory() as session:
        states = {row.id: row.state for row in session.execute(select(Delivery.id, Delivery.state))}
    return [states[one.delivery_id] for one in claims]


@pytest.mark.parametrize(
    ("note", "state", "why"),
    [
        pytest.param(_waiting, S.QUEUED, None, id="intended, never begun"),
        pytest.param(_taken, S.QUEUED, None, id="begun, certainly not out"),
        pytest.param(_leaving, S.UNCERTAIN, UNKNOWN, id="perhaps out"),
        pytest.param(_answered(ACCEPTED), S.SENT, None, id="accepted"),
        pytest.param(_answered(REFUSED), S.FAILED, "the relay refused it", id="refused"),
        pytest.param(_answered(DEFERRED), S.QUEUED, None, id="deferred"),
    ],
)
def test_each_phase_means_one_state(services: Services, issue_id: int, note: Note, state: S, why: str | None) -> None:
    claims = die(services, issue_id, {3: note})
    assert recover(services) == 1
    assert states_of(services, claims) == [S.QUEUED] * 3 + [state] + [S.QUEUED] * 8
    with services.factory() as session:
        assert session.get_one(Delivery, claims[3].delivery_id).reason == why
        assert get_progress(session, issue_id).holds


def test_the_batch_is_given_back_at_once_and_the_rest_goes_out(
    services: Services, sender: Sender, relay: FakeRelay, open_transaction: OpenTransaction, issue_id: int
) -> None:
    die(services, issue_id, {0: _answered(ACCEPTED), 1: _leaving, 2: _taken}, intended=4)
    recover(services)
    sender.send_waiting(issue_id)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.sent, progress.uncertain) == (11, 1)
    assert len(relay.received) == len(set(relay.received)) == 10


def test_applying_one_twice_changes_nothing(services: Services, issue_id: int) -> None:
    notes = {0: _answered(ACCEPTED), 1: _leaving, 2: _taken, 3: _answered(DEFERRED), 4: _answered(REFUSED)}
    die(services, issue_id, notes)
    (path,) = services.settings.journal_dir.iterdir()
    content = path.read_bytes()
    recover(services)
    once = _dump(services)
    path.write_bytes(content)
    assert recover(services) == 1
    assert _dump(services) == once
    assert not path.exists()


def test_one_of_a_sender_that_lives_is_left_alone(services: Services, issue_id: int) -> None:
    journal = Journal(services.settings.journal_dir)
    with services.factory.begin() as session:
        held, claims = claim(session, issue_id)
        journal.begin(held, claims)
    assert recover(services) == 0
    assert set(states_of(services, claims)) == {S.CLAIMED}
    journal.close()


def test_one_of_another_database_is_neither_applied_nor_lost(services: Services, issue_id: int) -> None:
    claims = die(services, issue_id, {0: _leaving})
    with services.factory.begin() as session:
        session.connection().exec_driver_sql("update issues set created_at = created_at + interval '1 microsecond'")
    assert recover(services) == 0
    assert set(states_of(services, claims)) == {S.SENDING}
    assert len(list(services.settings.journal_dir.glob("*.journal"))) == 1


def test_a_file_that_cannot_be_read_is_set_aside_and_the_others_are_recovered(
    services: Services, issue_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    die(services, issue_id, {0: _leaving})
    torn = services.settings.journal_dir / "0-torn.journal"
    torn.write_bytes(b"PstrJrn1 and then nothing")
    assert recover(services) == 1
    assert [path.name for path in services.settings.journal_dir.iterdir()] == ["0-torn.aside"]
    assert "0-torn.journal is set aside" in caplog.text


def test_a_folder_that_is_not_there_holds_nothing(services: Services, tmp_path: Path) -> None:
    assert recover_journals(services.factory, tmp_path / "nowhere") == 0


def test_a_journal_whose_claim_was_never_committed_changes_nothing(services: Services, issue_id: int) -> None:
    journal = Journal(services.settings.journal_dir)
    with services.factory() as session:
        held, claims = claim(session, issue_id)
        journal.begin(held, claims)
        session.rollback()
    journal.close()
    before = _dump(services)
    assert recover(services) == 1
    assert _dump(services) == before


def test_refusals_of_us_are_told_by_what_was_not_stored_yet(services: Services, issue_id: int) -> None:
    """Seven were taken and are stored; the five after them met a block for the second time, which blames none."""
    blocked = Outcome(OutcomeKind.REFUSED, 550, "5.7.1 Not from you", About.RECIPIENT)
    notes = dict.fromkeys(range(7), _answered(ACCEPTED)) | dict.fromkeys(range(7, 12), _answered(blocked))
    claims = die(services, issue_id, notes)
    with services.factory.begin() as session:
        record_outcomes(session, [(one, ACCEPTED) for one in claims[:7]])
        session.execute(update(Delivery).values(attempts=1))
    recover(services)
    assert states_of(services, claims) == [S.SENT] * 7 + [S.QUEUED] * 5


def test_what_it_knows_settles_copies_that_the_sweep_called_uncertain(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    claims = die(
        services, issue_id, {0: _answered(ACCEPTED), 1: _leaving, 2: _taken, 3: _answered(REFUSED)}, intended=5
    )
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    assert states_of(services, claims) == [S.UNCERTAIN] * 5 + [S.QUEUED] * 7
    recover(services)
    assert states_of(services, claims)[:5] == [S.SENT, S.UNCERTAIN, S.QUEUED, S.FAILED, S.QUEUED]
    with services.factory() as session:
        assert session.scalars(select(Batch.due_at)).one() is not None


def test_it_changes_nothing_of_a_copy_that_another_sender_has_by_now(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    claims = die(services, issue_id, {0: _answered(ACCEPTED), 1: _answered(REFUSED)}, intended=0)
    expire_leases(open_transaction)
    with open_transaction() as session:
        theirs, _ = claim(session, issue_id)
    before = _dump(services)
    recover(services)
    assert _dump(services) == before
    with services.factory() as session:
        assert session.get_one(Batch, theirs.id).lease_until is not None
    assert set(states_of(services, claims)) == {S.CLAIMED}


def test_a_copy_that_staff_sent_again_is_not_touched_by_old_evidence(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    claims = die(services, issue_id, {0: _answered(ACCEPTED)})
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    with open_transaction() as session:
        send_again(session, issue_id, [claims[0].delivery_id])
    recover(services)
    assert states_of(services, claims)[0] is S.QUEUED


def test_a_copy_that_staff_decided_to_leave_is_not_queued_again(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    claims = die(services, issue_id, {0: _taken}, intended=2)
    expire_leases(open_transaction)
    run_sweep(open_transaction)
    with open_transaction() as session:
        session.execute(update(Delivery).where(Delivery.state == S.UNCERTAIN).values(settled_at=Delivery.changed_at))
    recover(services)
    assert states_of(services, claims)[:2] == [S.UNCERTAIN, S.UNCERTAIN]


def test_only_the_copy_in_hand_is_to_blame_and_is_set_aside_the_third_time(
    services: Services, open_transaction: OpenTransaction, issue_id: int
) -> None:
    poison = die(services, issue_id, {4: _taken})[4].delivery_id
    for _ in range(2):
        recover(services)
        with services.factory() as session:
            assert session.get_one(Delivery, poison).state is S.QUEUED
        claims = die(services, issue_id, {11: _taken})
        assert claims[11].delivery_id == poison  # who killed a sender comes last
    recover(services)
    progress = count_copies(open_transaction, issue_id)
    assert (progress.queued, progress.failed) == (11, 1)
    with services.factory() as session:
        copy = session.get_one(Delivery, poison)
        assert (copy.state, copy.reason, copy.crashes) == (S.FAILED, SET_ASIDE, 3)
        assert set(session.scalars(select(Delivery.crashes).where(Delivery.id != poison))) == {0}


def test_a_deferral_found_in_it_waits_as_long_as_one_that_was_recorded(services: Services, issue_id: int) -> None:
    claims = die(services, issue_id, {0: _answered(DEFERRED)})
    recover(services)
    with services.factory() as session:
        copy = session.get_one(Delivery, claims[0].delivery_id)
        assert copy.attempts == 1
        assert timedelta(seconds=90) < copy.next_attempt_at - copy.changed_at < timedelta(seconds=150)
        assert claim_batch(session, issue_id) is not None  # for the other eleven


def _dump(services: Services) -> list[tuple[object, ...]]:
    with services.factory() as session:
        rows = session.execute(select(*Delivery.__table__.columns).order_by(Delivery.id))
        return [tuple(row) for row in rows]


def test_the_journal_of_a_claim_that_was_never_committed_takes_nothing_from_the_sender_that_came_next(
    services: Services, issue_id: int
) -> None:
    journal = Journal(services.settings.journal_dir)
    with services.factory() as session:
        journal.begin(*claim(session, issue_id))
        session.rollback()
    journal.close()
    relay, second = FakeRelay(), FakeRelay()

    def interfere(_: OutgoingMail) -> None:
        relay.on_leaving = lambda _: None
        recover_journals(services.factory, services.settings.journal_dir)
        replace(services.sender, routes=second).send_waiting(issue_id)

    relay.on_leaving = interfere
    replace(services.sender, routes=relay).send_waiting(issue_id)
    assert len(relay.received) == len(set(relay.received)) == 12
    assert second.received == []
