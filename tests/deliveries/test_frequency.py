"""Who asked for fewer mails is left out of an audience while the last issue is too near; everybody else is in it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from service.deliveries.frequency import APART, select_wanting
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue, Newsletter
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import MailFrequency
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import PUBLIC_URL, OpenTransaction

JANE = "reader-1@example.org"
DAY = timedelta(days=1)


@pytest.fixture
def next_issue_id(open_transaction: OpenTransaction) -> int:
    """The issue after one that three readers got; of them Jane wants fewer."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 3)
        release_issue(session, make_issue(session, newsletter).id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        return make_issue(session, newsletter, number=2).id


def _who_wants(open_transaction: OpenTransaction, issue_id: int) -> set[str]:
    with open_transaction() as session:
        return {row.mailed_address for row in session.execute(select_wanting(session.get_one(Issue, issue_id)))}


def _let(open_transaction: OpenTransaction, frequency: MailFrequency, ago: timedelta) -> None:
    with open_transaction() as session:
        jane = select(Subscriber.id).where(Subscriber.address_key == JANE).scalar_subquery()
        session.execute(update(Subscription).where(Subscription.subscriber_id == jane).values(frequency=frequency))
        session.execute(
            update(Issue).where(Issue.released_at.is_not(None)).values(released_at=func.now() - ago, starts_at=None)
        )


@pytest.mark.parametrize(
    ("frequency", "ago", "is_in"),
    [
        (MailFrequency.EVERY, DAY, True),
        (MailFrequency.MONTHLY, DAY, False),
        (MailFrequency.MONTHLY, APART[MailFrequency.MONTHLY] - DAY, False),
        (MailFrequency.MONTHLY, APART[MailFrequency.MONTHLY] + DAY, True),
        (MailFrequency.QUARTERLY, APART[MailFrequency.MONTHLY] + DAY, False),
        (MailFrequency.QUARTERLY, APART[MailFrequency.QUARTERLY] + DAY, True),
    ],
)
def test_an_issue_is_left_out_while_the_last_one_is_nearer_than_the_person_chose(
    open_transaction: OpenTransaction, next_issue_id: int, frequency: MailFrequency, ago: timedelta, is_in: bool
) -> None:
    _let(open_transaction, frequency, ago)
    others = {"reader-0@example.org", "reader-2@example.org"}
    assert _who_wants(open_transaction, next_issue_id) == (others | {JANE} if is_in else others)


@pytest.mark.parametrize("state", DeliveryState)
def test_only_a_copy_that_came_or_will_counts(
    open_transaction: OpenTransaction, next_issue_id: int, state: DeliveryState
) -> None:
    _let(open_transaction, MailFrequency.MONTHLY, DAY)
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=state))
    came_to_nothing = state in {DeliveryState.FAILED, DeliveryState.SKIPPED}
    assert (JANE in _who_wants(open_transaction, next_issue_id)) is came_to_nothing


def test_an_issue_that_is_still_to_start_counts_though_it_was_released_long_ago(
    open_transaction: OpenTransaction, next_issue_id: int
) -> None:
    _let(open_transaction, MailFrequency.MONTHLY, 40 * DAY)
    with open_transaction() as session:
        session.execute(update(Issue).where(Issue.id != next_issue_id).values(starts_at=func.now() + DAY))
        session.execute(update(Delivery).values(state=DeliveryState.QUEUED))
    assert JANE not in _who_wants(open_transaction, next_issue_id)


def test_another_newsletter_does_not_count(open_transaction: OpenTransaction, next_issue_id: int) -> None:
    _let(open_transaction, MailFrequency.MONTHLY, DAY)
    with open_transaction() as session:
        other = make_newsletter(session, slug="other")
        session.execute(update(Issue).where(Issue.id != next_issue_id).values(newsletter_id=other.id))
        assert session.scalar(select(func.count()).select_from(Newsletter)) == 2
    assert JANE in _who_wants(open_transaction, next_issue_id)


def test_the_audience_is_planned_so(open_transaction: OpenTransaction, next_issue_id: int) -> None:
    _let(open_transaction, MailFrequency.MONTHLY, DAY)
    with open_transaction() as session:
        assert release_issue(session, next_issue_id, PUBLIC_URL) == 2
