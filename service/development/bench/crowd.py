"""People to measure with, by the million. Never goes through sign-up: no consent is behind them, and no mail leaves."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.signup_models import Door, SignUp, SignUpOutcome
from service.subscribers.states import SubscriptionState

DOMAINS = 50  # of their addresses: a limit for one recipient domain must not hide in the figures


def add_readers(session: Session, count: int, *newsletters: Newsletter) -> None:
    """Store ``count`` confirmed readers of all ``newsletters`` in one statement for the people and one for each tie."""
    numbers = func.generate_series(1, count).column_valued("number")
    address = _write_address(numbers)
    people = select(address, address, address, literal("Reader Number ") + cast(numbers, String))
    session.execute(insert(Subscriber).from_select(["address", "mailed_address", "address_key", "name"], people))
    for newsletter in newsletters:
        everyone = select(Subscriber.id, literal(newsletter.id), literal(SubscriptionState.ACTIVE.value))
        columns = ["subscriber_id", "newsletter_id", "state"]
        session.execute(insert(Subscription).from_select(columns, everyone.order_by(Subscriber.id)))


def add_sign_ups(session: Session, count: int, newsletter: Newsletter) -> None:
    """Store the requests of ``count`` people for ``newsletter``, which a letter is to answer, in one statement."""
    address = _write_address(func.generate_series(1, count).column_valued("number"))
    row: dict[str, ColumnElement[Any]] = {
        "address": address,
        "mailed_address": address,
        "address_key": address,
        "language": literal(newsletter.language),
        "newsletter_ids": array([newsletter.id]),
        "wording": literal(""),
        "door": literal(Door.PAGE.value),
        "network": literal(""),
        "outcome": literal(SignUpOutcome.CONFIRM.value),
    }
    session.execute(insert(SignUp).from_select(list(row), select(*row.values())))


def _write_address(number: ColumnElement[int]) -> ColumnElement[str]:
    return literal("reader-") + cast(number, String) + "@mail" + cast(number % DOMAINS, String) + ".example.org"
