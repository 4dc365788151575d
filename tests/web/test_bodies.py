"""Case 55 at every door: whatever is sent to any route, only so much is read, and nobody is told a stack trace."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.errors import (  # type: ignore[import-untyped]  # it has no types
    ChunkMissingTerminator,
    InvalidHeaderName,
    NoMoreData,
)
from sqlalchemy import select

from service.subscribers.models import ConsentEvent
from service.web.security import LARGEST_BODY, MOST_FIELDS
from tests.web.conftest import LookUp
from tests.web.publication import Publication
from tests.web.routes import Address
from tests.web.test_safe_methods import sign_in

GIGABYTE = 10**9
FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"
FIELDS = b"&".join(b"f%d=x" % number for number in range(100_000))


class Endless(io.RawIOBase):
    """A body that never ends. Knows how much of it was read."""

    def __init__(self) -> None:
        self.was_read = 0

    def readable(self) -> bool:
        """Say so."""
        return True

    def readinto(self, room: Any) -> int:
        """Fill the room."""
        self.was_read += len(room)
        room[:] = b"[" * len(room)
        return len(room)


class Broken(io.RawIOBase):
    """A body that breaks off, as the server tells it."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def readable(self) -> bool:
        """Say so."""
        return True

    def readinto(self, _: Any) -> int:
        """Fail."""
        raise self.problem


def send(client: FlaskClient, path: str, kind: str, body: io.IOBase, **said: str) -> int:
    """Send a body as a server hands it over, and return the answer's status."""
    told = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": "", "wsgi.input": body, "wsgi.input_terminated": True, **said}
    answer = client.post(path, environ_overrides=told, buffered=True)
    assert "Traceback" not in answer.text, path
    return answer.status_code


def list_doors(addresses: list[Address]) -> list[str]:
    """Return the path of every route that takes something."""
    return [address.path for address in addresses if "POST" in address.methods]


@pytest.fixture(params=["a stranger", "a publisher"])
def visitor(request: pytest.FixtureRequest, app: Flask, publisher_account: int) -> FlaskClient:
    """Who knocks. The publisher's forms count as our own, so that what is behind the guard of forms is met as well."""
    if request.param == "a stranger":
        return app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    return sign_in(app.test_client(), publisher_account)


@pytest.mark.parametrize("kind", [FORM, PARTS, JSON])
def test_case_55_of_a_body_without_end_only_so_much_is_read(
    visitor: FlaskClient, addresses: list[Address], kind: str
) -> None:
    for path in list_doors(addresses):
        body = Endless()
        assert send(visitor, path, kind, body, HTTP_TRANSFER_ENCODING="chunked") == 413, path
        assert body.was_read <= LARGEST_BODY + 1, path


@pytest.mark.parametrize("kind", [FORM, PARTS, JSON])
def test_case_55_a_gigabyte_that_is_announced_is_left_unread(
    visitor: FlaskClient, addresses: list[Address], kind: str
) -> None:
    for path in list_doors(addresses):
        body = Endless()
        assert send(visitor, path, kind, body, CONTENT_LENGTH=str(GIGABYTE)) < 500, path
        assert body.was_read == 0, path


def test_case_55_a_hundred_thousand_fields_are_not_taken_apart(
    visitor: FlaskClient, addresses: list[Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_apart: list[str] = []

    def note(text: str, **_: object) -> list[tuple[str, str]]:
        taken_apart.append(text)
        return []

    monkeypatch.setattr("werkzeug.formparser.parse_qsl", note)
    for path in list_doors(addresses):
        assert send(visitor, path, FORM, io.BytesIO(FIELDS), CONTENT_LENGTH=str(len(FIELDS))) < 500, path
    assert not any(taken_apart)


@pytest.mark.usefixtures("publication")
def test_case_55_a_form_of_very_many_fields_is_too_much_at_once(client: FlaskClient) -> None:
    answer = client.post("/crossings/subscribe", data=b"&".join([b"a"] * (MOST_FIELDS + 1)), content_type=FORM)
    assert (answer.status_code, "Too much at once" in answer.text) == (413, True)
    most = b"&".join([b"a"] * MOST_FIELDS)
    assert client.post("/crossings/subscribe", data=most, content_type=FORM).status_code == 200


@pytest.mark.parametrize("problem", [NoMoreData(b""), ChunkMissingTerminator(b"XX"), InvalidHeaderName("TRAILER")])
def test_case_55_a_body_that_breaks_off_or_makes_no_sense_leaves_no_trace(
    visitor: FlaskClient, addresses: list[Address], problem: Exception
) -> None:
    for path in list_doors(addresses):
        assert send(visitor, path, FORM, Broken(problem), HTTP_TRANSFER_ENCODING="chunked") == 400, path


def test_a_body_in_chunks_is_as_good_as_any(client: FlaskClient, publication: Publication, look_up: LookUp) -> None:
    def count() -> int:
        return len(look_up(lambda session: session.scalars(select(ConsentEvent.id)).all()))

    before = count()
    body = io.BytesIO(b"List-Unsubscribe=One-Click")
    path = f"/unsubscribe/{publication.unsubscribe_token}"
    assert send(client, path, FORM, body, HTTP_TRANSFER_ENCODING="chunked") == 200
    assert count() == before + 1
