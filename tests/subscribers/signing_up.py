"""Sign-ups for tests: wishes as a door makes them, and rows as they lie in the table."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from service.subscribers.signup import Wish, store_sign_up
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import Door, SignUp, SignUpOutcome, SignUpRules

WORDING = "Send me Crossings."
_numbers = count(1)


def make_wish(address: str, newsletter_ids: Sequence[int], **changes: Any) -> Wish:
    """What somebody asks for, by a form that nobody sent before."""
    number = next(_numbers)
    plain = Wish(
        address=address,
        newsletter_ids=newsletter_ids,
        wording=WORDING,
        door=Door.PAGE,
        network=f"10.{number // 250 % 250}.{number % 250}.0/24",
        mark=f"mark-{number}",
        language="en",
    )
    return replace(plain, **changes)


def sign_up(session: Session, address: str, newsletter_ids: Sequence[int], **changes: Any) -> SignUp:
    """Store a wish; returns its row, not yet handled."""
    wish = make_wish(address, newsletter_ids, **changes)
    store_sign_up(session, wish)
    return session.scalars(select(SignUp).where(SignUp.mark == wish.mark)).one()


def sign_up_and_handle(session: Session, address: str, newsletter_ids: Sequence[int], **changes: Any) -> SignUpOutcome:
    """Store a wish and do what a worker does about it."""
    return handle_sign_up(session, sign_up(session, address, newsletter_ids, **changes).id)


def add_sign_ups(
    session: Session, number: int, newsletter_id: int, *, ago: timedelta = timedelta(0), **values: Any
) -> None:
    """Store as many rows in one statement, each of another address and network unless told otherwise."""
    rows = [
        {
            "address": f"{each}@example.org",
            "mailed_address": f"{each}@example.org",
            "address_key": f"{each}@example.org",
            "network": f"10.{each // 250 % 250}.{each % 250}.0/24",
            "language": "en",
            "newsletter_ids": [newsletter_id],
            "wording": WORDING,
            "door": Door.PAGE,
            **values,
        }
        for each in (next(_numbers) for _ in range(number))
    ]
    session.execute(insert(SignUp).values(created_at=func.now() - ago), rows)


def set_rules(session: Session, **values: Any) -> None:
    """Switch something on at the doors."""
    rules = session.get_one(SignUpRules, 1)
    for name, value in values.items():
        setattr(rules, name, value)
    session.flush()


def make_older(session: Session, by: timedelta) -> None:
    """Let all that was signed up have happened so much earlier."""
    session.execute(text("update sign_ups set created_at = created_at - :by"), {"by": by})
    session.expire_all()


def count_by_outcome(outcomes: Iterable[SignUpOutcome | None]) -> dict[SignUpOutcome | None, int]:
    """How often each came."""
    listed = list(outcomes)
    return {outcome: listed.count(outcome) for outcome in set(listed)}
