"""Readers for tests, each confirmed by the same steps as a real one, or in bulk where thousands are needed."""

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState


def make_reader(session: Session, newsletter_id: int, address: str, name: str | None = None) -> Subscription:
    """Store one confirmed reader."""
    subscriber = Subscriber(
        address=address, mailed_address=address, address_key=address.casefold(), name=name, language="en"
    )
    subscription = Subscription(
        subscriber=subscriber, newsletter_id=newsletter_id, state=SubscriptionState.ACTIVE, confirmed_at=None
    )
    session.add_all([subscriber, subscription])
    session.flush()
    return subscription


def make_readers(session: Session, newsletter_id: int, count: int) -> None:
    """Store ``count`` confirmed readers ``reader-N@example.org`` in two statements."""
    rows = [
        {
            "address": f"reader-{n}@example.org",
            "mailed_address": f"reader-{n}@example.org",
            "address_key": f"reader-{n}@example.org",
            "name": f"Reader {n}" if n % 2 else None,
            "language": "en",
        }
        for n in range(count)
    ]
    session.execute(insert(Subscriber), rows)
    everyone = select(Subscriber.id, literal(newsletter_id), literal(SubscriptionState.ACTIVE.value))
    session.execute(insert(Subscription).from_select(["subscriber_id", "newsletter_id", "state"], everyone))
