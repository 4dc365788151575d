"""What authors should not send: each gets a clear sentence, nothing is half stored, and the next manuscript is fine."""

import gc
import io
import warnings
import zipfile

import pytest

from service.issues.models import Finding, Issue, Item, Manuscript
from service.issues.queries import list_findings
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of

GOOD = "Dear readers,\nWelcome.\nBRIEFS\nThe Night Boat Sails Again\nAfter nine years it is back, twice a week.\n"


def _zip(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


BAD = {
    "an empty file": ("a.txt", b"", "The file is empty"),
    "only spaces": ("a.txt", b" \n\t \n", "The file is empty"),
    "5 MB of text": ("a.txt", b"A sentence about ferries. " * 200_000, "megabytes"),
    "a zip that is no Word file": ("a.docx", _zip(hello="not Word"), "zip archive"),
    "NULs": ("a.txt", b"Dear readers,\n\x00\x00\x00\x01binary", "not text"),
    "10,000 nested tags": ("a.html", b"<html><body>" + b"<div>" * 10_000 + b"deep", "nests more than"),
    "no encoding at all": ("a.txt", bytes(range(128, 256)) * 40, "not text"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_manuscript_is_refused_in_a_sentence_and_leaves_nothing(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, case: str
) -> None:
    name, data, word = BAD[case]
    before = _count_rows(open_transaction)
    with warnings.catch_warnings():
        # Werkzeug leaves the half-read upload of a refused request to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        answer = desk.post("/desk/issues/import", newsletter="crossings", file=(io.BytesIO(data), name))
        gc.collect()
    assert 400 <= answer.status_code < 500
    assert word in words_of(answer)
    assert "Traceback" not in answer.text
    assert _count_rows(open_transaction) == before
    assert stock.issue_id
    assert desk.post("/desk/issues/import", newsletter="crossings", text=GOOD).status_code == 302


@pytest.mark.parametrize(
    ("name", "data", "kept", "reason"),
    [
        ("a.html", f"<p>{GOOD}</p><script>alert(1)</script>".encode(), "Welcome", "script"),
        ("a.txt", "Дорогие читатели,\nСегодня мы пишем о паромах и о людях.\n".encode("cp1251"), "паромах", "1251"),
    ],
)
def test_what_can_be_read_with_doubt_is_read_with_a_warning(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, name: str, data: bytes, kept: str, reason: str
) -> None:
    answer = desk.post("/desk/issues/import", newsletter="crossings", file=(io.BytesIO(data), name))
    assert answer.status_code == 302
    issue_id = int(answer.headers["Location"].rsplit("/", 1)[1].split("#")[0])
    assert issue_id != stock.issue_id
    with open_transaction() as session:
        text = " ".join(item.markdown for item in session.get_one(Issue, issue_id).items)
        warnings = [finding.reason for finding in list_findings(session, issue_id) if finding.is_warning]
    assert kept in text
    assert "alert(1)" not in text
    assert any(reason in warning for warning in warnings)


def _count_rows(open_transaction: OpenTransaction) -> list[int]:
    with open_transaction() as session:
        return [session.query(table).count() for table in (Issue, Item, Manuscript, Finding)]
