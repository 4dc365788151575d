"""Counting a segment: how many, of how many, who for example, and that a slow question is given up in a sentence."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text

from service.deliveries.segments import counting
from service.deliveries.segments.counting import EXAMPLES, count_people
from service.errors import BadInput
from service.subscribers.bounded import TookTooLong, at_most
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.services import OpenTransaction

READERS = 12


@pytest.fixture
def newsletter_id(open_transaction: OpenTransaction) -> int:
    """A newsletter with twelve readers, every other of whom has a name, and somebody who left."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS + 1)
        session.flush()
        left = session.scalars(select(Subscription).order_by(Subscription.id.desc()).limit(1)).one()
        left.state = SubscriptionState.UNSUBSCRIBED
        return newsletter.id


def test_people_are_counted_beside_all_who_may_be_mailed_with_the_newest_as_examples(
    open_transaction: OpenTransaction, newsletter_id: int
) -> None:
    with open_transaction() as session:
        counted = count_people(session, "name contains reader", newsletter_id)
    assert (counted.chosen, counted.whole) == (READERS // 2, READERS)
    addresses = [f"reader-{number}@example.org" for number in (11, 9, 7, 5, 3)]
    assert [reader.address for reader in counted.examples] == addresses
    assert len(addresses) == EXAMPLES


def test_nobody_is_a_count_too(open_transaction: OpenTransaction, newsletter_id: int) -> None:
    with open_transaction() as session:
        counted = count_people(session, "language is zh", newsletter_id)
    assert (counted.chosen, counted.whole, list(counted.examples)) == (0, READERS, [])


@pytest.mark.parametrize("words", ["", "age is 5", "got issue 7"])
def test_what_cannot_be_read_is_a_sentence_and_the_transaction_goes_on(
    open_transaction: OpenTransaction, newsletter_id: int, words: str
) -> None:
    with open_transaction() as session:
        with pytest.raises(BadInput):
            count_people(session, words, newsletter_id)
        assert count_people(session, "not gave", newsletter_id).chosen == READERS


def test_what_takes_too_long_is_given_up_and_the_transaction_goes_on(
    open_transaction: OpenTransaction, newsletter_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "at_most", partial(at_most, limit=timedelta(milliseconds=20)))
    with open_transaction() as session:
        with open_transaction() as other:
            other.execute(text("lock table donors"))  # whoever asks for gifts now waits
            with pytest.raises(TookTooLong):
                count_people(session, "gave", newsletter_id)
        assert session.scalars(select(Subscriber.id).limit(1)).one()
