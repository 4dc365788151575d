"""Files of readers at the desk: stored first, rehearsed always, brought in when somebody says so, and undone."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage

from service.jobs import Job
from service.spreadsheets import BYTE_ORDER_MARK
from service.staff.models import AuditEntry
from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.importing.progress import note_chunk
from service.subscribers.importing.running import run_import
from service.subscribers.importing.upkeep import tend_imports
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import SuppressionReason
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.issues.past.exports import LATIN, pack_substack
from tests.issues.past.exports import row as post_row
from tests.web.desk.browsing import Desk, Stock, words_of
from tests.web.desk.importing import STATEMENT, Door, post_whole

LIST = "email,name,status\nann@x.org,Ann,active\nbob@x.org,Bob,unsubscribed\n=nobody,Cy,active\n"
MAILCHIMP = "Email Address,First Name,Last Name,OPTIN_TIME,LEID,EUID,NOTES,TAGS\n"


@pytest.fixture
def door(desk: Desk, stock: Stock, services: Services, published_jobs: PublishedJobs) -> Door:
    """A publisher at the door for files of readers, with a worker behind it."""
    assert stock
    return Door(desk, services.factory, published_jobs)


def test_a_file_is_rehearsed_before_anybody_comes_in(door: Door) -> None:
    path = door.bring(LIST)
    assert "Waiting to be read" in door.desk.read(path)
    door.work()
    page = door.desk.read(path)
    assert "This was a dry run. Nobody has come in yet." in page
    assert "An e-mail address has exactly one @." in page
    assert "They left there; written down as one who left." in page
    assert STATEMENT in page
    assert door.people() == {}
    row = door.look(path)
    assert (row.state, row.is_dry_run, row.added, row.skipped) == (ImportState.DONE, True, 1, 2)


def test_what_was_rehearsed_is_brought_in_from_the_same_file_and_then_forgotten(
    door: Door, open_transaction: OpenTransaction
) -> None:
    path = door.bring(LIST)
    door.work()
    rehearsed = door.look(path)
    assert door.desk.post(f"{path}/bring").status_code == 302
    assert door.desk.post(f"{path}/bring").status_code == 302
    door.work()
    row = door.look(path)
    assert (row.state, row.is_dry_run) == (ImportState.DONE, False)
    assert (row.rows, row.added, row.skipped) == (rehearsed.rows, rehearsed.added, rehearsed.skipped)
    assert door.people() == {"ann@x.org": "active", "bob@x.org": "unsubscribed"}
    page = door.desk.read(path)
    assert page.count("An e-mail address has exactly one @.") == 2  # as a reason, and at its line
    with open_transaction() as session:
        assert session.scalars(select(ImportChunk.number)).all() == []
        proof = session.scalars(select(ConsentEvent).where(ConsentEvent.import_id == row.id)).one()
        assert (proof.wording, proof.account_id) == (STATEMENT, row.account_id)
        deeds = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert deeds == ["Sent a file of readers", "Brought readers in"]


def test_nobody_is_brought_in_before_the_dry_run_has_ended(door: Door) -> None:
    path = door.bring(LIST)
    response = door.desk.post(f"{path}/bring")
    assert (response.status_code, "nobody is brought in before" in words_of(response)) == (409, True)
    door.work()
    assert (door.people(), door.look(path).is_dry_run) == ({}, True)


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b"%PDF-1.7", "list.pdf", "a PDF: export the list as CSV"),
        (b"", "list.csv", "This file is empty."),
        (b"email,name\n,\n\n", "list.csv", "Nobody is in this file: no line follows the names of its columns."),
        (b"Who,Where\n", "list.csv", "Nobody is in this file: no line follows the names of its columns."),
        (b"ann@x.org\nbob@x.org\n", "list.csv", "The first line must name the columns"),
        (b"x" * 1_100_000, "list.csv", "Line 1 is longer than 1,000,000 characters"),
        (b"PK\x03\x04damaged", "list.zip", "This zip archive is damaged"),
        (b"a\x00b\x00c\x00d\x00" * 40, "list.csv", "as in UTF-16 without its mark"),
    ],
)
def test_a_file_that_no_one_can_read_is_refused_with_a_sentence_and_what_was_typed(
    door: Door, content: bytes, filename: str, sentence: str
) -> None:
    response = door.send(content, filename)
    assert response.status_code == 422
    assert sentence in words_of(response)
    assert STATEMENT in words_of(response)
    assert door.imports() == []


def test_an_archive_of_posts_alone_leads_to_past_issues_and_to_no_columns(door: Door, tmp_path: Path) -> None:
    archive = pack_substack(
        tmp_path / "export.zip", [post_row("1.one", "2021-01-01T00:00:00Z", "One")], {"1.one": LATIN}
    )
    response = door.send(archive.read_bytes(), archive.name)
    assert response.status_code == 422
    assert "bring it in at Issues, under “Past issues”" in words_of(response)
    assert door.imports() == []


def test_a_line_that_is_none_ends_the_dry_run_with_a_sentence_and_can_be_read_again_or_discarded(door: Door) -> None:
    path = door.bring(b"email\nann@x.org\n" + b"x" * 1_100_000)
    door.work()
    page = door.desk.read(path)
    assert "Line 3 is longer than 1,000,000 characters" in page
    for offer in ("Read it again", "Change the columns", "Discard"):
        assert offer in page
    assert "Bring them in" not in page
    assert door.desk.post(f"{path}/bring").status_code == 409


@pytest.mark.parametrize("statement", ["", "  \n ", "a\0b"])
def test_how_they_agreed_must_be_said(door: Door, statement: str) -> None:
    response = door.send(LIST, statement=statement)
    assert response.status_code == 422
    assert "how these people agreed" in words_of(response)
    assert door.imports() == []


def test_a_form_without_a_file_says_so(door: Door) -> None:
    response = door.desk.post("/desk/readers/imports/new", newsletter="crossings", statement=STATEMENT)
    assert (response.status_code, "Choose the file with the readers." in words_of(response)) == (422, True)
    assert STATEMENT in words_of(response)


def test_columns_that_nobody_can_know_are_named_without_a_second_upload(door: Door) -> None:
    response = door.send("Wer,Wohin,Stadt\nAnn,ann@x.org,Åre\nBob,bob@x.org,\n")
    assert response.location.endswith("/columns")
    page = door.desk.read(response.location)
    assert "No column of this file is surely the e-mail address" in page
    assert "ann@x.org" in page
    assert door.published.of(Job.RUN_IMPORT) == []
    path = response.location.removesuffix("/columns")
    assert "Columns to name" in door.desk.read(path)
    wrong = door.desk.post(response.location, address="", name="Wer")
    assert (wrong.status_code, "say which" in words_of(wrong)) == (422, True)
    assert '<option value="Wer" selected>' in words_of(wrong)
    missing = door.desk.post(response.location, address="Gone")
    assert (missing.status_code, "This file has no column “Gone”." in words_of(missing)) == (422, True)
    named = door.desk.post(response.location, address="Wohin", name="Wer", keep=["Stadt"])
    assert named.status_code == 302
    door.work()
    door.desk.post(f"{path}/bring")
    door.work()
    with door.factory() as session:
        ann = session.scalars(select(Subscriber).where(Subscriber.address_key == "ann@x.org")).one()
        assert (ann.name, ann.fields) == ("Ann", {"Stadt": "Åre"})
    closed = door.desk.client.get(response.location, follow_redirects=True)
    assert "can’t be named any more" in words_of(closed)


def test_columns_that_were_read_wrongly_are_named_anew_after_the_dry_run(door: Door) -> None:
    path = door.bring("email,name,mail 2\nann@x.org,Ann,bob@x.org\n")
    door.work()
    assert '<option value="email" selected>' in door.desk.read(f"{path}/columns")
    assert door.desk.post(f"{path}/columns", address="mail 2", name="name").status_code == 302
    door.work()
    door.desk.post(f"{path}/bring")
    door.work()
    assert door.people() == {"bob@x.org": "active"}


def test_a_file_of_mailchimp_s_that_lost_its_name_gets_it_back(door: Door) -> None:
    response = door.send(f"{MAILCHIMP}ann@x.org,Ann,Lee,2024-01-02 03:04:05,1,2,likes cats,\n", "audience.csv")
    page = door.desk.read(response.location)
    assert "Who is in this file?" in page
    unsure = door.desk.post(response.location, people="")
    assert (unsure.status_code, "Choose who these people are." in words_of(unsure)) == (422, True)
    door.desk.post(response.location, people="left")
    door.work()
    row = door.look(response.location.removesuffix("/columns"))
    assert (row.filename, row.format, row.skipped) == ("unsubscribed_audience.csv", "Mailchimp", 1)


def test_the_lists_of_a_zip_are_shown_together_and_brought_in_together(door: Door) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, who in (("subscribed_1.csv", "ann"), ("unsubscribed_1.csv", "bob"), ("cleaned_1.csv", "cy")):
            archive.writestr(name, f"{MAILCHIMP}{who}@x.org,,,2024-01-02 03:04:05,1,2,,\n")
    path = door.bring(packed.getvalue(), "audience.zip")
    other = door.bring(LIST)
    door.work()
    page = door.desk.read(path)
    assert "3 lists came in this file" in page
    assert "unsubscribed_1.csv" in page
    assert "list.csv" not in page
    door.desk.post(f"{path}/bring", everyone="1")
    door.work()
    assert door.people() == {"ann@x.org": "active", "bob@x.org": "unsubscribed", "cy@x.org": "unsubscribed"}
    assert door.look(other).is_dry_run


def test_a_file_is_cancelled_goes_on_and_is_discarded(door: Door) -> None:
    path = door.bring(LIST)
    assert door.desk.post(f"{path}/cancel").status_code == 302
    assert "It stops within moments." in door.desk.read(path)
    door.work()
    assert door.look(path).state is ImportState.CANCELLED
    late = door.desk.client.post(f"{path}/cancel", data={"csrf_token": door.token()}, follow_redirects=True)
    assert "This import has ended already" in words_of(late)
    assert "Nobody has come in." in door.desk.read(path)
    door.desk.post(f"{path}/go-on")
    door.work()
    assert door.look(path).state is ImportState.DONE
    assert door.desk.post(f"{path}/discard").location == "/desk/readers/imports"
    assert door.imports() == []
    assert door.desk.get(path).status_code == 404


def test_one_that_stopped_goes_on_after_the_last_line_that_is_in(
    door: Door, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = door.bring("email\n" + "".join(f"p{number}@x.org\n" for number in range(10)))
    door.work()
    door.desk.post(f"{path}/bring")
    door.published.jobs.clear()
    import_id = door.look(path).id
    noted: list[int] = []

    def die_at_the_second_chunk(*facts: Any) -> bool:
        if noted:
            raise ConnectionError
        noted.append(1)
        return note_chunk(*facts)

    with monkeypatch.context() as patch:
        patch.setattr("service.subscribers.importing.committing.note_chunk", die_at_the_second_chunk)
        with pytest.raises(ConnectionError):
            run_import(door.factory, import_id, chunk=4)
    with open_transaction() as session:
        stopped = update(Import).values(state=ImportState.FAILED, problem="It stopped.", lease_until=None)
        session.execute(stopped.where(Import.id == import_id))
    row = door.look(path)
    assert (len(door.people()), row.rows) == (4, 4)
    page = door.desk.read(path)
    assert "It stopped" in page
    assert "Go on" in page
    assert door.desk.post(f"{path}/discard").status_code == 409
    door.desk.post(f"{path}/go-on")
    door.work()
    row = door.look(path)
    assert (row.state, row.rows, row.added, len(door.people())) == (ImportState.DONE, 10, 10, 10)


def test_undoing_says_first_what_it_does_and_then_who_stays(door: Door, open_transaction: OpenTransaction) -> None:
    path = door.bring("email\nann@x.org\nbob@x.org\ncy@x.org\n")
    door.work()
    assert door.desk.get(f"{path}/undo").status_code == 302  # a dry run: there is nothing to undo
    door.desk.post(f"{path}/bring")
    door.work()
    with open_transaction() as session:
        tie = session.scalars(
            select(Subscription).join(Subscription.subscriber).where(Subscriber.address_key == "bob@x.org")
        ).one()
        session.add(ConsentEvent(subscription_id=tie.id, event="unsubscribe", source="one-click", wording="No more"))
    page = door.desk.read(f"{path}/undo")
    assert "as if they had never come</dt><dd>2</dd>" in page
    assert "names them since they came in</dt><dd>1</dd>" in page
    assert door.desk.post(f"{path}/undo").status_code == 302
    assert "Being undone" in door.desk.read(path)
    door.work()
    page = door.desk.read(path)
    assert "Undone" in page
    assert "1 person stays on record" in page
    assert door.people() == {"bob@x.org": "unsubscribed"}


def test_the_report_is_taken_along_safe_for_a_spreadsheet(door: Door, open_transaction: OpenTransaction) -> None:
    path = door.bring(LIST)
    door.work()
    answer = door.desk.post(f"{path}/lines.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.reader(StringIO(answer.text.removeprefix(BYTE_ORDER_MARK))))
    assert rows == [
        ["line", "address", "outcome", "reason"],
        ["3", "bob@x.org", "skipped", "They left there; written down as one who left."],
        ["4", "'=nobody", "skipped", "An e-mail address has exactly one @."],
    ]
    with open_transaction() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert last.action == "Took the report along"


def test_lines_are_paged_by_their_numbers_and_filtered_by_what_becomes_of_them(door: Door) -> None:
    path = door.bring("email,status\n" + "".join(f"n{number},active\n" for number in range(150)) + "b@x.org,bounced\n")
    door.work()
    page = door.desk.read(path)
    assert "n99<" in page
    assert "n100<" not in page
    further = door.desk.read(f"{path}?after=101")
    assert "n100<" in further
    assert "b@x.org" in further
    only = door.desk.read(f"{path}?outcome=suppressed")
    assert "b@x.org" in only
    assert "n1<" not in only
    for strange in ("?after=x&outcome=y", "?after=99999999999999999999", "?after=-1"):
        assert "n0<" in door.desk.read(path + strange) or "No further line" in door.desk.read(path + strange)


def test_the_same_file_again_is_told(door: Door) -> None:
    path = door.bring(LIST)
    door.work()
    assert "The same file?" not in door.desk.read(path)
    door.desk.post(f"{path}/bring")
    door.work()
    again = door.bring(LIST)
    door.work()
    assert "A file of this name and size was brought into this newsletter on" in door.desk.read(again)


def test_whose_file_says_no_language_gets_the_newsletter_s(door: Door, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        make_newsletter(session, slug="russian").language = "ru"
    path = door.bring("email,language\nann@x.org,\nbob@x.org,de\ncy@x.org,tlh\n", newsletter="russian")
    door.work()
    door.desk.post(f"{path}/bring")
    door.work()
    with open_transaction() as session:
        people = session.execute(select(Subscriber.address_key, Subscriber.language).where(Subscriber.import_id > 0))
        assert dict(people.all()) == {"ann@x.org": "ru", "bob@x.org": "de", "cy@x.org": "ru"}


def test_the_list_of_files_says_who_when_and_how_many(door: Door) -> None:
    assert "Nobody was brought in yet" in door.desk.read("/desk/readers/imports")
    path = door.bring(LIST, "über & <b>.csv")
    door.work()
    page = door.desk.read("/desk/readers/imports")
    assert "über & <b>.csv" in page
    assert "Pat Publisher" in page
    assert "Dry run done" in page
    assert "<b>.csv" not in door.desk.get("/desk/readers/imports").text
    assert path in page
    assert "Nothing older" in door.desk.read("/desk/readers/imports?before=1")


def test_the_figures_are_told_to_the_page_while_it_is_read(door: Door) -> None:
    path = door.bring(LIST)
    told = json.loads(door.desk.get(f"{path}/progress.json").text)
    assert (told["state"], told["live"], told["said"]) == ("waiting", True, "0% of the file is read.")
    door.work()
    told = json.loads(door.desk.get(f"{path}/progress.json").text)
    assert (told["state"], told["live"]) == ("done", False)
    assert told["figures"] == {"added": 1, "updated": 0, "unchanged": 0, "suppressed": 0, "skipped": 2}


def test_a_file_that_was_kept_for_a_day_is_gone_and_the_page_says_so(
    door: Door, open_transaction: OpenTransaction
) -> None:
    path = door.bring(LIST)
    unnamed = door.bring("who\nann@x.org\n").removesuffix("/columns")
    waiting = door.bring(LIST, "waiting.csv")
    door.published.jobs.pop()
    door.work()
    with open_transaction() as session:
        days = timedelta(days=2)
        session.execute(
            update(Import).values(created_at=Import.created_at - days, finished_at=Import.finished_at - days)
        )
        tend_imports(session)
    assert "The file is gone" in door.desk.read(path)
    assert door.desk.post(f"{path}/bring").status_code == 409
    assert door.desk.get(unnamed).status_code == 404
    with open_transaction() as session:
        assert set(session.scalars(select(ImportChunk.import_id))) == {door.look(waiting).id}


def test_two_files_at_once_are_both_whole(door: Door) -> None:
    files = ["email\n" + "".join(f"{name}{number}@x.org\n" for number in range(100_000)) for name in ("a", "b")]
    others = [Door(Desk(door.desk.client.application.test_client()), door.factory, door.published) for _ in files]
    for other in others:
        with door.desk.client.session_transaction() as ours, other.desk.client.session_transaction() as theirs:
            theirs.update(ours)
    with ThreadPoolExecutor() as pool:
        paths = list(pool.map(lambda other, file: other.bring(file), others, files))
    door.work()
    assert [door.look(path).added for path in paths] == [100_000, 100_000]


def test_a_file_too_large_for_the_page_is_not_read(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.desk.uploads._AROUND", -199_999_000)
    response = door.send(LIST * 100)
    assert response.status_code == 413
    assert "larger than 200 megabytes" in words_of(response)


def test_only_this_page_and_only_of_staff_takes_more_than_three_megabytes(door: Door, app: Flask) -> None:
    large = "email\n" + "ann@x.org\n" * 310_000
    assert door.send(large).status_code == 302
    assert door.desk.post("/desk/issues/import", newsletter="crossings", text=large).status_code == 413
    stranger = post_whole(app.test_client(), file=FileStorage(BytesIO(large.encode()), "list.csv"))
    assert stranger.status_code == 401
    assert "Your session ended" in words_of(stranger)


def test_a_form_of_another_site_is_refused(door: Door) -> None:
    response = door.desk.client.post(
        "/desk/readers/imports/new",
        data={"newsletter": "crossings", "statement": STATEMENT, "file": (BytesIO(LIST.encode()), "l.csv")},
    )
    assert response.status_code == 400
    assert door.imports() == []


def test_case_61_a_large_file_with_every_fault_comes_in_by_the_desk_but_for_its_bad_lines(
    door: Door, open_transaction: OpenTransaction
) -> None:
    count = 200_000  # ten megabytes
    rows = [f"reader{number}@host{number % 977}.example.org,=1+{number},active" for number in range(count)]
    rows[500] = 'open@example.org,"Ann,active'
    rows[1_500] = "nul@example.org,A\0nn,active"
    rows[2_500] = "=a@b@example.org,Ann,active"
    rows[3_500] = rows[3_499]
    rows[4_500] = "kept-away@example.org,Ann,active"
    rows[5_500] = "bob@example.org,Bob,perhaps"
    file = "\n".join(["email,name,status", *rows, ""]).encode().replace(b"reader6500@", b"reader\xff\xfe6500@")
    file = file.replace(b"=1+7500,", "Жанна,".encode())
    with open_transaction() as session:
        suppress(session, "kept-away@example.org", SuppressionReason.STAFF)
    path = door.bring(file)
    door.work()
    rehearsed, report = door.look(path), door.desk.post(f"{path}/lines.csv").text
    assert door.people() == {}
    door.desk.post(f"{path}/bring")
    door.work()
    row = door.look(path)
    assert (row.rows, row.added, row.unchanged, row.suppressed, row.skipped) == (count, count - 7, 1, 1, 5)
    assert (row.rows, row.added, row.skipped) == (rehearsed.rows, rehearsed.added, rehearsed.skipped)
    assert len(door.people()) == count - 7
    assert door.desk.post(f"{path}/lines.csv").text == report
    told = list(csv.reader(StringIO(report.removeprefix(BYTE_ORDER_MARK))))[1:]
    assert [(int(line), outcome) for line, _, outcome, _ in told] == [
        (502, "skipped"),
        (1_502, "skipped"),
        (2_502, "skipped"),
        (4_502, "suppressed"),
        (5_502, "skipped"),
        (6_502, "skipped"),
    ]
    assert told[2][1] == "'=a@b@example.org"
    page = door.desk.read(path)
    assert "“…” in the column “status” is no word that we know." in page
    assert "“perhaps” in the column “status” is no word that we know." in page
