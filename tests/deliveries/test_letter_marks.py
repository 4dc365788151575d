"""A killed process's letters are free at once, and a living one's are left to it."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from service.deliveries.letter_marks import SUFFIX, free_abandoned_letters, mark_letter
from service.jobs import Job
from service.mail.models import Letter, LetterKind, LetterState
from service.mail.outbox import post_letter
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.fixtures.smtp import SmtpSink

# Another process: it marks the letter as a sender would, says so, and is never heard of again.
MARKER = """
import sys
from datetime import datetime
from pathlib import Path
from service.deliveries.letter_marks import mark_letter
from service.mail.models import Letter
folder, letter_id, fence, made_at = sys.argv[1:]
with mark_letter(Path(folder), Letter(id=int(letter_id), fence=int(fence), created_at=datetime.fromisoformat(made_at))):
    print("marked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def letter(open_transaction: OpenTransaction) -> Letter:
    """A letter in a sender's hands, for a long time yet by its lease."""
    with open_transaction() as session:
        issue = make_issue(session, make_newsletter(session))
        letter_id = post_letter(session, LetterKind.TEST, "pat@example.org", {"issue": issue.id}).id
        lease = func.now() + timedelta(hours=1)
        session.execute(update(Letter).values(state=LetterState.SENDING, fence=7, lease_until=lease))
    return read(open_transaction, letter_id)


def read(open_transaction: OpenTransaction, letter_id: int) -> Letter:
    """Return the letter."""
    with open_transaction() as session:
        return session.get_one(Letter, letter_id)


def is_free(open_transaction: OpenTransaction) -> bool:
    """Whether another sender may take it."""
    with open_transaction() as session:
        return session.scalar(select(Letter.lease_until < func.now())) is True


def list_marks(services: Services) -> list[Path]:
    """Return the files in the folder of marks."""
    return sorted(services.settings.journal_dir.iterdir())


def leave_mark(services: Services, marked: Letter, **changes: object) -> None:
    """Leave the mark of a process that is no more."""
    services.settings.journal_dir.mkdir(exist_ok=True)
    names = {"letter": marked.id, "fence": marked.fence, "made_at": marked.created_at.isoformat()}
    (services.settings.journal_dir / f"1-dead{SUFFIX}").write_text(json.dumps({**names, **changes}))


def test_the_letter_of_a_killed_process_is_taken_again_at_once(
    services: Services, open_transaction: OpenTransaction, letter: Letter, published_jobs: PublishedJobs,
    smtp_sink: SmtpSink,
) -> None:  # fmt: skip
    folder = services.settings.journal_dir
    arguments = [str(folder), str(letter.id), str(letter.fence), letter.created_at.isoformat()]
    with subprocess.Popen(
        [sys.executable, "-c", MARKER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == b"marked\n"
        assert free_abandoned_letters(services.factory, folder) == 0
        assert not is_free(open_transaction)
        os.kill(sender.pid, signal.SIGKILL)
    assert free_abandoned_letters(services.factory, folder) == 1
    assert is_free(open_transaction)
    assert published_jobs.of(Job.DELIVER_LETTER) == [(letter.id,)]
    assert list_marks(services) == []
    services.letter_sender.deliver(letter.id)
    assert smtp_sink.recipients == ["pat@example.org"]
    taken = read(open_transaction, letter.id)
    assert (taken.state, taken.crashes) == (LetterState.SENT, 1)


def test_a_letter_that_was_delivered_leaves_no_mark_and_one_whose_sender_failed_is_found(
    services: Services, open_transaction: OpenTransaction, letter: Letter
) -> None:
    folder = services.settings.journal_dir
    with mark_letter(folder, letter):
        assert len(list_marks(services)) == 1
    assert list_marks(services) == []
    with pytest.raises(RuntimeError), mark_letter(folder, letter):
        raise RuntimeError("the database went away")
    assert free_abandoned_letters(services.factory, folder) == 1
    assert is_free(open_transaction)


@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.QUEUED, LetterState.FAILED])
def test_a_letter_that_was_recorded_is_left_as_it_is_and_its_mark_goes(
    services: Services, open_transaction: OpenTransaction, letter: Letter, published_jobs: PublishedJobs,
    state: LetterState,
) -> None:  # fmt: skip
    leave_mark(services, letter)
    with open_transaction() as session:
        session.execute(update(Letter).values(state=state, lease_until=None))
    assert free_abandoned_letters(services.factory, services.settings.journal_dir) == 1
    assert read(open_transaction, letter.id).lease_until is None
    assert (list_marks(services), published_jobs.jobs) == ([], [])


def test_a_letter_that_another_sender_has_by_now_stays_with_it(
    services: Services, open_transaction: OpenTransaction, letter: Letter
) -> None:
    leave_mark(services, letter, fence=6)
    free_abandoned_letters(services.factory, services.settings.journal_dir)
    assert not is_free(open_transaction)
    assert list_marks(services) == []


@pytest.mark.parametrize("changes", [{"letter": 4711}, {"made_at": "2001-01-01T00:00:00+00:00"}])
def test_the_mark_of_a_service_with_another_database_is_left_to_that(
    services: Services, open_transaction: OpenTransaction, letter: Letter, changes: dict[str, object]
) -> None:
    leave_mark(services, letter, **changes)
    assert free_abandoned_letters(services.factory, services.settings.journal_dir) == 0
    assert not is_free(open_transaction)
    assert len(list_marks(services)) == 1


@pytest.mark.parametrize("torn", [b"", b'{"letter": 1', b"[]", b'{"letter": null, "fence": 1, "made_at": ""}', b"\xff"])
def test_a_mark_that_says_nothing_is_set_aside(
    services: Services, letter: Letter, torn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    leave_mark(services, letter)
    (mark,) = list_marks(services)
    mark.write_bytes(torn)
    assert free_abandoned_letters(services.factory, services.settings.journal_dir) == 0
    assert [path.suffix for path in list_marks(services)] == [".aside"]
    assert caplog.messages[0].startswith(f"the mark {mark.name} is set aside: ")


def test_without_room_for_a_mark_the_letter_leaves_all_the_same(
    services: Services, open_transaction: OpenTransaction, letter: Letter, smtp_sink: SmtpSink,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    services.settings.journal_dir.write_text("a file where the folder should be")
    with open_transaction() as session:
        session.execute(update(Letter).values(state=LetterState.QUEUED))
    services.letter_sender.deliver(letter.id)
    assert smtp_sink.recipients == ["pat@example.org"]
    assert caplog.messages == [f"letter {letter.id} is sent without a mark: File exists"]


def test_a_letter_in_hand_is_marked(
    services: Services, open_transaction: OpenTransaction, letter: Letter, smtp_sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen: list[int] = []
    monkeypatch.setattr("service.deliveries.letters._record", lambda *_: seen.append(len(list_marks(services))))
    with open_transaction() as session:
        session.execute(update(Letter).values(state=LetterState.QUEUED))
    services.letter_sender.deliver(letter.id)
    assert seen == [1]
    assert list_marks(services) == []
    assert smtp_sink.recipients == ["pat@example.org"]
