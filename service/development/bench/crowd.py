"""Readers to measure with, by the million. Never goes through sign-up: no consent is behind them and no mail leaves."""

from sqlalchemy import String, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState

DOMAINS = 50  # of their addresses: a limit for one recipient domain must not hide in the figures


def add_readers(session: Session, count: int, *newsletters: Newsletter) -> None:
    """Store ``count`` confirmed readers of all ``newsletters`` in one statement for the people and one for each tie."""
    numbers = func.generate_series(1, count).column_valued("number")
    number = cast(numbers, String)
    address = literal("reader-") + number + "@mail" + cast(numbers % DOMAINS, String) + ".example.org"
    people = select(address, address, address, literal("Reader Number ") + number)
    session.execute(insert(Subscriber).from_select(["address", "mailed_address", "address_key", "name"], people))
    for newsletter in newsletters:
        everyone = select(Subscriber.id, literal(newsletter.id), literal(SubscriptionState.ACTIVE.value))
        columns = ["subscriber_id", "newsletter_id", "state"]
        session.execute(insert(Subscription).from_select(columns, everyone.order_by(Subscriber.id)))
