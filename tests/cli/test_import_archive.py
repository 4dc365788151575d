"""``postrider issue import-archive`` and ``take-back-archive``."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.errors import BadInput
from service.issues.models import Issue
from service.issues.past.models import Archive
from tests.cli.conftest import Run
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.issues.past.exports import write_ghost, write_substack


@pytest.fixture(autouse=True)
def newsletter(open_transaction: OpenTransaction) -> None:
    """The only newsletter, so that nobody need name it."""
    with open_transaction() as session:
        make_newsletter(session)


def count(open_transaction: OpenTransaction) -> tuple[int, int]:
    """Return how many issues and archives there are."""
    with open_transaction() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Issue, Archive))  # type: ignore[return-value] # two of them


def test_a_dry_run_tells_of_each_post_and_keeps_nothing(
    run: Run, open_transaction: OpenTransaction, tmp_path: Path
) -> None:
    done = run("issue", "import-archive", str(write_substack(tmp_path / "export.zip")), "--dry-run")
    assert done.exit_code == 0, done.output
    assert "new       2021-03-05  The second log" in done.output
    assert "skipped   2022-03-02  For members" in done.output
    assert "paying readers" in done.output
    assert "of 8 posts 0 added, 3 to add, 0 here already, 5 skipped" in done.output
    assert count(open_transaction) == (0, 0)


def test_an_archive_comes_in_and_can_be_taken_back(run: Run, open_transaction: OpenTransaction, tmp_path: Path) -> None:
    path = str(write_ghost(tmp_path / "ghost.json"))
    done = run("issue", "import-archive", path, "--newsletter", "crossings", "--site", "https://x.test", "--json")
    report = json.loads(done.output)
    assert (report["house"], report["added"], report["skipped"]) == ("Ghost", 3, 4)
    assert count(open_transaction) == (3, 1)
    again = json.loads(run("issue", "import-archive", path, "--json").output)
    assert (again["added"], again["unchanged"]) == (0, 3)
    assert "3 past issues are deleted." in run("issue", "take-back-archive", str(report["archive"])).output
    assert count(open_transaction) == (0, 1)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.zip", b"PK\x03\x04 nothing", "damaged"),
        ("a.json", b'{"posts": []}', "no export of Ghost"),
        ("a.json", b'{"db": [{"data": {"posts": []}}]}', "no post"),
        ("a.json", b"{" + b'"a":[' * 100_000, "no JSON"),
        ("a.txt", b"Dear readers", "neither"),
    ],
)
def test_what_is_no_archive_is_refused_in_a_sentence(
    run: Run, open_transaction: OpenTransaction, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run("issue", "import-archive", str(path))
    assert isinstance(done.exception, BadInput)
    assert sentence in done.exception.message
    assert count(open_transaction) == (0, 0)
