"""What is taken along of readers: the log of consent and the readers of a newsletter, each noted."""

import csv
from io import StringIO

import pytest
from sqlalchemy import text

from service.staff.audit import list_entries
from service.subscribers.suppression import lift
from tests.factories.readers import stop
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, words_of
from tests.web.desk.readership import BROUGHT, COMPLAINED, JANE, STATEMENT, STOPPED, Readership


def actions(open_transaction: OpenTransaction) -> list[str]:
    """Return what the trail says was taken."""
    with open_transaction() as session:
        return [entry.action for entry, _ in list_entries(session, "readers")]


def test_the_log_of_consent_is_taken_along_and_noted(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    answer = desk.post("/desk/readers/consent.csv", about="", first="", last="")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="consent.csv"'
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert {row["newsletter"] for row in rows} == {"crossings", "border-notes"}
    assert [row["wording"] for row in rows if row["address"] == BROUGHT] == [f"'{STATEMENT}"]
    of_one = desk.post("/desk/readers/consent.csv", about=readership.other_id).text
    assert JANE in of_one
    assert BROUGHT not in of_one
    assert desk.post("/desk/readers/consent.csv", last="2000-01-01").text.count("\n") == 1
    assert actions(open_transaction) == ["Took the log of consent along"] * 3


def test_the_readers_of_a_newsletter_are_taken_along_and_noted(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    answer = desk.post("/desk/readers/export.csv", of=readership.other_id)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="readers-border-notes.csv"'
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [(row["address"], row["state"]) for row in rows] == [
        ("complained@example.org", "suppressed"),
        (JANE, "active"),
    ]
    assert actions(open_transaction) == ["Took the readers of Crossings along"]


def test_who_must_not_be_mailed_is_taken_along_and_noted_without_the_erased(
    desk: Desk, readership: Readership, publisher_account: int, open_transaction: OpenTransaction
) -> None:
    assert readership
    with open_transaction() as session:
        stop(session, "=nobody@example.org")  # has never been a reader
        lift(session, stop(session, "again@example.org").id, note="By telephone.", account_id=publisher_account)
    assert "Erased people are not in it" in desk.read("/desk/readers/take-along")
    answer = desk.post("/desk/readers/suppressed.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="must-not-be-mailed.csv"'
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [(row["address"], row["state"], row["source"]) for row in rows] == [
        ("'=nobody@example.org", "suppressed", "staff"),
        (COMPLAINED, "suppressed", "complaint"),
        (STOPPED, "suppressed", "staff"),
    ]
    assert actions(open_transaction) == ["Took the addresses that must not be mailed along"]


BAD = [
    ("consent", {"first": "yesterday"}, "The first day is written as year, month and day"),
    ("consent", {"first": "2026-02-02", "last": "2026-02-01"}, "The period ends before it begins."),
    ("consent", {"last": "9999-12-31"}, "The last day lies between 1900-01-01 and 2999-12-31."),
    ("consent", {"about": "999"}, "Choose a newsletter."),
    ("export", {"of": ""}, "Choose a newsletter."),
]


@pytest.mark.parametrize(("what", "form", "sentence"), BAD)
def test_a_wish_that_will_not_do_takes_nothing(
    desk: Desk,
    readership: Readership,
    open_transaction: OpenTransaction,
    what: str,
    form: dict[str, str],
    sentence: str,
) -> None:
    assert readership
    answer = desk.post(f"/desk/readers/{what}.csv", **form)
    assert answer.status_code == 422
    assert sentence in words_of(answer)
    assert JANE not in words_of(answer)
    assert actions(open_transaction) == []


def test_a_download_that_is_broken_off_leaves_no_transaction_open(
    desk: Desk, readership: Readership, open_transaction: OpenTransaction
) -> None:
    assert readership
    answer = desk.post("/desk/readers/consent.csv")
    assert next(answer.iter_encoded()).startswith("\ufeffwhen".encode())
    answer.close()
    others = "datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
    with open_transaction() as session:
        busy = f"select count(*) from pg_stat_activity where {others} and state <> 'idle'"  # noqa: S608 - ours
        assert session.scalar(text(busy)) == 0
