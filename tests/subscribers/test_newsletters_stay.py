"""A subscription names a newsletter that is there, as long as it lives: what a foreign key would promise."""

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from service.addresses import parse_address
from service.subscribers.models import Subscription
from service.subscribers.people import ensure_subscriber, ensure_subscription
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction

NOWHERE = 987_654_321  # no newsletter's id


@pytest.fixture
def subscriber_id(open_transaction: OpenTransaction, newsletter_id: int) -> int:
    """Somebody who reads the newsletter."""
    with open_transaction() as session:
        person = ensure_subscriber(session, parse_address("ann@example.org"))
        ensure_subscription(session, person, newsletter_id)
        return person


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("delete from newsletters", "newsletters stay"),
        ("truncate newsletters cascade", "newsletters stay"),
        ("update newsletters set id = default", "newsletters stay"),
        ("update subscriptions set newsletter_id = newsletter_id + 1", "stays with its newsletter"),
        (
            "insert into subscriptions (subscriber_id, newsletter_id, state)"
            " select subscriber_id, 987654321, 'active' from subscriptions",
            "no newsletter 987654321",
        ),
    ],
)
@pytest.mark.usefixtures("subscriber_id")
def test_nothing_leaves_a_subscription_without_its_newsletter(
    open_transaction: OpenTransaction, statement: str, sentence: str
) -> None:
    with pytest.raises(IntegrityError, match=sentence), open_transaction() as session:
        session.execute(text(statement))


def test_one_unknown_newsletter_among_many_refuses_all_that_came_with_it(
    open_transaction: OpenTransaction, subscriber_id: int
) -> None:
    with open_transaction() as session:
        other = make_newsletter(session, slug="other").id
    rows = [{"subscriber_id": subscriber_id, "newsletter_id": newsletter} for newsletter in (other, NOWHERE)]
    with pytest.raises(IntegrityError, match=f"no newsletter {NOWHERE}"), open_transaction() as session:
        session.execute(insert(Subscription).values(rows))
    with open_transaction() as session:
        assert session.scalar(text("select count(*) from subscriptions")) == 1


@pytest.mark.usefixtures("subscriber_id")
def test_a_newsletter_changes_everything_but_its_id(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        session.execute(text("update newsletters set name = 'Crossings and more'"))
        session.execute(text("update subscriptions set state = 'active', newsletter_id = newsletter_id"))
