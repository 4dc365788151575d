"""Sending from the desk: what is shown before, that it happens once, and what can be done while it goes."""

import pytest
from sqlalchemy import func, select

from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.jobs import Job
from service.subscribers.models import Subscription
from service.web.desk.sending import fingerprint
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.web.desk.browsing import READERS, Desk, Stock, words_of


def review(desk: Desk, stock: Stock) -> str:
    """Open the review page and return what its form says was seen."""
    page = desk.get(f"/desk/issues/{stock.issue_id}/send").text
    return page.split('name="seen" value="', 1)[1].split('"', 1)[0]


def release(desk: Desk, stock: Stock) -> None:
    """Send the issue as a publisher would."""
    response = desk.post(f"/desk/issues/{stock.issue_id}/send", seen=review(desk, stock))
    assert response.location == f"/desk/issues/{stock.issue_id}/progress"


def state_of(open_transaction: OpenTransaction, stock: Stock) -> IssueState:
    """Return where the issue stands."""
    with open_transaction() as session:
        return get_issue(session, stock.issue_id).state


def test_the_review_says_what_is_about_to_happen(desk: Desk, stock: Stock) -> None:
    page = desk.read(f"/desk/issues/{stock.issue_id}/send")
    for words in (
        "3 readers</span> of Crossings.",
        "Patience Station",
        "Eleven signatures for one container",
        "Crossings <letter@crossings.test>",
        "editor@crossings.test",
        "of 102,000 bytes",
        "Nothing to put right",
        "Send to 3 readers",
    ):
        assert words in page


def test_an_issue_is_sent_once_however_often_the_button_is_pressed(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    seen = review(desk, stock)
    for _ in range(3):
        response = desk.post(f"/desk/issues/{stock.issue_id}/send", seen=seen)
        assert response.location == f"/desk/issues/{stock.issue_id}/progress"
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == READERS
    assert len(published_jobs.of(Job.SEND_ISSUE)) == READERS
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    assert page.count("Pat Publisher released the issue to 3 readers") == 1


@pytest.mark.parametrize("change", ["masthead", "item", "order"])
def test_an_issue_that_was_changed_after_its_review_is_not_sent(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, change: str
) -> None:
    seen = review(desk, stock)
    with open_transaction() as session:
        issue = get_issue(session, stock.issue_id)
        if change == "masthead":
            issue.revision += 1
        elif change == "item":
            issue.items[0].revision += 1
        else:
            issue.items[0].position, issue.items[1].position = issue.items[1].position, issue.items[0].position
    response = desk.post(f"/desk/issues/{stock.issue_id}/send", seen=seen)
    assert response.location == f"/desk/issues/{stock.issue_id}/send"
    assert "changed since you reviewed it" in desk.read(response.location)
    assert state_of(open_transaction, stock) is IssueState.DRAFT


def test_a_stop_takes_the_button_away_and_is_refused_even_so(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        get_issue(session, stock.issue_id).items[1].markdown = ""
    page = desk.read(f"/desk/issues/{stock.issue_id}/send")
    assert "“Ferry line returns” has no text." in page
    assert "It can’t go out yet" in page
    assert 'name="seen"' not in page
    seen = fingerprint_of(open_transaction, stock)
    response = desk.post(f"/desk/issues/{stock.issue_id}/send", seen=seen)
    assert response.status_code == 422
    assert state_of(open_transaction, stock) is IssueState.DRAFT


def test_an_issue_without_readers_is_not_sent(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        for tie in session.scalars(select(Subscription)):
            session.delete(tie)
    page = desk.read(f"/desk/issues/{stock.issue_id}/send")
    assert "Nobody would get this issue yet." in page
    assert 'name="seen"' not in page
    response = desk.post(f"/desk/issues/{stock.issue_id}/send", seen=fingerprint_of(open_transaction, stock))
    assert response.status_code == 409
    assert state_of(open_transaction, stock) is IssueState.DRAFT


def test_the_review_of_a_released_issue_leads_to_its_progress(desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    assert desk.get(f"/desk/issues/{stock.issue_id}/send").location == f"/desk/issues/{stock.issue_id}/progress"


def test_progress_tells_all_seven_states_and_that_they_add_up(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(desk, stock)
    with open_transaction() as session:
        first, second = session.scalars(select(Delivery).order_by(Delivery.id).limit(2))
        first.state, second.state = DeliveryState.SENT, DeliveryState.UNCERTAIN
    page = desk.read(f"/desk/issues/{stock.issue_id}/progress")
    assert "2 <span>of 3 copies done" in page
    assert "Everyone who was to get it, 3 in all, is in exactly one state." in page
    for word in ("Accepted", "Failed", "Skipped", "Uncertain", "On the wire", "Taken up", "Waiting"):
        assert word in page
    assert 'aria-label="Of 3 copies: Accepted 1, Uncertain 1, Waiting 1."' in page


def test_progress_says_so_when_the_states_do_not_add_up(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(desk, stock)
    with open_transaction() as session:
        get_issue(session, stock.issue_id).audience = 5
    assert "This does not add up to the audience of 5." in desk.read(f"/desk/issues/{stock.issue_id}/progress")


def test_progress_for_programs_has_the_figures_and_the_same_drawn(desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    news = desk.get(f"/desk/issues/{stock.issue_id}/progress.json").json
    assert news is not None
    assert (news["state"], news["live"]) == ("sending", True)
    assert sum(news["progress"][state] for state in DeliveryState) == news["progress"]["audience"] == READERS
    assert "of 3 copies done" in news["html"]
    assert "<html" not in news["html"]


def test_sending_is_paused_resumed_and_cancelled(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    release(desk, stock)
    path = f"/desk/issues/{stock.issue_id}"
    desk.post(f"{path}/pause")
    assert state_of(open_transaction, stock) is IssueState.PAUSED
    assert "nothing leaves until you resume" in desk.read(f"{path}/progress")
    before = len(published_jobs.of(Job.SEND_ISSUE))
    desk.post(f"{path}/resume")
    assert len(published_jobs.of(Job.SEND_ISSUE)) > before
    assert "3 readers are still waiting and will not get it." in desk.read(f"{path}/cancel")
    assert state_of(open_transaction, stock) is IssueState.SENDING
    page = desk.read(desk.post(f"{path}/cancel").location)
    assert state_of(open_transaction, stock) is IssueState.CANCELLED
    assert "Nobody else gets it." in page
    assert "Pause" not in page


def test_figures_stay_live_until_the_last_copy_in_a_senders_hands_is_done(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(desk, stock)
    path = f"/desk/issues/{stock.issue_id}"
    with open_transaction() as session:
        copy = session.scalars(select(Delivery)).first()
        assert copy is not None
        copy.state = DeliveryState.SENDING
    desk.post(f"{path}/cancel")
    assert is_live(desk, path)
    with open_transaction() as session:
        session.get_one(Delivery, copy.id).state = DeliveryState.SENT
    assert not is_live(desk, path)


def test_pressing_pause_twice_says_so_and_breaks_nothing(desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    for _ in range(2):
        response = desk.post(f"/desk/issues/{stock.issue_id}/pause")
        assert response.location == f"/desk/issues/{stock.issue_id}/progress"
    assert "This issue is paused" in desk.read(response.location)


def test_an_editor_sees_progress_but_no_buttons(desk: Desk, editor_desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    page = editor_desk.read(f"/desk/issues/{stock.issue_id}/progress")
    assert "of 3 copies done" in page
    assert "/pause" not in page
    assert "/cancel" not in page


def test_a_draft_has_no_progress_to_cancel(desk: Desk, stock: Stock) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/cancel")
    assert response.status_code == 302
    assert "This issue is draft" in words_of(desk.get(response.location))


def is_live(desk: Desk, path: str) -> bool:
    """Return what the page's script is told: whether to go on asking. The page itself must agree."""
    news = desk.get(f"{path}/progress.json").json
    assert news is not None
    assert ("/static/progress.js?" in desk.get(f"{path}/progress").text) == news["live"]
    return bool(news["live"])


def fingerprint_of(open_transaction: OpenTransaction, stock: Stock) -> str:
    """Return what the review's form would say was seen."""
    with open_transaction() as session:
        return fingerprint(get_issue(session, stock.issue_id))
