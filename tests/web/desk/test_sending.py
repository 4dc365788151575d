"""Sending from the desk: what is shown before, that it happens once, and what can be done while it goes."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from service.deliveries.models import AudiencePlan, Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.segments.choosing import Choice
from service.deliveries.states import DeliveryState
from service.errors import Conflict
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.issues.schedule import find_moments
from service.issues.states import IssueState
from service.jobs import Job
from service.staff.accounts import create_account
from service.staff.models import AuditEntry
from service.staff.roles import Role
from service.subscribers.models import Subscription
from service.web.app import create_app
from service.web.desk.sending import fingerprint
from service.wiring import Services
from tests.factories.giving import make_organisation
from tests.fixtures.services import PUBLIC_URL, STAFF_PASSWORD, OpenTransaction, PublishedJobs
from tests.web.desk.browsing import READERS, Desk, Stock, open_desk, words_of

HOLD = timedelta(minutes=2)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def holding_app(services: Services) -> Flask:
    """The application of a house that holds each issue for two minutes."""
    return create_app(replace(services, settings=replace(services.settings, hold=HOLD)))


@pytest.fixture
def holding_desk(holding_app: Flask, publisher_account: int) -> Desk:
    """A publisher's browser in that house."""
    return open_desk(holding_app, publisher_account)


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
    assert "nothing leaves until the issue is resumed" in desk.read(f"{path}/progress")
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
        session.execute(update(Delivery).values(state=DeliveryState.SENDING))
        session.execute(update(Batch).values(lease_until=func.now() + timedelta(minutes=1)))
    desk.post(f"{path}/cancel")
    assert is_live(desk, path)
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
    assert not is_live(desk, path)


@pytest.mark.parametrize(
    ("state", "stays", "advice"),
    [(IssueState.SENDING, "Go on sending", True), (IssueState.PAUSED, "Leave it paused", False)],
)
def test_the_question_whether_to_cancel_fits_what_the_issue_does(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, state: IssueState, stays: str, advice: bool
) -> None:
    release(desk, stock)
    path = f"/desk/issues/{stock.issue_id}/cancel"
    with open_transaction() as session:
        session.execute(update(Issue).values(state=state))
    page = desk.read(path)
    assert "Cancel this issue?" in page
    assert "Not one copy has left yet." in page
    assert f'/progress">{stays}</a>' in page
    assert ("pause it instead" in page) == advice
    with open_transaction() as session:
        first = session.scalars(select(Delivery)).first()
        assert first is not None
        first.state = DeliveryState.UNCERTAIN
    page = desk.read(path)
    assert "Cancel the rest of this issue?" in page
    assert "2 readers are still waiting and will not get it. 1 copy can’t be called back." in page


@pytest.mark.parametrize("state", sorted(set(IssueState) - {IssueState.SENDING, IssueState.PAUSED}))
def test_where_nothing_is_sent_nobody_is_asked_whether_to_cancel(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, state: IssueState
) -> None:
    with open_transaction() as session:
        session.execute(update(Issue).values(state=state, starts_at=func.now()))
    assert desk.get(f"/desk/issues/{stock.issue_id}/cancel").location == f"/desk/issues/{stock.issue_id}/progress"
    assert "There is nothing to cancel: this issue is not being sent now." in desk.read("/desk/")


def test_pressing_pause_twice_says_so_and_breaks_nothing(desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    for _ in range(2):
        response = desk.post(f"/desk/issues/{stock.issue_id}/pause")
        assert response.location == f"/desk/issues/{stock.issue_id}/progress"
    assert "This issue is paused already." in desk.read(response.location)


def test_case_35_two_staff_a_double_click_and_a_program_send_an_issue_once(
    holding_app: Flask, publisher_account: int, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        second = create_account(session, "second@example.org", "Sue Second", STAFF_PASSWORD, Role.PUBLISHER).id
    desks = [open_desk(holding_app, account) for account in (publisher_account, publisher_account, second, second)]
    seen = review(desks[0], stock)
    tokens = [desk.get("/desk/sign-in") for desk in desks]  # each browser has its token before the race
    assert len(tokens) == len(desks)
    ready = threading.Barrier(len(desks) + 1)
    shown: list[str] = []

    def press(desk: Desk) -> None:
        ready.wait()
        shown.append(desk.post(f"/desk/issues/{stock.issue_id}/send", seen=seen).location)

    def run_program() -> None:
        ready.wait()
        try:
            with open_transaction() as session:
                release_issue(session, stock.issue_id, PUBLIC_URL, hold=HOLD)
                session.add(AuditEntry(account_id=None, action="Released the issue", subject="a program", details={}))
        except Conflict:
            shown.append("refused")

    threads = [threading.Thread(target=press, args=(desk,)) for desk in desks]
    threads.append(threading.Thread(target=run_program))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(shown) <= {f"/desk/issues/{stock.issue_id}/progress", "refused"}
    with open_transaction() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == READERS
        released = AuditEntry.action == "Released the issue"
        assert session.scalar(select(func.count()).where(released)) == 1


def test_a_house_that_holds_says_how_long_and_counts_down(
    holding_desk: Desk, stock: Stock, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    assert "leaves in 2 minutes; until then you can take it back" in holding_desk.read(
        f"/desk/issues/{stock.issue_id}/send"
    )
    release(holding_desk, stock)
    assert state_of(open_transaction, stock) is IssueState.HELD
    assert published_jobs.of(Job.SEND_ISSUE) == []
    page = holding_desk.read(f"/desk/issues/{stock.issue_id}/progress")
    assert "Begins in " in page
    assert "Until then you can take it back." in page
    assert "Take it back</button>" in page
    assert "Look again</a>: without scripts the figures stay as they are." in page
    assert "http-equiv" not in page
    assert "Pause" not in page
    assert f'<a href="/desk/issues/{stock.issue_id}/progress">Begins' in holding_desk.read("/desk/")


def test_an_audience_that_is_still_being_written_down_says_how_far_it_is(
    holding_desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(holding_desk, stock)
    path = f"/desk/issues/{stock.issue_id}/progress"
    assert "Writing the list" not in holding_desk.read(path)
    with open_transaction() as session:
        session.add(AudiencePlan(issue_id=stock.issue_id, expected=30_000))
    page = holding_desk.read(path)
    assert "Writing the list <span>3 of about 30,000 readers</span>" in page
    assert "Begins in" not in page
    assert "Take it back</button>" in page


def test_a_held_issue_is_taken_back_by_one_press(
    holding_desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(holding_desk, stock)
    response = holding_desk.post(f"/desk/issues/{stock.issue_id}/withdraw")
    page = holding_desk.read(response.location)
    assert response.location == f"/desk/issues/{stock.issue_id}"
    assert "it is a draft again, and nobody got it" in page
    assert "Pat Publisher took the issue back before it left" in page
    assert state_of(open_transaction, stock) is IssueState.DRAFT
    release(holding_desk, stock)
    assert state_of(open_transaction, stock) is IssueState.HELD


def test_an_issue_that_has_begun_is_not_taken_back_any_more(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(desk, stock)
    response = desk.post(f"/desk/issues/{stock.issue_id}/withdraw")
    assert response.location == f"/desk/issues/{stock.issue_id}/progress"
    assert "This issue is being sent; it can’t be taken back now." in desk.read(response.location)
    assert state_of(open_transaction, stock) is IssueState.SENDING


def next_day_on_which(wall: time, moments: int) -> date:
    """Return the next day on which the clocks of New York show ``wall`` so many times."""
    first = datetime.now(UTC).date() + timedelta(days=1)
    days = (first + timedelta(days=number) for number in range(380))
    return next(day for day in days if len(find_moments(datetime.combine(day, wall), NEW_YORK)) == moments)


@pytest.fixture
def far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let issues be scheduled farther ahead: from one autumn's change of the clocks to the next are up to 371 days."""
    monkeypatch.setattr("service.issues.schedule.FARTHEST", timedelta(days=400))


def send_later(desk: Desk, stock: Stock, day: str, at: str, **more: str) -> tuple[int, str]:
    """Send the form with a day and a time; returns the status and the words of the answer."""
    response = desk.post(
        f"/desk/issues/{stock.issue_id}/send",
        seen=review(desk, stock),
        start="later",
        start_day=day,
        start_time=at,
        **more,
    )
    return response.status_code, words_of(response)


@pytest.fixture
def in_new_york(open_transaction: OpenTransaction) -> None:
    """The organisation's clocks are New York's."""
    with open_transaction() as session:
        make_organisation(session)


@pytest.mark.usefixtures("in_new_york", "far_ahead")
def test_an_issue_is_scheduled_by_the_clocks_of_the_organisation(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert "New York time" in desk.read(f"/desk/issues/{stock.issue_id}/send")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    day = next(
        day for day in (tomorrow + timedelta(days=number) for number in range(380)) if (day.month, day.day) == (1, 20)
    )
    status, _ = send_later(desk, stock, day.isoformat(), "09:30")
    assert status == 302
    with open_transaction() as session:
        issue = session.get_one(Issue, stock.issue_id)
        assert issue.state is IssueState.HELD
        assert issue.starts_at == datetime(day.year, 1, 20, 14, 30, tzinfo=UTC)
    assert f"20 January {day.year}, 09:30 EST" in desk.read(f"/desk/issues/{stock.issue_id}/progress")


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize(
    ("day", "at", "sentence"),
    [
        ("2026-01-01", "09:00", "This time has passed already."),
        ("2099-01-01", "09:00", "This time is more than a year away."),
        ("1 March", "09:00", "The day is written as year, month and day, like 2026-03-05; “1 March” is not."),
        ("2027-02-01", "quarter past", "The time is written as hours and minutes, like 09:30; “quarter past” is not."),
        ("2027-02-01", "25:00", "The time is written as hours and minutes, like 09:30; “25:00” is not."),
        ("2027-02-01", "", "The time is written as hours and minutes, like 09:30."),
        ("", "09:00", "The day is written as year, month and day, like 2026-03-05."),
    ],
)
def test_a_time_that_will_not_do_is_answered_with_a_sentence_and_all_that_was_typed(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, day: str, at: str, sentence: str
) -> None:
    status, page = send_later(desk, stock, day, at)
    assert status == 422
    assert sentence in page
    assert f'value="{day}"' in page
    assert f'value="{at}"' in page
    assert 'name="start" value="later" checked' in page
    assert state_of(open_transaction, stock) is IssueState.DRAFT


@pytest.mark.usefixtures("in_new_york")
def test_a_time_that_the_clocks_leave_out_is_answered_with_a_sentence(desk: Desk, stock: Stock) -> None:
    day = next_day_on_which(time(2, 30), 0)
    status, page = send_later(desk, stock, day.isoformat(), "02:30")
    assert status == 422
    assert f"In the night of {day.day} {day:%B %Y} the clocks are put forward, and New York time has no 02:30." in page


@pytest.mark.usefixtures("in_new_york", "far_ahead")
@pytest.mark.parametrize(("turn", "hour"), [("1", 5), ("2", 6)])
def test_a_time_that_comes_twice_is_asked_about(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, turn: str, hour: int
) -> None:
    day = next_day_on_which(time(1, 30), 2)
    said = f"{day.day} {day:%B %Y}"
    status, page = send_later(desk, stock, day.isoformat(), "01:30")
    assert status == 422
    assert f"01:30 comes twice on {said}: the clocks are put back. Which is meant?" in page
    assert f"{said}, 01:30 EDT</time>" in page
    assert f"{said}, 01:30 EST</time>" in page
    status, _ = send_later(desk, stock, day.isoformat(), "01:30", start_turn=turn)
    assert status == 302
    with open_transaction() as session:
        issue = session.get_one(Issue, stock.issue_id)
        assert issue.starts_at == datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)


def test_an_issue_that_paused_itself_says_why_and_what_to_do(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    release(desk, stock)
    with open_transaction() as session:
        issue = get_issue(session, stock.issue_id)
        issue.state, issue.pause_reason = IssueState.PAUSED, "The relay refuses our sign-in: 535 <b>wrong</b>"
    answer = desk.get(f"/desk/issues/{stock.issue_id}/progress")
    page = words_of(answer)
    assert "Postrider paused this issue by itself" in page
    assert "The relay refuses our sign-in: 535 <b>wrong</b>" in page
    assert "<b>wrong" not in answer.text
    assert "Not one copy has left, so it can be sent now, or taken back to be changed." in page
    assert "Send it now</button>" in page
    with open_transaction() as session:
        copy = session.scalars(select(Delivery)).first()
        assert copy is not None
        copy.message_id = "issue-1.copy-1@letters.test"
        copy.state = DeliveryState.SENT
    page = desk.read(f"/desk/issues/{stock.issue_id}/progress")
    assert "Put right what is wrong, then resume." in page
    assert "Take it back" not in page


def test_a_slow_count_is_asked_for_less_often(desk: Desk, stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    release(desk, stock)
    path = f"/desk/issues/{stock.issue_id}/progress.json"
    moments = iter([0.0, 0.01, 0.0, 0.5])
    monkeypatch.setattr("service.web.desk.progress.perf_counter", lambda: next(moments))
    assert desk.get(path).json["again_after"] == 1000  # type: ignore[index]  # the answer is a document
    assert desk.get(path).json["again_after"] == 10_000  # type: ignore[index]  # as above


def test_an_editor_sees_progress_but_no_buttons(desk: Desk, editor_desk: Desk, stock: Stock) -> None:
    release(desk, stock)
    page = editor_desk.read(f"/desk/issues/{stock.issue_id}/progress")
    assert "of 3 copies done" in page
    assert "/pause" not in page
    assert "/cancel" not in page


def test_a_draft_has_no_progress_to_cancel(desk: Desk, stock: Stock) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/cancel")
    assert response.status_code == 302
    moved = desk.get(response.location)
    assert moved.location == f"/desk/issues/{stock.issue_id}"
    page = desk.read(moved.location)
    assert "This issue is a draft; it can’t be cancelled now." in page
    assert "The issue was taken back." in page


def test_a_day_beside_now_releases_nothing(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    path = f"/desk/issues/{stock.issue_id}/send"
    response = desk.post(path, seen=review(desk, stock), start_day="2027-01-20", start_time="09:30")
    assert response.status_code == 422
    assert "A day and time are filled in, but “Now” is chosen. Choose one." in words_of(response)
    assert state_of(open_transaction, stock) is IssueState.DRAFT


def is_live(desk: Desk, path: str) -> bool:
    """Return what the page's script is told: whether to go on asking. The page itself must agree."""
    news = desk.get(f"{path}/progress.json").json
    assert news is not None
    assert ("/static/progress.js?" in desk.get(f"{path}/progress").text) == news["live"]
    return bool(news["live"])


def fingerprint_of(open_transaction: OpenTransaction, stock: Stock) -> str:
    """Return what the review's form would say was seen."""
    with open_transaction() as session:
        return fingerprint(get_issue(session, stock.issue_id), Choice(None, None))
