"""The door for the processor's events: stored once, answered at once, whatever else is away."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.celery import CeleryPublisher, make_celery
from service.db import make_engine, make_session_factory
from service.donations.gateway import Gateway
from service.inbox.models import EventState, OutsideEvent, Provider
from service.jobs import Job, use_publisher
from service.web.app import create_app
from service.web.webhooks.door import LARGEST_EVENT
from service.wiring import Services, wire
from tests.fixtures.services import PublishedJobs
from tests.web.webhooks.conftest import Door
from tests.web.webhooks.signing import OLD_SECRET, SECRET, make_event, sign, sign_at, write_event

ListStored = Callable[[], list[OutsideEvent]]


def test_a_good_event_is_stored_and_a_worker_is_nudged(
    door: Door, list_stored: ListStored, published_jobs: PublishedJobs
) -> None:
    answer = door.knock(write_event())
    assert (answer.status_code, answer.data) == (200, b"")
    (stored,) = list_stored()
    assert (stored.provider, stored.event_id, stored.type) == (Provider.STRIPE, "evt_1", "payment_intent.succeeded")
    assert (stored.object_id, stored.state, stored.payload) == ("pi_1", EventState.RECEIVED, make_event())
    assert stored.occurred_at.timestamp() == 1_790_000_000
    assert published_jobs.of(Job.HANDLE_EVENT) == [(stored.id,)]


def test_case_66_the_same_event_fifty_times_at_once_is_one_row_and_one_nudge(
    app: Flask, list_stored: ListStored, published_jobs: PublishedJobs
) -> None:
    body = write_event()
    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda _: Door(app.test_client()).knock(body).status_code, range(50)))
    assert answers == [200] * 50
    assert len(list_stored()) == 1
    assert len(published_jobs.of(Job.HANDLE_EVENT)) == 1


def test_case_70_an_event_of_the_other_mode_is_refused(services: Services, door: Door, list_stored: ListStored) -> None:
    assert door.knock(write_event(livemode=True)).status_code == 400
    live = wire(replace(services.settings, stripe_key="sk_live_51PostriderTests"))
    assert Door(create_app(live).test_client()).knock(write_event(livemode=False)).status_code == 400
    assert list_stored() == []
    assert Door(create_app(live).test_client()).knock(write_event(livemode=True)).status_code == 200
    live.close()


def test_case_70_an_event_of_another_account_is_refused(door: Door, list_stored: ListStored) -> None:
    assert door.knock(write_event(account="acct_1Stranger")).status_code == 400
    assert list_stored() == []


def test_case_70_an_event_of_a_kind_that_we_do_not_know_is_taken(door: Door, list_stored: ListStored) -> None:
    assert door.knock(write_event(type="tea.brewed", data={"object": {"object": "tea"}})).status_code == 200
    assert [(stored.type, stored.object_id) for stored in list_stored()] == [("tea.brewed", "")]


@pytest.mark.parametrize("version", ["2031-01-01.zinnia", "2017-08-15", None])
def test_case_70_an_event_in_another_version_is_taken_and_shows_in_the_log(
    door: Door, list_stored: ListStored, version: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert door.knock(write_event(api_version=version)).status_code == 200
    assert [stored.api_version for stored in list_stored()] == [version or ""]
    assert "make the endpoint anew" in caplog.text


def test_while_a_secret_is_rotated_both_may_sign(services: Services, list_stored: ListStored) -> None:
    both = wire(replace(services.settings, stripe_webhook_secrets=(SECRET, OLD_SECRET)))
    door = Door(create_app(both).test_client())
    for number, secret in enumerate((SECRET, OLD_SECRET)):
        body = write_event(id=f"evt_{number}")
        assert door.knock(body, sign(body, secret)).status_code == 200
    body = write_event(id="evt_two_signatures")
    at = int(sign(body)[2:12])
    header = f"t={at},v1={sign_at(body, 'whsec_of_nobody', at)},v1={sign_at(body, OLD_SECRET, at)},v0=abc"
    assert door.knock(body, header).status_code == 200
    assert len(list_stored()) == 3
    both.close()


def test_an_event_of_256_kib_is_taken_and_one_byte_more_is_not(door: Door, list_stored: ListStored) -> None:
    room = LARGEST_EVENT - len(write_event(padding=""))
    assert door.knock(write_event(padding="x" * room)).status_code == 200
    assert len(list_stored()) == 1
    answer = door.knock(write_event(id="evt_2", padding="x" * (room + 1)))
    assert (answer.status_code, answer.mimetype) == (413, "text/plain")
    assert len(list_stored()) == 1


def test_a_body_that_does_not_say_its_length_is_capped_too(client: FlaskClient, list_stored: ListStored) -> None:
    body = write_event(padding="x" * LARGEST_EVENT)
    answer = client.post(
        "/webhooks/stripe",
        input_stream=BytesIO(body),
        headers={"Stripe-Signature": sign(body)},
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == 413
    assert list_stored() == []


def test_without_the_broker_an_event_is_taken_all_the_same(
    door: Door, list_stored: ListStored, caplog: pytest.LogCaptureFixture
) -> None:
    use_publisher(CeleryPublisher(make_celery("redis://127.0.0.1:1/0")))
    assert door.knock(write_event()).status_code == 200
    assert len(list_stored()) == 1
    assert "the sweep will find their rows" in caplog.text


def test_without_the_database_it_is_to_come_again(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = make_session_factory(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    door = Door(create_app(replace(services, factory=nowhere)).test_client())
    answer = door.knock(write_event())
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert answer.headers["Retry-After"] == "30"
    assert "jane@example.org" not in answer.text + caplog.text


class _Broken:
    """A gateway with a fault that nobody thought of."""

    def read_event(self, body: bytes, signature: str) -> None:
        raise RuntimeError(f"{body!r} {signature}")


def test_a_fault_of_ours_is_500_and_neither_answered_nor_logged_in_its_own_words(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Gateway = _Broken()  # type: ignore[assignment] # all that the door asks of it
    door = Door(create_app(replace(services, gateway=broken)).test_client())
    body = write_event()
    answer = door.knock(body)
    assert (answer.status_code, answer.mimetype) == (500, "text/plain")
    assert "RuntimeError" in caplog.text
    for secret in ("jane@example.org", sign(body)[-64:], "Traceback"):
        assert secret not in answer.text + caplog.text


def test_where_no_gifts_are_taken_there_is_no_door(services: Services) -> None:
    closed = create_app(replace(services, gateway=None)).test_client()
    assert Door(closed).knock(write_event()).status_code == 404


def test_only_a_post_is_taken_and_no_cookie_is_ever_set(client: FlaskClient, door: Door) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert client.open("/webhooks/stripe", method=method).status_code == 405
    assert "Set-Cookie" not in door.knock(write_event()).headers


def test_letters_that_the_database_can_not_hold_are_left_out(door: Door, list_stored: ListStored) -> None:
    name = json.loads(r'"Ja\u0000ne \ud83d 雲 \ud83d\ude00"')
    about = {"id": "pi_1", "object": "payment_intent", "name": name, "no\0te": ["\0"]}
    body = json.dumps(make_event(data={"object": about})).encode()
    assert rb"\u0000" in body
    assert door.knock(body).status_code == 200
    (stored,) = list_stored()
    assert stored.payload["data"]["object"]["name"] == "Jane  雲 😀"
    assert stored.payload["data"]["object"]["note"] == [""]


@pytest.mark.parametrize("depth", [10, 200, 400, 600, 900, 5_000])
def test_an_event_however_deep_is_stored_or_refused(door: Door, list_stored: ListStored, depth: int) -> None:
    deep = write_event(data={"object": {"id": "pi_1", "deep": "x"}}).replace(b'"x"', b"[" * depth + b"]" * depth)
    status = door.knock(deep).status_code
    assert (status, len(list_stored())) in {(200, 1), (400, 0)}


def _nest(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["object", "id", "a"]), inner, max_size=3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])  # one database will do
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), _nest, max_leaves=8))
def test_no_signed_content_makes_the_door_or_the_database_fail(app: Flask, data: object) -> None:
    for body in (write_event(data=data), write_event(created=data), write_event(id=data), write_event(account=data)):
        assert Door(app.test_client()).knock(body, sign(body, SECRET)).status_code in {200, 400}
