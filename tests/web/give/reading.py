"""Reading the form as a browser shows it, and the rows behind it."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from service.donations.models import Attempt
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp

Fill = Callable[..., dict[str, str]]
EXPENSIVE = {"tribute_kind": "memory", "tribute_name": "Лев & Co", "employer": "Acme <Inc>", "anonymous": "yes"}


def attempts(look_up: LookUp) -> list[Attempt]:
    """Every stored attempt."""
    found: list[Attempt] = look_up(lambda session: list(session.scalars(select(Attempt).order_by(Attempt.id))))
    return found


def change(open_transaction: OpenTransaction, model: type[Any], **values: Any) -> None:
    """Set columns of every row of a table."""
    with open_transaction() as session:
        session.execute(update(model).values(**values))


def checked(page: str, name: str) -> str | None:
    """The value of the radio button that is chosen."""
    found = re.search(rf'name="{name}" value="([^"]*)" checked', page)
    return found[1] if found else None
