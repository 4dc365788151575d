"""Reading everybody's copy: which issue, which state, which person, in which order, page by page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import PAGE, find_copies, find_sent_at, list_deliveries
from service.deliveries.states import DeliveryState, is_open
from service.issues.models import Issue
from service.issues.states import IssueState
from tests.factories.publication import make_issue
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

BEGUN = {IssueState.SENDING, IssueState.PAUSED, IssueState.SENT}


@pytest.fixture
def other_id(open_transaction: OpenTransaction, issue_id: int) -> int:
    """Another issue to the same twelve people and one more, whose address has a letter that SQL's LIKE knows."""
    with open_transaction() as session:
        issue = make_issue(session, session.get_one(Issue, issue_id).newsletter, number=2)
        make_reader(session, issue.newsletter_id, "a_b@example.org")
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


def test_an_issues_copies_are_listed_by_the_newest_change(
    open_transaction: OpenTransaction, issue_id: int, other_id: int
) -> None:
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for place, copy in enumerate(copies):
            copy.changed_at += timedelta(seconds=place % 5)
        session.flush()
        listed = [copy.delivery for copy in list_deliveries(session, issue_id)]
        assert other_id in {copy.issue_id for copy in copies}
        assert listed == sorted(listed, key=lambda copy: (-copy.changed_at.timestamp(), copy.id))
        assert {copy.id for copy in listed} == {copy.id for copy in copies if copy.issue_id == issue_id}


def test_the_list_is_narrowed_by_state_and_by_a_part_of_an_address_as_it_is_written(
    open_transaction: OpenTransaction, other_id: int
) -> None:
    with open_transaction() as session:
        first = session.scalars(select(Delivery).where(Delivery.issue_id == other_id).order_by(Delivery.id)).first()
        assert first is not None
        first.state = DeliveryState.FAILED
        session.flush()
        assert [copy.delivery.id for copy in list_deliveries(session, other_id, DeliveryState.FAILED)] == [first.id]
        assert [copy.address for copy in list_deliveries(session, other_id, address="A_B@")] == ["a_b@example.org"]
        assert list_deliveries(session, other_id, address="reader_1") == []


def test_the_list_comes_in_pages(
    open_transaction: OpenTransaction, issue_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAGE == 50
    monkeypatch.setattr("service.deliveries.queries.PAGE", 5)
    with open_transaction() as session:
        pages = [[copy.delivery.id for copy in list_deliveries(session, issue_id, page=page)] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert len({copy for page in pages for copy in page}) == 12


def test_a_persons_copies_are_found_however_the_address_is_spelt_the_newest_first(
    open_transaction: OpenTransaction, issue_id: int, other_id: int
) -> None:
    with open_transaction() as session:
        found = find_copies(session, "Reader-3@EXAMPLE.org")
        assert [(copy.issue.id, copy.address) for copy in found] == [
            (other_id, "reader-3@example.org"),
            (issue_id, "reader-3@example.org"),
        ]


def test_only_a_copy_that_was_sent_has_a_time_at_which_it_was(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).where(Delivery.issue_id == issue_id).order_by(Delivery.id)).all()
        copies[0].state, copies[1].state = DeliveryState.SENT, DeliveryState.UNCERTAIN
        copies[2].state = DeliveryState.SENT
        copies[0].changed_at -= timedelta(days=1)
        session.flush()
        asked = {copies[0].id, copies[1].id}
        assert find_sent_at(session, asked) == {copies[0].id: copies[0].changed_at}


@pytest.mark.parametrize("issue_state", IssueState)
def test_another_copy_can_be_asked_for_where_none_is_on_its_way_and_the_issue_has_begun(
    open_transaction: OpenTransaction, issue_id: int, issue_state: IssueState
) -> None:
    with open_transaction() as session:
        copies = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for copy, state in zip(copies, DeliveryState, strict=False):
            copy.state = state
        session.get_one(Issue, issue_id).state = issue_state
        session.flush()
        offered = {copy.delivery.state: copy.can_resend for copy in list_deliveries(session, issue_id)}
    assert offered == {state: not is_open(state) and issue_state in BEGUN for state in DeliveryState}
