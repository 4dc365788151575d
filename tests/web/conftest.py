"""The publication in the test's database, and a way to ask that database."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.publication import Publication, publish

LookUp = Callable[[Callable[[Session], Any]], Any]


@pytest.fixture
def publication(services: Services, open_transaction: OpenTransaction) -> Publication:
    """A released issue with one copy, a draft, and three readers."""
    with open_transaction() as session:
        return publish(session, services.signer, services.settings.public_url)


@pytest.fixture
def look_up(open_transaction: OpenTransaction) -> LookUp:
    """Ask the database one thing: ``look_up(lambda session: …)``."""

    def ask(question: Callable[[Session], Any]) -> Any:
        with open_transaction() as session:
            return question(session)

    return ask
