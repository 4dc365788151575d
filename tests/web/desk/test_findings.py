"""What the import could not decide alone: shown, put back, settled."""

from collections.abc import Callable

import pytest

from service.issues.models import Finding, Manuscript
from service.issues.queries import get_item, list_findings
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock

LINES = (
    (True, 14, "[3]", "This mark has no note."),
    (False, 2, "Skip to content", "navigation"),
    (False, 57, "Фото: причал", "a picture credit"),
)


@pytest.fixture
def findings(stock: Stock, put_on_desk: Callable[..., None], open_transaction: OpenTransaction) -> list[int]:
    """The ids of a warning and of two lines left out, in this order."""
    rows = [Finding(is_warning=w, line=line, text=text, reason=reason) for w, line, text, reason in LINES]
    put_on_desk(Manuscript(issue_id=stock.issue_id, filename="issue.txt", source=b"x", findings=rows))
    with open_transaction() as session:
        return [finding.id for finding in list_findings(session, stock.issue_id)]


def test_every_line_is_shown_with_its_number_text_and_reason(desk: Desk, stock: Stock, findings: list[int]) -> None:
    assert len(findings) == 3
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    for _, line, text, reason in LINES:
        for words in (f"Line {line}", text, reason):
            assert words in page
    assert "3 lines to settle, 0 settled" in page
    assert "1 warning from the import waits for you to settle." in page


def test_a_settled_line_stays_readable(desk: Desk, stock: Stock, findings: list[int]) -> None:
    for _ in range(2):
        response = desk.post(f"/desk/findings/{findings[0]}/settle")
        assert response.location == f"/desk/issues/{stock.issue_id}#manuscript"
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    assert "2 lines to settle, 1 settled" in page
    assert "This mark has no note." in page
    assert "waits for you to settle" not in page


def test_a_line_is_put_back_into_the_chosen_item_once_however_often_it_is_pressed(
    desk: Desk, stock: Stock, findings: list[int], open_transaction: OpenTransaction
) -> None:
    for _ in range(2):
        desk.post(f"/desk/findings/{findings[2]}/restore", item=stock.item_ids[3])
    with open_transaction() as session:
        assert get_item(session, stock.item_ids[3]).markdown.count("Фото: причал") == 1


def test_all_lines_left_out_are_settled_at_once_but_no_warning_is(
    desk: Desk, stock: Stock, findings: list[int], open_transaction: OpenTransaction
) -> None:
    assert findings
    desk.post(f"/desk/issues/{stock.issue_id}/findings/settle")
    with open_transaction() as session:
        left = list_findings(session, stock.issue_id)
    assert [(finding.is_warning, finding.settled_at is not None) for finding in left] == [
        (True, False),
        (False, True),
        (False, True),
    ]


@pytest.mark.parametrize("item", ["", "0", "999999", "x"])
def test_a_line_is_not_put_into_an_item_that_is_not_there(desk: Desk, findings: list[int], item: str) -> None:
    assert desk.post(f"/desk/findings/{findings[2]}/restore", item=item).status_code == 404
