"""Mail scanners and link previews fetch every link they see: looking must never change a thing."""

from collections.abc import Iterator
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service.models import metadata
from service.settings import Settings
from tests.fixtures.services import OpenTransaction
from tests.web.publication import Publication
from tests.web.routes import Address, list_addresses

SAFE = ("GET", "HEAD", "OPTIONS")
Dump = dict[str, list[tuple[object, ...]]]


def dump(open_transaction: OpenTransaction, *, without: frozenset[str] = frozenset()) -> Dump:
    """Return every row of every table."""
    with open_transaction() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table.name not in without
        }


def sign_in(client: FlaskClient, account_id: int) -> FlaskClient:
    """Give ``client`` the session of a publisher."""
    with client.session_transaction() as session:
        session.update(account=account_id, epoch=0)
    return client


@pytest.fixture
def addresses(app: Flask, settings: Settings, publication: Publication) -> list[Address]:
    """Every route of the application."""
    return list_addresses(app, settings, publication)


def readable(addresses: list[Address]) -> Iterator[tuple[Address, str]]:
    """Every route with every safe method that it takes."""
    return ((address, method) for address, method in product(addresses, SAFE) if method in address.methods)


# Werkzeug drops a file's body on HEAD without closing it (Response.get_app_iter).
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "a publisher"])
def test_no_safe_method_changes_any_row(
    app: Flask,
    addresses: list[Address],
    open_transaction: OpenTransaction,
    publisher_account: int,
    *,
    signed_in: bool,
) -> None:
    client = app.test_client()
    if signed_in:
        sign_in(client, publisher_account)
    # A fetched pixel or link is noted: that is the one thing that a GET is there to leave behind.
    before = dump(open_transaction, without=frozenset({"hits"}))
    answers = {
        (address.path, method): client.open(address.path, method=method) for address, method in readable(addresses)
    }
    assert dump(open_transaction, without=frozenset({"hits"})) == before
    assert {call: answer.status_code for call, answer in answers.items() if answer.status_code >= 400} == {}


def test_only_pixel_and_links_leave_hits(
    client: FlaskClient, addresses: list[Address], open_transaction: OpenTransaction
) -> None:
    for address, method in readable(addresses):
        if not address.endpoint.startswith("tracking."):
            client.open(address.path, method=method, buffered=True)
    assert dump(open_transaction)["hits"] == []
