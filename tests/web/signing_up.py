"""Forms of sign-ups as browsers send them, what a worker does about them, and what the database was asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.clock import now
from service.db import transaction
from service.subscribers.signup_handling import handle_sign_up
from service.subscribers.signup_models import SignUp, SignUpOutcome, SignUpRules
from service.tokens import Purpose
from service.visitors.form_age import make_form_mark
from service.wiring import Services

FORM = "/crossings/subscribe"
NEW = "new.reader@example.org"
READ_FOR = timedelta(minutes=1)
A_READERS_PAUSE = 2_500  # milliseconds: a form that comes back sooner is taken for a program's


def make_mark(services: Services, age: timedelta = READ_FOR) -> str:
    """The mark of a form that was shown so long ago."""
    return make_form_mark(services.signer, Purpose.SIGN_UP_FORM, made_at=now() - age)


def handle_sign_ups(services: Services) -> list[SignUpOutcome]:
    """Do what workers do about all that was stored and not yet handled."""
    with transaction(services.factory) as session:
        return [handle_sign_up(session, row.id) for row in _select(session) if row.outcome is None]


def list_sign_ups(look_up: Callable[[Callable[[Session], Any]], Any]) -> list[SignUp]:
    """Every sign-up that came in by a form; the publication's own has no mark."""
    found: list[SignUp] = look_up(_select)
    return found


def _select(session: Session) -> list[SignUp]:
    return list(session.scalars(select(SignUp).where(SignUp.mark.is_not(None)).order_by(SignUp.id)))


def set_rules(services: Services, **values: Any) -> None:
    """Switch something on at the doors."""
    with transaction(services.factory) as session:
        rules = session.get_one(SignUpRules, 1)
        for name, value in values.items():
            setattr(rules, name, value)


@contextmanager
def watch_statements(services: Services) -> Iterator[list[str]]:
    """Collect every statement that the database gets inside the block, without its values."""
    statements: list[str] = []

    def note(*told: Any) -> None:
        statements.append(told[2])

    engine = services.factory.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
