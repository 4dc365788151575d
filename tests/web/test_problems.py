"""When something is wrong: a sentence and a way on, as a page or as JSON; never a trace."""

import logging
import re
import time
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.db import make_engine, make_session_factory
from service.errors import BadInput, Conflict, NotFound, PostriderError, Unavailable
from service.web.app import create_app
from service.web.transaction import unit_of_work
from service.wiring import Services

JSON = {"Accept": "application/json"}
NOBODY_THERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def failing(services: Services) -> Flask:
    """The application with a route that fails as told."""
    app = create_app(services)

    @app.get("/fail/<name>")
    def fail(name: str) -> str:
        known: dict[str, type[PostriderError]] = {
            kind.code: kind for kind in (BadInput, NotFound, Conflict, Unavailable)
        }
        raise known[name]("A sentence for you & <me>.") if name in known else ZeroDivisionError("secret detail")

    return app


@pytest.mark.parametrize(
    ("name", "status"), [("bad_input", 422), ("not_found", 404), ("conflict", 409), ("unavailable", 503)]
)
def test_a_known_failure_says_its_sentence(failing: Flask, name: str, status: int) -> None:
    client = failing.test_client()
    page = client.get(f"/fail/{name}")
    assert page.status_code == status
    assert "A sentence for you &amp; &lt;me&gt;." in page.text
    assert 'href="/"' in page.text
    answer = client.get(f"/fail/{name}", headers=JSON)
    assert (answer.status_code, answer.json) == (
        status,
        {"error": {"code": name, "message": "A sentence for you & <me>."}},
    )
    assert ("Retry-After" in answer.headers) is (status == 503)


@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "json"])
def test_an_unknown_failure_shows_a_number_that_the_log_explains(
    failing: Flask, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing.test_client().get("/fail/otherwise", headers=headers)
    assert answer.status_code == 500
    number = re.search(r"noted it as ([0-9a-f]{8})", answer.text)
    assert number is not None
    assert number[1] in caplog.text
    assert "secret detail" in caplog.text
    assert all(word not in answer.text for word in ("Traceback", "ZeroDivisionError", "secret detail"))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("DELETE", "/", 405, "method_not_allowed")],
)
def test_http_failures_have_a_page_and_json_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    page = client.open(path, method=method)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "To the front page" in page.text
    answer = client.open(path, method=method, headers=JSON)
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(client: FlaskClient) -> None:
    assert "GET" in client.delete("/").headers["Allow"]


def test_a_database_that_is_away_is_said_in_a_sentence(services: Services) -> None:
    away = replace(services, factory=make_session_factory(make_engine(NOBODY_THERE)))
    answer = create_app(away).test_client().get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Please try again in a minute." in answer.text
    assert "psycopg" not in answer.text


def stand_still() -> None:
    """Do nothing in a transaction until it is taken away."""
    with unit_of_work() as work:
        work.execute(text("set local idle_in_transaction_session_timeout = '1ms'"))
        for _ in range(200):
            time.sleep(0.02)
            work.execute(text("select 1"))


def test_a_page_that_stood_still_until_its_transaction_was_taken_from_it_says_so_too(failing: Flask) -> None:
    with failing.app_context(), pytest.raises(Unavailable, match="again in a minute"):
        stand_still()


def test_what_is_wrong_in_a_query_is_not_called_an_outage(failing: Flask) -> None:
    with failing.app_context(), pytest.raises(ProgrammingError), unit_of_work() as work:
        work.execute(text("select nothing"))
