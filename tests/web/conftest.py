"""The publication in the test's database, every address of the application, and a way to ask that database."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from service.settings import Settings
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.publication import Publication, publish
from tests.web.routes import Address, list_addresses

LookUp = Callable[[Callable[[Session], Any]], Any]


@pytest.fixture
def publication(services: Services, open_transaction: OpenTransaction) -> Publication:
    """A released issue with one copy, a draft, and three readers."""
    with open_transaction() as session:
        return publish(session, services.signer, services.settings.public_url)


@pytest.fixture
def addresses(app: Flask, settings: Settings, publication: Publication) -> list[Address]:
    """Every route of the application."""
    return list_addresses(app, settings, publication)


@pytest.fixture
def look_up(open_transaction: OpenTransaction) -> LookUp:
    """Ask the database one thing: ``look_up(lambda session: …)``."""

    def ask(question: Callable[[Session], Any]) -> Any:
        with open_transaction() as session:
            return question(session)

    return ask
