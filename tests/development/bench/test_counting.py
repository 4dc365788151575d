"""What a run leaves behind is counted, and a run whose figures contradict each other is refused, not rounded."""

import os

import pytest
from sqlalchemy import update

from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.development.bench.counting import count_states, read_peak_mb
from service.development.bench.crowd import add_readers
from service.development.bench.faults import FaultFigures, FaultOrder
from service.errors import Unavailable
from service.issues.models import Issue
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    """A running issue to five readers."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        add_readers(session, 5, newsletter)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, PUBLIC_URL)
        return issue.id


def test_copies_are_counted_by_state(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        one = session.query(Delivery.id).limit(1).scalar()
        session.execute(update(Delivery).where(Delivery.id == one).values(state=DeliveryState.SENT))

        assert count_states(session, issue_id) == {"sent": 1, "queued": 4}


@pytest.mark.parametrize("audience", [4, 6])
def test_states_that_do_not_sum_up_are_an_error(
    open_transaction: OpenTransaction, issue_id: int, audience: int
) -> None:
    with open_transaction() as session:
        session.execute(update(Issue).where(Issue.id == issue_id).values(audience=audience))

        with pytest.raises(Unavailable, match=f"The audience is {audience}, but the states are"):
            count_states(session, issue_id)


def test_the_largest_memory_of_all_processes_is_read() -> None:
    own = read_peak_mb([os.getpid()])

    assert own > 20
    assert read_peak_mb([os.getpid(), os.getppid()]) >= own


@pytest.mark.parametrize(
    ("policy", "lost", "duplicated", "uncertain", "breaks"),
    [
        ("hold", 0, 0, 0, False),
        ("hold", 0, 0, 80, False),  # ten kills, eight connections each
        ("hold", 0, 0, 81, True),
        ("hold", 1, 0, 0, True),
        ("hold", 0, 1, 0, True),
        ("resend", 0, 7, 0, False),
        ("resend", 1, 0, 0, True),
    ],
)
def test_each_policy_breaks_its_own_promise(
    policy: str, lost: int, duplicated: int, uncertain: int, breaks: bool
) -> None:
    order = FaultOrder(kills=10, recipients=100, policy=policy, seed=1)

    assert FaultFigures(lost, duplicated, uncertain, 1.0, 1).breaks_promise(order) is breaks
