"""Bringing in past issues at the desk: an archive is handed in, looked through, brought in and taken back."""

import io
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.issues.models import Issue
from service.issues.past import files
from service.issues.past.models import Archive
from service.issues.past.running import run_archive
from service.issues.states import IssueState
from service.jobs import Job
from service.mail.models import Letter
from service.staff.models import AuditEntry
from service.web.desk import past_issues
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.issues.past.exports import write_ghost, write_substack
from tests.web.desk.browsing import Desk, Stock, words_of

PAGE = "/desk/issues/past"
READERS = "/desk/readers/imports/new"


def hand_in(desk: Desk, path: Path, **fields: object) -> str:
    """Hand an archive in and return the path of its page."""
    answer = desk.post(PAGE, newsletter="crossings", file=(io.BytesIO(path.read_bytes()), path.name), **fields)
    assert answer.status_code == 302, words_of(answer)
    return answer.headers["Location"]


def work(open_transaction: OpenTransaction, where: str) -> None:
    """Do what the worker would."""
    run_archive(open_transaction.services.factory, int(where.rsplit("/", 1)[1]))


def count_past(open_transaction: OpenTransaction) -> int:
    with open_transaction() as session:
        return session.scalar(select(func.count()).where(Issue.state == IssueState.PAST)) or 0


def test_first_each_post_is_shown_then_a_button_brings_them_in_and_another_takes_them_back(
    editor_desk: Desk, stock: Stock, open_transaction: OpenTransaction, published_jobs: PublishedJobs, tmp_path: Path
) -> None:
    assert stock
    where = hand_in(editor_desk, write_substack(tmp_path / "export.zip"), site="letters.example.org")
    archive_id = int(where.rsplit("/", 1)[1])
    assert published_jobs.of(Job.RUN_ARCHIVE) == [(archive_id,)]
    assert "4 of 8 posts so far" in editor_desk.read(where)
    work(open_transaction, where)
    words = editor_desk.read(where)
    assert "3 posts become past issues" in words
    assert "It was open to paying readers only" in words
    assert "lies on another server" in words
    assert count_past(open_transaction) == 0
    assert editor_desk.post(f"{where}/bring-in").status_code == 302
    assert len(published_jobs.of(Job.RUN_ARCHIVE)) == 2
    assert "3 posts are still to come" in editor_desk.read(where)
    work(open_transaction, where)
    assert "3 past issues stand" in editor_desk.read(where)
    assert count_past(open_transaction) == 3
    assert "3 past issues" in editor_desk.read(f"{where}/take-back")
    answer = editor_desk.post(f"{where}/take-back")
    assert answer.headers["Location"].endswith(PAGE)
    assert "taken back with 3 past issues" in editor_desk.read(PAGE)
    assert count_past(open_transaction) == 0
    with open_transaction() as session:
        deeds = list(session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"archive:{archive_id}")))
    assert deeds == ["Handed in an archive", "Brought in past issues", "Took an archive back"]


@pytest.fixture
def past_issue(desk: Desk, stock: Stock, open_transaction: OpenTransaction, tmp_path: Path) -> int:
    """A past issue, brought in."""
    assert stock
    where = hand_in(desk, write_ghost(tmp_path / "ghost.json"))
    work(open_transaction, where)
    desk.post(f"{where}/bring-in")
    work(open_transaction, where)
    with open_transaction() as session:
        return session.scalars(select(Issue.id).where(Issue.title == "A quiet quay")).one()


def test_a_past_issue_s_pages_say_that_nobody_got_it(desk: Desk, past_issue: int) -> None:
    words = desk.read(f"/desk/issues/{past_issue}")
    assert "Nobody got this by mail from here" in words
    assert "The archive it came from" in words
    assert "Review and send" not in words
    assert "Everything is settled" in words
    assert "never sent from here, and never will be" in desk.read(f"/desk/issues/{past_issue}/results")
    assert desk.get(f"/desk/issues/{past_issue}/progress").status_code == 302
    assert desk.get(f"/desk/issues/{past_issue}/missing").headers["Location"].endswith("/results")
    assert desk.get(f"/desk/issues/{past_issue}/preview/frame").status_code == 200


@pytest.mark.parametrize("deed", ["missing", "withdraw", "pause", "resume", "cancel", "send", "test-mail"])
def test_nothing_at_the_desk_sends_a_past_issue(
    desk: Desk, past_issue: int, open_transaction: OpenTransaction, deed: str
) -> None:
    desk.post(f"/desk/issues/{past_issue}/{deed}", address="jane@example.org")
    with open_transaction() as session:
        issue = session.get_one(Issue, past_issue)
        assert (issue.state, issue.audience, issue.released_at) == (IssueState.PAST, None, None)
        assert session.scalar(select(func.count()).select_from(Letter)) == 0


def test_our_own_issues_stand_before_past_ones(desk: Desk, past_issue: int) -> None:
    assert past_issue
    words = desk.read("/desk/")
    assert words.index("Patience Station") < words.index("安静的码头") < words.index("A quiet quay")
    assert "Not sent from here" in words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose the file"),
        ({"file": (b"Dear readers", "letter.txt")}, "neither Substack’s export"),
        ({"file": (b"PK\x03\x04", "export.zip")}, "damaged"),
    ],
)
def test_what_is_no_archive_comes_back_with_a_sentence_and_what_was_typed(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, fields: dict[str, tuple[bytes, str]], sentence: str
) -> None:
    assert stock
    sent = {name: (io.BytesIO(content), filename) for name, (content, filename) in fields.items()}
    answer = desk.post(PAGE, newsletter="crossings", site="https://letters.example.org", **sent)
    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert 'value="https://letters.example.org"' in words_of(answer)
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Archive)) == 0


def test_the_two_doors_of_one_archive_lead_to_each_other(desk: Desk, stock: Stock) -> None:
    assert stock
    assert f'href="{READERS}"' in desk.read(PAGE)
    assert f'href="{PAGE}"' in desk.read(READERS)


def test_a_site_that_is_none_is_said_beside_its_field(desk: Desk, stock: Stock, tmp_path: Path) -> None:
    assert stock
    path = write_ghost(tmp_path / "ghost.json")
    answer = desk.post(
        PAGE, newsletter="crossings", file=(io.BytesIO(path.read_bytes()), "g.json"), site="here & there"
    )
    assert answer.status_code == 422
    assert 'id="site-error"' in answer.text


def test_an_archive_may_be_larger_than_any_other_form_and_has_a_limit_of_its_own(
    desk: Desk, stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stock
    desk.client.application.config["MAX_CONTENT_LENGTH"] = 3_000  # as if it were three megabytes
    path = write_ghost(tmp_path / "ghost.json")
    assert path.stat().st_size > 3_000
    assert hand_in(desk, path)
    assert desk.post("/desk/issues/import", newsletter="crossings", text="x" * 4_000).status_code == 413
    monkeypatch.setattr(files, "LARGEST_FILE", 1_000)
    answer = desk.post(PAGE, newsletter="crossings", file=(io.BytesIO(path.read_bytes()), "large.json"))
    assert "at most 1,000 can be read" in words_of(answer)


def test_nobody_but_staff_may_send_a_large_file(
    app: Flask, stock: Stock, tmp_path: Path, open_transaction: OpenTransaction
) -> None:
    assert stock
    app.config["MAX_CONTENT_LENGTH"] = 3_000
    content = write_ghost(tmp_path / "ghost.json").read_bytes()
    answer = app.test_client().post(PAGE, data={"newsletter": "crossings", "file": (io.BytesIO(content), "g.json")})
    assert answer.status_code == 401
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Archive)) == 0


def test_posts_are_shown_a_page_at_a_time(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stock
    monkeypatch.setattr(past_issues, "PAGE", 3)
    where = hand_in(desk, write_ghost(tmp_path / "ghost.json"))
    work(open_transaction, where)
    first = desk.read(where)
    assert "A quiet quay" in first
    assert "A draft" not in first
    assert "after=3" in first
    assert "A draft" in desk.read(f"{where}?after=3")
    skipped = desk.read(f"{where}?outcome=skipped")
    assert "A quiet quay" not in skipped
    assert "Lexical only" in skipped
    assert desk.get(f"{where}?after=x&outcome=nonsense").status_code == 200
    assert desk.get(f"{PAGE}/99999").status_code == 404
