"""From hits to figures: people counted once, machines beside them, and nothing counted before it is judged."""

from datetime import timedelta

import pytest

from service.clock import now
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.queries import find_sent_at
from service.tracking.models import Agent, Hit
from service.tracking.queries import Engagement, get_engagement, list_link_counts, list_timeline
from service.tracking.recording import find_link, judge_hits, record_hit
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction


@pytest.fixture
def released(open_transaction: OpenTransaction) -> tuple[int, list[int]]:
    """An issue id and the delivery ids of its three readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 3)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id, [row.id for row in session.query(Delivery).order_by(Delivery.id)]


def _hit(
    open_transaction: OpenTransaction, issue_id: int, delivery_id: int, link: int | None, agent: Agent = Agent.BROWSER
) -> None:
    with open_transaction() as session:
        record_hit(session, issue_id, delivery_id, link, agent)
        session.flush()
        session.query(Hit).update({Hit.happened_at: now() - timedelta(minutes=5)})


def _judge(open_transaction: OpenTransaction) -> int:
    with open_transaction() as session:
        return judge_hits(session, find_sent_at)


def test_a_person_counts_once_and_a_machine_beside_them(
    open_transaction: OpenTransaction, released: tuple[int, list[int]]
) -> None:
    issue_id, (first, second, third) = released
    for _ in range(3):
        _hit(open_transaction, issue_id, first, None)
    _hit(open_transaction, issue_id, second, None, Agent.IMAGE_PROXY)
    _hit(open_transaction, issue_id, third, None, Agent.MACHINE)
    _hit(open_transaction, issue_id, third, 1, Agent.MACHINE)
    _hit(open_transaction, issue_id, first, 1)
    with open_transaction() as session:
        assert get_engagement(session, issue_id) == Engagement(0, 0, 0, 0)
    assert _judge(open_transaction) == 7
    assert _judge(open_transaction) == 0
    with open_transaction() as session:
        assert get_engagement(session, issue_id) == Engagement(1, 2, 1, 1)
        first_link = list_link_counts(session, issue_id)[0]
        assert (first_link.number, first_link.people, first_link.machines) == (1, 1, 1)


def test_every_link_of_the_issue_is_listed_with_its_target(
    open_transaction: OpenTransaction, released: tuple[int, list[int]]
) -> None:
    issue_id, _ = released
    with open_transaction() as session:
        urls = [row.url for row in list_link_counts(session, issue_id)]
        assert {"https://a.test/one", "https://b.test/port"} <= set(urls)
        assert find_link(session, issue_id, 99) is None


def test_the_timeline_leaves_machines_out_and_loses_no_hit(
    open_transaction: OpenTransaction, released: tuple[int, list[int]]
) -> None:
    issue_id, (first, second, _) = released
    with open_transaction() as session:
        assert list_timeline(session, issue_id) == []
    _hit(open_transaction, issue_id, first, None)
    _hit(open_transaction, issue_id, first, 1)
    _hit(open_transaction, issue_id, second, 1, Agent.MACHINE)
    _judge(open_transaction)
    with open_transaction() as session:
        points = list_timeline(session, issue_id)
    assert sum(point.opens for point in points) == 1
    assert sum(point.clicks for point in points) == 1
