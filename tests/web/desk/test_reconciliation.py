"""The books' health on the desk: differences in words, a comparison on request, failed events, and the alarms."""

from flask import Flask
from sqlalchemy import select

from service.alarms.models import Alarm
from service.development.fakestripe.fake import FakeStripe
from service.inbox.models import EventState, OutsideEvent
from service.jobs import Job
from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, open_desk

DECLINES = "Many cards were declined in the last five minutes; the form is closed."


def test_a_difference_is_told_in_words_with_the_way_to_its_gift(desk: Desk, shelf: Shelf) -> None:
    shown = desk.read("/desk/reconciliation")
    for words in (
        f"Gift {shelf.gift_id} does not agree with its own lines.",
        f'href="/desk/gifts/{shelf.gift_id}"',
        "$50.00",
        "$49.00",
        "1 difference",
        "evt_test_1",
        "unexpected KeyError",
    ):
        assert words in shown


def test_a_comparison_is_asked_of_a_worker(
    fake_stripe: FakeStripe, app: Flask, publisher_account: int, shelf: Shelf, published_jobs: PublishedJobs
) -> None:
    assert fake_stripe
    assert shelf
    desk = open_desk(app, publisher_account)
    assert "Reconcile now" in desk.read("/desk/reconciliation")
    desk.post("/desk/reconciliation")
    assert published_jobs.of(Job.RECONCILE) == [(7,)]
    assert "A worker is comparing now." in desk.read("/desk/reconciliation")


def test_without_a_processor_there_is_nothing_to_compare_with(
    desk: Desk, shelf: Shelf, published_jobs: PublishedJobs
) -> None:
    assert shelf
    assert "Reconcile now" not in desk.read("/desk/reconciliation")
    desk.post("/desk/reconciliation")
    assert published_jobs.of(Job.RECONCILE) == []
    assert "No processor is set up here" in desk.read("/desk/reconciliation")


def test_a_failed_event_is_tried_again(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    for _ in range(2):
        assert treasurer_desk.post(f"/desk/events/{shelf.event_id}/retry").status_code == 302
    assert "Only an event that failed is tried again" in treasurer_desk.read("/desk/reconciliation")
    with open_transaction() as session:
        event = session.get_one(OutsideEvent, shelf.event_id)
        assert (event.state, event.attempts) == (EventState.RECEIVED, 0)
        assert session.scalars(select(AuditEntry.action)).all() == ["Had an event tried again"]
    assert published_jobs.of(Job.HANDLE_EVENT) == [(shelf.event_id,)]
    assert treasurer_desk.post("/desk/events/999/retry").status_code == 404


def test_an_alarm_stands_on_every_page_until_somebody_has_seen_to_it(
    desk: Desk, editor_desk: Desk, treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    for browser, path in ((desk, "/desk/"), (editor_desk, "/desk/account"), (treasurer_desk, "/desk/funds")):
        assert DECLINES in browser.read(path)
    assert "/desk/alarms/" not in editor_desk.read("/desk/")
    for _ in range(2):
        response = treasurer_desk.post(f"/desk/alarms/{shelf.alarm_id}/settle", back="/desk/funds")
        assert (response.status_code, response.location) == (302, "/desk/funds")
    assert DECLINES not in desk.read("/desk/")
    with open_transaction() as session:
        alarm = session.get_one(Alarm, shelf.alarm_id)
        assert alarm.settled_at is not None
    assert desk.post("/desk/alarms/999/settle").status_code == 404
    elsewhere = desk.post(f"/desk/alarms/{shelf.alarm_id}/settle", back="//evil.test/desk/")
    assert elsewhere.location == "/desk/"


def test_strangers_see_no_alarm(app: Flask, shelf: Shelf) -> None:
    assert shelf
    assert DECLINES not in app.test_client().get("/desk/sign-in").text
