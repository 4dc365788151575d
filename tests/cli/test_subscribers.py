"""``postrider subscribers``: a file in, the same file out, and a sentence where it can't be."""

import csv
import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from service.errors import BadInput
from service.spreadsheets import BYTE_ORDER_MARK
from tests.cli.conftest import Run
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.issues.past.exports import LATIN, pack_substack
from tests.issues.past.exports import row as post_row

MAILCHIMP = "Email Address,First Name,Last Name,OPTIN_TIME,LEID,EUID,NOTES,TAGS\n"


@pytest.fixture
def list_file(tmp_path: Path, open_transaction: OpenTransaction) -> Path:
    """A CSV with two readers and a line that is none, for the one newsletter there is."""
    with open_transaction() as session:
        make_newsletter(session)
    path = tmp_path / "readers.csv"
    path.write_text("email,name,status\nann@x.org,Ann,active\nbob@x.org,Bob,unsubscribed\nnobody,Cy,active\n")
    return path


def test_a_file_comes_in_and_the_report_is_one_json_document(run: Run, list_file: Path) -> None:
    ran = run("subscribers", "import", str(list_file), "--json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout) == {
        "format": "CSV",
        "rows": 3,
        "added": 1,
        "updated": 0,
        "unchanged": 0,
        "suppressed": 0,
        "skipped": [
            {"line": 3, "address": "bob@x.org", "reason": "They left there; written down as one who left."},
            {"line": 4, "address": "nobody", "reason": "An e-mail address has exactly one @."},
        ],
    }
    again = json.loads(run("subscribers", "import", str(list_file), "--json").stdout)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_a_dry_run_says_the_same_and_brings_nobody(run: Run, list_file: Path) -> None:
    rehearsed = json.loads(run("subscribers", "import", str(list_file), "--dry-run", "--json").stdout)
    assert "ann@x.org" not in run("subscribers", "export").stdout
    assert rehearsed == json.loads(run("subscribers", "import", str(list_file), "--json").stdout)


def test_what_came_in_goes_out_and_can_be_taken_back(run: Run, list_file: Path, tmp_path: Path) -> None:
    ran = run("subscribers", "import", str(list_file), "--newsletter", "crossings")
    assert "of 3 lines 1 were added" in ran.stdout
    assert "line 4, nobody: An e-mail address has exactly one @." in ran.stdout
    out = tmp_path / "out.csv"
    assert run("subscribers", "export", "--output", str(out)).exit_code == 0
    rows = list(csv.DictReader(out.read_text().removeprefix(BYTE_ORDER_MARK).splitlines()))
    assert [(row["address"], row["state"]) for row in rows] == [("ann@x.org", "active"), ("bob@x.org", "unsubscribed")]
    assert "2 removed, 0 put back as they were, 0 kept." in run("subscribers", "undo", "1").stdout
    assert run("subscribers", "export").stdout.count("\n") == 1


def test_a_zip_of_mailchimp_says_who_left(run: Run, list_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "audience.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("subscribed_1.csv", f"{MAILCHIMP}ann@x.org,Ann,Lee,2024-01-02 03:04:05,1,2,,\n")
        archive.writestr("unsubscribed_1.csv", f"{MAILCHIMP}bob@x.org,Bob,,2024-01-02 03:04:05,1,2,,\n")
        archive.writestr("cleaned_1.csv", f"{MAILCHIMP}cy@x.org,Cy,,2024-01-02 03:04:05,1,2,,\n")
    assert list_file
    report = json.loads(run("subscribers", "import", str(path), "--json").stdout)
    assert (report["format"], report["rows"], report["added"], report["suppressed"]) == ("Mailchimp", 3, 1, 1)
    assert report["skipped"] == [
        {
            "line": 2,
            "address": "bob@x.org",
            "reason": "unsubscribed_1.csv: They left there; written down as one who left.",
        }
    ]


def test_columns_can_be_named(run: Run, list_file: Path) -> None:
    list_file.write_text("Wer,Wohin\nAnn,ann@x.org\n")
    ran = run("subscribers", "import", str(list_file), "--map", "address=Wohin", "--map", "name=Wer", "--json")
    assert json.loads(ran.stdout)["added"] == 1
    assert "Ann" in run("subscribers", "export").stdout


@pytest.mark.parametrize(
    ("content", "words", "sentence"),
    [
        ("who\na@x.org\n", (), "say which"),
        ("email\na@x.org\n", ("--newsletter", "none"), "no such newsletter"),
        ("%PDF", (), "a PDF"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    run: Run, list_file: Path, content: str, words: tuple[str, ...], sentence: str
) -> None:
    list_file.write_text(content)
    problem = run("subscribers", "import", str(list_file), *words).exception
    assert problem is not None
    assert sentence in str(problem)


def test_with_two_newsletters_one_must_be_named(run: Run, list_file: Path, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_newsletter(session, slug="other")
    problem = run("subscribers", "import", str(list_file)).exception
    assert isinstance(problem, BadInput)
    assert "crossings, other" in problem.message


def test_a_mapping_without_a_column_is_wrong_usage(run: Run, list_file: Path) -> None:
    assert run("subscribers", "import", str(list_file), "--map", "address").exit_code == 2


def test_posts_are_not_taken_for_readers(run: Run, tmp_path: Path) -> None:
    archive = pack_substack(
        tmp_path / "export.zip", [post_row("1.one", "2021-01-01T00:00:00Z", "One")], {"1.one": LATIN}
    )
    problem = run("subscribers", "import", str(archive), "--statement", "They asked for it.").exception
    assert isinstance(problem, BadInput)
    assert "“posts.csv” is Substack’s list of posts, not of people" in problem.message
