"""A signed-in browser of the desk, and how its answers are read. Owns no fixture."""

import html
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fixtures.services import STAFF_PASSWORD

EDITOR_ADDRESS = "editor@office.example"
TREASURER_ADDRESS = "treasurer@office.example"
READERS = 3


@dataclass(frozen=True)
class Stock:
    """The ids of what is in the database."""

    newsletter_id: int
    issue_id: int
    item_ids: tuple[int, ...]


class Desk:
    """A signed-in browser. ``post`` sends the token that the forms hold, as a browser would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        """Load a page."""
        return self.client.get(path)

    def read(self, path: str) -> str:
        """Return a page's words, entities resolved; the page must be there."""
        response = self.client.get(path)
        assert response.status_code == 200, f"{path}: {response.status_code}"
        return words_of(response)

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form with a good token."""
        return self.client.post(path, data={"csrf_token": token_of(self.client), **fields})


def words_of(response: TestResponse) -> str:
    """Return an answer's text with its entities resolved and its white space single; tags are still in it."""
    return " ".join(html.unescape(response.text).split())


def token_of(client: FlaskClient) -> str:
    """Return the token of the forms of this browser."""
    page = client.get("/desk/sign-in").text
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def open_desk(app: Flask, account_id: int) -> Desk:
    """Return a browser with the session of a new account: quicker than a password, which takes its time on purpose."""
    desk = Desk(app.test_client())
    with desk.client.session_transaction() as session:
        session.update(account=account_id, epoch=0)
    return desk


def sign_in(app: Flask, address: str, password: str = STAFF_PASSWORD) -> Desk:
    """Return a browser in which ``address`` is signed in."""
    desk = Desk(app.test_client())
    response = desk.post("/desk/sign-in", address=address, password=password)
    assert response.status_code == 302
    return desk
