"""The door for programs: asks what the page asks, says the same to everybody, and breaks at nothing that is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.subscribers.defence import MOST_PER_NETWORK
from service.subscribers.signup_models import Door
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, Publication
from tests.web.signing_up import NEW, handle_sign_ups, list_sign_ups, make_mark, set_rules
from tests.web.test_signup import Riddle, solve

DOOR = "/subscribe.json"

Send = Callable[..., TestResponse]


@pytest.fixture
def send(client: FlaskClient, services: Services, publication: Publication) -> Send:
    """Send what a program was told to, with a fresh mark; any field may be told otherwise, or left out by None."""

    def post(**fields: Any) -> TestResponse:
        told = client.get(DOOR, query_string={"newsletter": publication.slug}).get_json()
        whole = {
            "address": NEW,
            "newsletters": [publication.slug],
            "mark": make_mark(services),
            "wording": told["wording"],
            "language": told["language"],
            **fields,
        }
        sent = {name: value for name, value in whole.items() if value is not None}
        return client.post(DOOR, json=sent, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://a.test"})

    return post


@pytest.mark.usefixtures("publication")
def test_a_program_is_told_what_to_show_and_to_bring(client: FlaskClient, services: Services) -> None:
    told = client.get(DOOR, query_string={"newsletter": "crossings"}).get_json()
    assert told["newsletters"] == [{"slug": "crossings", "name": "Crossings"}]
    assert told["wording"].startswith("Send me “Crossings” by e-mail.")
    assert (told["language"], told["work"]) == ("en", None)
    assert told["mark"]
    set_rules(services, asks_for_work=True)
    again = client.get(DOOR, query_string={"newsletter": "crossings", "lang": "fr"}).get_json()
    assert again["work"] == {"hash": "SHA-256", "of": "mark:answer", "zero_bits": 16}
    assert again["language"] == "fr"
    assert again["mark"] != told["mark"]


def test_a_sign_up_by_a_program_is_kept_with_its_door(send: Send, services: Services, look_up: LookUp) -> None:
    answer = send(name="Ada", source="app")
    assert (answer.status_code, answer.get_json()) == (202, {"status": "accepted"})
    (stored,) = list_sign_ups(look_up)
    assert (stored.address, stored.name, stored.source, stored.door) == (NEW, "Ada", "app", Door.JSON)
    assert len(handle_sign_ups(services)) == 1


@pytest.mark.parametrize("address", [ACTIVE, PENDING, GONE])
def test_case_51_the_answer_tells_no_program_who_was_known(send: Send, address: str) -> None:
    answer, other = send(address=address), send()
    assert (answer.status_code, answer.data) == (other.status_code, other.data) == (202, answer.data)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"mark": None}, 409, "press_again"),
        ({"mark": "x"}, 409, "press_again"),
        ({"address": None}, 422, "bad_input"),
        ({"address": "jane@@example.org"}, 422, "bad_input"),
        ({"address": 7}, 422, "bad_input"),
        ({"address": ["a@example.org"]}, 422, "bad_input"),
        ({"newsletters": None}, 422, "bad_input"),
        ({"newsletters": "crossings"}, 422, "bad_input"),
        ({"newsletters": [1]}, 422, "bad_input"),
        ({"newsletters": ["nowhere"]}, 404, "not_found"),
        ({"wording": "I agree"}, 422, "bad_input"),
        ({"wording": None}, 422, "bad_input"),
        ({"language": "fr"}, 422, "bad_input"),  # the sentence was English
    ],
)
def test_case_50_what_is_missing_or_wrong_is_said_and_nothing_stored(
    send: Send, look_up: LookUp, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = send(**fields)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    assert answer.get_json()["error"]["message"]
    assert list_sign_ups(look_up) == []


def test_case_50_a_replayed_mark_brings_no_second_sign_up(send: Send, services: Services, look_up: LookUp) -> None:
    mark = make_mark(services)
    assert [send(mark=mark).status_code for _ in range(2)] == [202, 202]
    assert send(mark=mark, address="other@example.org").get_json()["error"]["code"] == "spent_form"
    assert len(list_sign_ups(look_up)) == 1


def test_case_50_the_honeypot_gets_the_same_answer_and_stores_nothing(send: Send, look_up: LookUp) -> None:
    answer = send(website="https://spam.test")
    assert (answer.status_code, answer.get_json()) == (202, {"status": "accepted"})
    assert list_sign_ups(look_up) == []


def test_case_50_work_and_puzzle_are_asked_of_programs_too(
    app: Flask, send: Send, services: Services, look_up: LookUp
) -> None:
    set_rules(services, asks_for_work=True)
    app.extensions["sign_up_challenge"] = Riddle()
    mark = make_mark(services)
    answer = solve(mark)
    assert send(mark=mark, work=answer).get_json()["error"]["code"] == "not_proven"
    assert send(mark=mark, riddle="42").get_json()["error"]["code"] == "not_proven"
    assert list_sign_ups(look_up) == []
    assert send(mark=mark, work=answer, riddle="42").status_code == 202


def test_a_program_that_sends_many_is_asked_to_wait(send: Send, look_up: LookUp) -> None:
    for number in range(MOST_PER_NETWORK):
        assert send(address=f"{number}@example.org").status_code == 202
    answer = send()
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (429, "too_many")
    assert len(list_sign_ups(look_up)) == MOST_PER_NETWORK


def test_several_newsletters_have_their_own_sentence(
    send: Send, client: FlaskClient, open_transaction: OpenTransaction, look_up: LookUp
) -> None:
    with open_transaction() as session:
        make_newsletter(session, "harbour")
    both = ["crossings", "harbour"]
    told = client.get(DOOR, query_string={"newsletter": both}).get_json()
    assert send(newsletters=both).status_code == 422
    assert send(newsletters=both, wording=told["wording"]).status_code == 202
    (stored,) = list_sign_ups(look_up)
    assert len(stored.newsletter_ids) == 2
    nobody = client.get(DOOR).get_json()
    assert send(newsletters=[], wording=nobody["wording"]).get_json()["error"]["code"] == "nothing_chosen"


def test_any_site_may_ask_with_scripts_and_none_gets_a_cookie(client: FlaskClient, send: Send) -> None:
    preflight = client.options(DOOR, headers={"Origin": "https://a.test", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 200
    for answer in (preflight, client.get(DOOR), send(), send(mark="x")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"address"',
        b"[" * 90_000,
        b'{"a":' * 15_000,
        b"\xff\xfe",
        b"\x1f\x8b\x08\x00bomb",
    ],
)
@pytest.mark.usefixtures("publication")
def test_case_55_a_body_that_is_no_object_is_refused_in_words(client: FlaskClient, body: bytes) -> None:
    answer = client.post(DOOR, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "bad_input")


@pytest.mark.usefixtures("publication")
def test_case_55_what_is_no_json_and_what_is_too_much_is_refused_in_the_same_shape(client: FlaskClient) -> None:
    form = client.post(DOOR, data={"address": NEW})
    assert form.get_json()["error"]["message"].startswith("Please send JSON")
    large = client.post(DOOR, data=b"x" * 200_000, content_type="application/json")
    assert (large.status_code, large.get_json()["error"]["code"]) == (413, "too_large")


def test_halves_of_characters_and_controls_break_nothing(send: Send, look_up: LookUp) -> None:
    assert send(name="A\ud800d\u0000a", source="\ud83d").status_code == 202
    (stored,) = list_sign_ups(look_up)
    assert (stored.name, stored.source) == ("Ada", "")
    assert send(address="jane\ud800@example.org", mark="\ud800").status_code == 409
