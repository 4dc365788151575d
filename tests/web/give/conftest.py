"""A house that takes gifts, a processor that a test can break, and a form that somebody filled in."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.donations.models import Attempt
from service.web.app import create_app
from service.wiring import Services
from tests.donations.forms import BreakablePages, fill_form
from tests.factories.giving import make_fund, make_organisation
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.give.reading import Fill, attempts


@pytest.fixture(autouse=True)
def house(open_transaction: OpenTransaction) -> None:
    """An organisation with one open fund."""
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session)


@pytest.fixture
def pages() -> BreakablePages:
    """The processor's pages."""
    return BreakablePages()


@pytest.fixture
def app(services: Services, pages: BreakablePages) -> Flask:
    """The application, with a processor that a test can break."""
    return create_app(replace(services, gateway=pages.gateway))


@pytest.fixture
def fill(services: Services) -> Fill:
    """Fill in a form that was open for a minute."""
    return lambda **changes: fill_form(services.signer, **changes)


@pytest.fixture
def given(client: FlaskClient, fill: Fill, look_up: LookUp) -> Attempt:
    """A form that was sent from this client's browser."""
    answer = client.post("/give", data=fill(lang="en"))
    assert answer.status_code == 303, answer.text
    return attempts(look_up)[0]
