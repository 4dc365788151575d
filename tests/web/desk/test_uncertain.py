"""Uncertain copies on the desk: by name, with their evidence, and what staff decide about one or about all."""

import re

import pytest
from sqlalchemy import select

from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of

BROKEN = "the connection ended before the relay's answer <i>"


@pytest.fixture
def doubted(stock: Stock, open_transaction: OpenTransaction) -> list[int]:
    """The copies of a sent issue: two uncertain, one accepted."""
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
        session.get_one(Issue, stock.issue_id).state = IssueState.SENT
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for copy in copies[:2]:
            copy.state, copy.reason, copy.route, copy.attempts = DeliveryState.UNCERTAIN, BROKEN, "spare", 3
            copy.reply_code, copy.reply_text, copy.fence = 451, "4.7.1 come back later", 1
        copies[2].state, copies[2].fence = DeliveryState.SENT, 1
        return [copy.id for copy in copies]


def states_of(open_transaction: OpenTransaction) -> list[str]:
    """Return the state of each copy; a left one is marked."""
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        return [copy.state + (", left" if copy.settled_at else "") for copy in copies]


def decide(desk: Desk, stock: Stock, decision: str, **named: object) -> str:
    """Press a button of the page and return the page that follows."""
    path = f"/desk/issues/{stock.issue_id}/uncertain"
    response = desk.post(path, decision=decision, **named)
    assert response.location == path
    return desk.read(path)


def test_each_copy_is_shown_by_name_with_all_that_is_known(desk: Desk, stock: Stock, doubted: list[int]) -> None:
    answer = desk.get(f"/desk/issues/{stock.issue_id}/uncertain")
    page = words_of(answer)
    for words in (
        "reader-0@example.org",
        "reader-1@example.org",
        f"issue-{stock.issue_id}.copy-{doubted[0]}@letters.test",
        "spare",
        '<dt>Tries</dt><dd class="figures">3</dd>',
        "<dt>Last answer</dt><dd>451 4.7.1 come back later</dd>",
        f"{BROKEN[0].upper()}{BROKEN[1:]}.",
        "look for the Message-ID in the relay’s log",
        "All 2 that wait for you",
    ):
        assert words in page
    assert "reader-2@example.org" not in page
    assert "<i>" not in answer.text


@pytest.mark.parametrize(
    ("decision", "said", "state"),
    [
        ("again", "1 copy is being sent again.", "queued"),
        ("accepted", "1 copy counts as accepted.", "sent"),
        ("leave", "1 copy is left as uncertain.", "uncertain, left"),
    ],
)
def test_one_copy_is_decided_and_the_trail_says_by_whom(
    desk: Desk,
    stock: Stock,
    open_transaction: OpenTransaction,
    doubted: list[int],
    decision: str,
    said: str,
    state: str,
) -> None:
    assert said in decide(desk, stock, decision, copy=doubted[0])
    assert states_of(open_transaction) == [state, "uncertain", "sent"]
    assert "Pat Publisher" in desk.read(f"/desk/issues/{stock.issue_id}")


@pytest.mark.parametrize(
    ("decision", "said", "state"),
    [
        ("again", "2 copies are being sent again.", "queued"),
        ("accepted", "2 copies count as accepted.", "sent"),
        ("leave", "2 copies are left as uncertain.", "uncertain, left"),
    ],
)
@pytest.mark.usefixtures("doubted")
def test_all_that_wait_are_decided_at_once(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, decision: str, said: str, state: str
) -> None:
    assert said in decide(desk, stock, decision, everyone="1", confirmed=2)
    assert states_of(open_transaction) == [state, state, "sent"]


def test_what_was_left_is_not_among_all_that_wait_but_can_be_decided_later(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, doubted: list[int]
) -> None:
    decide(desk, stock, "leave", copy=doubted[0])
    page = decide(desk, stock, "again", everyone="1", confirmed=1)
    assert states_of(open_transaction) == ["uncertain, left", "queued", "sent"]
    assert "Left as uncertain on" in page
    assert "All 1 that wait" not in page
    decide(desk, stock, "accepted", copy=doubted[0])
    assert states_of(open_transaction) == ["sent", "queued", "sent"]


@pytest.mark.parametrize(
    ("decision", "means", "said"),
    [
        (
            "again",
            ("Send 2 copies again?", "Whoever has it gets it a second time.", "Send again to 2 people</button>"),
            "2 copies are being sent again.",
        ),
        (
            "accepted",
            ("Count 2 copies as accepted?", "whoever got nothing stays without", "Count 2 copies as accepted</button>"),
            "2 copies count as accepted.",
        ),
    ],
)
@pytest.mark.usefixtures("doubted")
def test_what_touches_all_that_wait_is_asked_about_with_its_number_and_its_meaning(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, decision: str, means: tuple[str, ...], said: str
) -> None:
    path = f"/desk/issues/{stock.issue_id}/uncertain"
    assert f'href="{path}/{decision}"' in desk.read(path)
    page = desk.read(f"{path}/{decision}")
    for words in means:
        assert words in page
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent"]
    fields = dict(re.findall(r'type="hidden" name="(decision|everyone|confirmed)" value="([^"]*)"', page))
    assert said in decide(desk, stock, **fields)


@pytest.mark.parametrize("decision", ["again", "accepted"])
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "1"}, {"confirmed": "x"}])
@pytest.mark.usefixtures("doubted")
def test_another_number_than_was_confirmed_is_asked_about_again_and_changes_nothing(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, decision: str, confirmed: dict[str, str]
) -> None:
    path = f"/desk/issues/{stock.issue_id}/uncertain"
    response = desk.post(path, decision=decision, everyone="1", **confirmed)
    assert response.location == f"{path}/{decision}"
    assert ("the number of copies has changed" in desk.read(response.location)) == bool(confirmed)
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent"]


def test_nothing_is_asked_where_no_copy_waits_or_nobody_can_decide_so(
    desk: Desk, editor_desk: Desk, stock: Stock, doubted: list[int]
) -> None:
    path = f"/desk/issues/{stock.issue_id}/uncertain"
    assert editor_desk.get(f"{path}/again").status_code == 403
    assert desk.get(f"{path}/leave").status_code == desk.get(f"{path}/burn").status_code == 404
    for copy in doubted:
        decide(desk, stock, "leave", copy=copy)
    assert desk.get(f"{path}/again").location == path
    assert "No copy waits for a decision any more." in desk.read(path)


@pytest.mark.usefixtures("doubted")
def test_a_paused_issue_says_that_copies_leave_when_it_is_resumed(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/issues/{stock.issue_id}/uncertain/again"
    rests = "the copies leave when it is resumed"
    assert rests not in desk.read(path)
    with open_transaction() as session:
        session.get_one(Issue, stock.issue_id).state = IssueState.PAUSED
    assert rests in desk.read(path)


@pytest.mark.usefixtures("doubted")
def test_a_cancelled_issue_offers_to_settle_but_not_to_send_again(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, stock.issue_id).state = IssueState.CANCELLED
    page = desk.read(f"/desk/issues/{stock.issue_id}/uncertain")
    assert "Send again" not in page
    assert "Send all again" not in page
    assert "All were accepted" in page
    assert "It was accepted" in page


@pytest.mark.parametrize(
    "named",
    [
        {"copy": "x"},
        {"copy": "9" * 30},
        {"copy": "9" * 5000},  # more digits than Python reads as a number
        {"copy": "-1"},
        {"copy": str(2**63)},
        {},
    ],
)
@pytest.mark.usefixtures("doubted")
def test_a_decision_about_no_copy_of_this_issue_changes_nothing(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, named: dict[str, str]
) -> None:
    assert "Nothing is sent again" in decide(desk, stock, "again", **named)
    decide(desk, stock, "burn", everyone="1")
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent"]


def test_a_cancelled_issue_takes_no_copies_and_says_so(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, doubted: list[int]
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, stock.issue_id).state = IssueState.CANCELLED
    assert "This issue is cancelled" in decide(desk, stock, "again", copy=doubted[0])
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent"]


@pytest.mark.usefixtures("doubted")
def test_an_editor_sees_the_doubts_but_decides_nothing(
    editor_desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    page = editor_desk.read(f"/desk/issues/{stock.issue_id}/uncertain")
    assert "r•••@example.org" in page
    assert "reader-" not in page
    assert "Send again" not in page
    response = editor_desk.post(f"/desk/issues/{stock.issue_id}/uncertain", decision="again", everyone="1")
    assert response.status_code == 403
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent"]


@pytest.mark.usefixtures("doubted")
def test_every_page_about_the_issue_says_how_many_wait_for_a_decision(desk: Desk, stock: Stock) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    link = f'href="{path}/uncertain"'
    for page, words in (
        ("/desk/", "2 uncertain copies wait for you"),
        (f"{path}/progress", "2 uncertain copies wait for your decision"),
        (f"{path}/results", "2 wait for a decision"),
    ):
        shown = desk.read(page)
        assert words in shown
        assert link in shown
    decide(desk, stock, "leave", everyone="1")
    assert "uncertain copies wait" not in desk.read("/desk/")


@pytest.mark.usefixtures("doubted")
def test_who_is_added_to_a_paused_issue_waits_for_it(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Issue, stock.issue_id).state = IssueState.PAUSED
        make_reader(session, stock.newsletter_id, "late@example.org")
    page = desk.read(desk.post(f"/desk/issues/{stock.issue_id}/missing").location)
    assert "1 person is added; they get it when you resume." in page


@pytest.mark.usefixtures("doubted")
@pytest.mark.parametrize("page", ["uncertain", "results"])
def test_a_page_beyond_every_number_is_no_fault_of_the_service(desk: Desk, stock: Stock, page: str) -> None:
    assert desk.get(f"/desk/issues/{stock.issue_id}/{page}?page={'9' * 30}").status_code == 200


def test_no_doubt_no_list(desk: Desk, stock: Stock) -> None:
    assert "No copy of this issue is uncertain." in desk.read(f"/desk/issues/{stock.issue_id}/uncertain")


def test_the_missing_are_counted_and_sent_to(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, doubted: list[int]
) -> None:
    results = f"/desk/issues/{stock.issue_id}/results"
    with open_transaction() as session:
        make_reader(session, stock.newsletter_id, "late@example.org")
    assert "Send to 1 reader" in desk.read(f"/desk/issues/{stock.issue_id}/missing")
    desk.post(f"/desk/issues/{stock.issue_id}/missing")
    assert "1 person who was missing gets it now." in desk.read(results)
    desk.post(f"/desk/issues/{stock.issue_id}/missing")
    assert "Nobody is missing." in desk.read(results)
    assert states_of(open_transaction) == ["uncertain", "uncertain", "sent", "queued"]
    assert len(doubted) == 3
    assert "Pat Publisher sent the issue to those still missing (1 person)" in desk.read(
        f"/desk/issues/{stock.issue_id}"
    )


@pytest.mark.usefixtures("doubted")
@pytest.mark.parametrize(
    ("address", "page", "after"),
    [
        ("reader-0@example.org", "issues/1/results?state=uncertain", ["queued", "uncertain", "sent"]),
        ("reader-2@example.org", "copies?address=reader-2@example.org", ["uncertain", "uncertain", "queued"]),
    ],
)
def test_a_named_person_is_sent_another_copy_from_where_they_are_listed(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, address: str, page: str, after: list[str]
) -> None:
    with open_transaction() as session:
        copy = session.scalars(select(Delivery.id).where(Delivery.recipient == address)).one()
    back = f"/desk/{page}"
    assert "Send again" in desk.read(back)
    response = desk.post(f"/desk/issues/{stock.issue_id}/again", copy=copy, back=back)
    assert response.location == back
    assert "1 copy is being sent again." in desk.read(back)
    assert states_of(open_transaction) == after


@pytest.mark.usefixtures("doubted")
def test_the_long_list_offers_no_second_copy_to_those_who_have_theirs(desk: Desk, stock: Stock) -> None:
    assert "Send again" not in desk.read(f"/desk/issues/{stock.issue_id}/results?state=sent")


@pytest.mark.usefixtures("doubted")
def test_sending_again_leads_nowhere_but_to_the_desk(desk: Desk, stock: Stock) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/again", copy="1", back="https://evil.test/")
    assert response.location == "/desk/"
