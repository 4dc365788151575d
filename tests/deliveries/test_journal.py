"""What a sender's journal keeps when its process is killed, and what becomes of files that are none."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.deliveries.batches import HeldBatch
from service.deliveries.claiming import Claim
from service.deliveries.journal import Journal, Phase, Record, hold_abandoned, read_journal
from service.mail.events import About, Outcome, OutcomeKind

HELD = HeldBatch(7, 3, 2, 101, 104, datetime(2026, 11, 22, 12, 30, 1, 234567, tzinfo=UTC))
CLAIMS = [
    Claim(key, 40 + key, 2, key, f"reader-{key}@example.org", is_thanked=False, name=None) for key in range(101, 105)
]


def _open(folder: Path) -> Journal:
    journal = Journal(folder)
    journal.begin(HELD, CLAIMS)
    return journal


def _read(folder: Path) -> Record:
    """Read the only journal of a folder, whoever holds it."""
    (path,) = folder.glob("*.journal")
    file = os.open(path, os.O_RDONLY)
    try:
        return read_journal(file)
    finally:
        os.close(file)


def test_it_names_the_batch_and_each_copy_with_its_fence(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    record = _read(tmp_path)
    journal.close()
    assert record.held == HELD
    assert [(note.delivery_id, note.fence) for note in record.notes] == [(key, 40 + key) for key in range(101, 105)]
    assert {note.phase for note in record.notes} == {Phase.WAITING}


def test_one_that_recovery_set_aside_before_it_was_locked_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, taken = os.open, list[Path]()

    def take_away(path: Path, flags: int, mode: int = 0o777) -> int:
        file = real(path, flags, mode)
        if not taken and flags & os.O_EXCL:
            taken.append(path.rename(path.with_suffix(".aside")))
        return file

    monkeypatch.setattr(os, "open", take_away)
    journal = _open(tmp_path)
    assert taken
    assert _read(tmp_path).held == HELD
    journal.close()


def test_it_says_how_far_each_copy_came(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    for key in (101, 102, 103, 104):
        journal.note_taken(key)
    journal.note_leaving(102)
    journal.note_leaving(103)
    journal.note_answer(103, Outcome(OutcomeKind.REFUSED, 550, "5.1.1 No such user", About.RECIPIENT))
    journal.note_back(104)
    notes = _read(tmp_path).notes
    journal.close()
    assert [note.phase for note in notes] == [Phase.TAKEN, Phase.LEAVING, Phase.ANSWERED, Phase.WAITING]
    assert notes[2].outcome == Outcome(OutcomeKind.REFUSED, 550, "5.1.1 No such user", About.RECIPIENT)
    assert [note.outcome for note in notes if note.phase is not Phase.ANSWERED] == [None] * 3


_outcomes = st.builds(
    Outcome,
    st.sampled_from(OutcomeKind),
    st.none() | st.integers(200, 599),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=700),
    st.sampled_from(About),
)


@given(outcome=_outcomes)
def test_any_answer_is_kept_but_for_the_end_of_a_long_text(
    outcome: Outcome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = _open(folder)
    journal.note_answer(102, outcome)
    before, kept, after, _ = _read(folder).notes
    journal.end()
    assert kept.outcome is not None
    assert (kept.outcome.kind, kept.outcome.code, kept.outcome.about) == (outcome.kind, outcome.code, outcome.about)
    assert outcome.text.startswith(kept.outcome.text)
    assert len(outcome.text.encode()) - len(kept.outcome.text.encode()) <= max(0, len(outcome.text.encode()) - 228)
    assert {before.phase, after.phase} == {Phase.WAITING}


def test_a_second_answer_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    journal.note_answer(101, Outcome(OutcomeKind.DEFERRED, 451, "4.3.0 a long answer, and then more of it"))
    journal.note_answer(101, Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok"))
    outcome = _read(tmp_path).notes[0].outcome
    journal.close()
    assert outcome == Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok")


def test_it_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.deliveries.test_journal import _open\n"
        "journal = _open(Path(sys.argv[1])); journal.note_leaving(102)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, tmp_path], cwd=Path.cwd(), check=False)
    assert killed.returncode == -9
    (path,) = tmp_path.glob("*.journal")
    with hold_abandoned(path) as file:
        assert file is not None
        assert read_journal(file).notes[1].phase is Phase.LEAVING


def test_nobody_else_gets_it_while_its_sender_lives(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    (path,) = tmp_path.glob("*.journal")
    with hold_abandoned(path) as file:
        assert file is None
    journal.close()
    with hold_abandoned(path) as file:
        assert file is not None


def test_two_who_recover_do_not_get_the_same_one(tmp_path: Path) -> None:
    _open(tmp_path).close()
    (path,) = tmp_path.glob("*.journal")
    with hold_abandoned(path) as mine, hold_abandoned(path) as theirs:
        assert mine is not None
        assert theirs is None


def test_one_that_was_deleted_meanwhile_is_not_read(tmp_path: Path) -> None:
    _open(tmp_path).close()
    (path,) = tmp_path.glob("*.journal")
    path.unlink()
    with hold_abandoned(path) as file:
        assert file is None


def test_the_end_of_a_batch_leaves_no_file_and_a_next_batch_gets_one_of_its_own(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    journal.end()
    assert list(tmp_path.iterdir()) == []
    journal.begin(HELD, CLAIMS[:2])
    assert len(_read(tmp_path).notes) == 2
    journal.end()


def test_a_batch_whose_commit_is_in_doubt_is_left_to_recovery(tmp_path: Path) -> None:
    journal = _open(tmp_path)
    journal.begin(HELD, CLAIMS)
    assert len(list(tmp_path.glob("*.journal"))) == 2
    journal.end()
    (left,) = tmp_path.glob("*.journal")
    with hold_abandoned(left) as file:
        assert file is not None


def test_only_its_own_account_may_read_it(tmp_path: Path) -> None:
    journal = _open(tmp_path / "made" / "here")
    (path,) = (tmp_path / "made" / "here").iterdir()
    journal.close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:0], id="empty"),
        pytest.param(lambda content: content[:40], id="a part of its head"),
        pytest.param(lambda content: content[:-1], id="a byte short"),
        pytest.param(lambda content: content + b"\0", id="a byte long"),
        pytest.param(lambda content: b"\x7fELF" + content[4:], id="something else"),
        pytest.param(lambda content: content[:80] + b"\x09" + content[81:], id="a phase that is none"),
        pytest.param(lambda content: content[:80] + b"\x03\xff" + content[82:], id="an answer that is none"),
    ],
)
def test_what_is_torn_or_foreign_is_told_apart(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    _open(tmp_path).close()
    (path,) = tmp_path.glob("*.journal")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"\w"):
        _read(tmp_path)
