"""Paying back, as staff do it: the form, the second person, and that looking moves no money."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.adapters.stripe.gateway import StripeGateway
from service.development.fakestripe.fake import FakeStripe
from service.donations.models import RefundRequest
from service.donations.refunds import send_refund
from service.donations.settlement import Settlement
from service.jobs import Job
from service.staff.models import AuditEntry
from service.staff.roles import Role
from service.wiring import Services
from tests.adapters.stripe.giving import give_payment
from tests.factories.giving import make_fund, make_organisation
from tests.factories.staff import make_account
from tests.fixtures.services import OpenTransaction, PublishedJobs
from tests.web.desk.bookkeeping import Shelf, ask_for_refund
from tests.web.desk.browsing import Desk, open_desk, words_of


def count_requests(open_transaction: OpenTransaction) -> int:
    """Return how many requests there are."""
    with open_transaction() as session:
        return session.scalar(select(func.count(RefundRequest.id))) or 0


@pytest.fixture
def second_desk(app: Flask, open_transaction: OpenTransaction) -> Desk:
    """Another treasurer's browser."""
    with open_transaction() as session:
        account = make_account(session, "sven@office.example", "Sven", "correct horse battery", Role.TREASURER)
        account_id = account.id
    return open_desk(app, account_id)


def test_a_small_refund_goes_at_once_and_a_second_press_asks_for_nothing(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction, published_jobs: PublishedJobs
) -> None:
    path = f"/desk/gifts/{shelf.gift_id}/refund"
    first = treasurer_desk.post(path, amount="20", reason="Paid twice", seen="0")
    second = treasurer_desk.post(path, amount="20", reason="Paid twice", seen="0")
    assert (first.status_code, second.status_code) == (302, 409)
    assert count_requests(open_transaction) == 1
    assert published_jobs.of(Job.SEND_REFUND) == [(1,)]
    assert "Tove Treasurer asked to pay back $20.00" in treasurer_desk.read(f"/desk/gifts/{shelf.gift_id}")


def test_a_large_refund_waits_for_somebody_else(
    treasurer_desk: Desk, second_desk: Desk, shelf: Shelf, published_jobs: PublishedJobs
) -> None:
    treasurer_desk.post(f"/desk/gifts/{shelf.large_gift_id}/refund", amount="600", reason="Paid twice", seen="0")
    own, others = treasurer_desk.read("/desk/refunds"), second_desk.read("/desk/refunds")
    assert "/desk/refunds/1/approve" not in own
    assert "/desk/refunds/1/approve" in others
    treasurer_desk.post("/desk/refunds/1/approve")
    assert "a second person must agree" in treasurer_desk.read("/desk/refunds")
    assert published_jobs.of(Job.SEND_REFUND) == []
    second_desk.post("/desk/refunds/1/approve")
    second_desk.post("/desk/refunds/1/approve")
    assert published_jobs.of(Job.SEND_REFUND) == [(1,)]


def test_every_step_is_in_the_trail(
    treasurer_desk: Desk, second_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    treasurer_desk.post(f"/desk/gifts/{shelf.large_gift_id}/refund", amount="600", reason="Paid twice", seen="0")
    second_desk.post("/desk/refunds/1/decline")
    with open_transaction() as session:
        entries = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert entries == ["Asked to pay back $600.00", "Declined to pay back $600.00"]


def test_a_form_that_will_not_do_comes_back_with_all_that_was_typed(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    typed = {"20,5": "is not an amount", "50.01": "At most $50.00", "": "is missing", "0": "above zero"}
    for amount, sentence in typed.items():
        response = treasurer_desk.post(
            f"/desk/gifts/{shelf.gift_id}/refund", amount=amount, reason="Слово & co", seen="0"
        )
        assert response.status_code == 422, amount
        assert sentence in words_of(response)
        assert 'value="Слово & co"' in words_of(response)
    assert count_requests(open_transaction) == 0


def test_looking_at_anything_asks_for_no_refund(
    treasurer_desk: Desk,
    second_desk: Desk,
    shelf: Shelf,
    open_transaction: OpenTransaction,
    published_jobs: PublishedJobs,
) -> None:
    with open_transaction() as session:
        request_id = ask_for_refund(session, shelf.large_gift_id, 2)
    for desk in (treasurer_desk, second_desk):
        for path in (f"gifts/{shelf.gift_id}", f"gifts/{shelf.gift_id}/void", "refunds"):
            assert desk.get(f"/desk/{path}").status_code == 200
        for path in (f"gifts/{shelf.gift_id}/refund", f"refunds/{request_id}/approve", "reconciliation?run=1"):
            assert desk.get(f"/desk/{path}").status_code in {200, 405}
    with open_transaction() as session:
        assert session.scalars(select(RefundRequest.state)).all() == ["waiting"]
    assert published_jobs.jobs == []


def test_an_editor_pays_nothing_back(editor_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    response = editor_desk.post(f"/desk/gifts/{shelf.gift_id}/refund", amount="20", reason="x", seen="0")
    assert response.status_code == 403
    assert count_requests(open_transaction) == 0


def test_a_gift_is_given_paid_back_and_its_whole_story_told(
    fake_stripe: FakeStripe,
    gateway: StripeGateway,
    services: Services,
    app: Flask,
    treasurer_account: int,
    open_transaction: OpenTransaction,
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session, "archive", "The archive")
    Settlement(services.factory, gateway).sync_payment(give_payment(fake_stripe, gateway))
    desk = open_desk(app, treasurer_account)
    desk.post("/desk/gifts/1/refund", amount="52.00", reason="Paid twice", seen="0")
    send_refund(services.factory, gateway, 1)
    shown = desk.read("/desk/gifts/1")
    for words in ("It is wholly paid back.", "asked to pay back $52.00", "Refund of $52.00", "Void", "−$52.00"):
        assert words in shown
    assert "Pay it back" not in shown
    assert "Sent" in desk.read("/desk/refunds")
