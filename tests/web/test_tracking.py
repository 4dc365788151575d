"""The pixel and the redirector: the reader always gets the picture and the page, whatever becomes of the hit."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.db import make_engine, make_session_factory
from service.tracking.models import Agent, Hit, Link
from service.tracking.recording import record_hit
from service.web.app import create_app
from service.wiring import Services
from tests.waiting import PATIENCE, wait_until
from tests.web.conftest import LookUp
from tests.web.publication import Publication

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
NOBODY_THERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def hits(look_up: LookUp) -> list[Hit]:
    """Every hit, in the order in which they came."""
    found: list[Hit] = look_up(lambda session: session.scalars(select(Hit).order_by(Hit.id)).all())
    return found


def the_hit(look_up: LookUp) -> Hit:
    """The one hit, once it is there: on a busy machine the answer may be out before it."""
    wait_until(lambda: hits(look_up), "the hit to be recorded")
    (hit,) = hits(look_up)
    return hit


def assert_is_pixel(answer: Any) -> None:
    """The whole answer that a mail program needs."""
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "image/gif", 43)
    assert answer.data.startswith(b"GIF89a")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_fetched_pixel_is_an_open(client: FlaskClient, publication: Publication, look_up: LookUp) -> None:
    assert_is_pixel(client.get(f"/o/{publication.track_token}.gif", headers=BROWSER))
    hit = the_hit(look_up)
    assert (hit.issue_id, hit.delivery_id, hit.link_number) == (publication.issue_id, publication.delivery_id, None)
    assert hit.agent is Agent.BROWSER


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "…"])
def test_a_pixel_without_a_good_token_is_a_picture_and_no_open(
    client: FlaskClient, publication: Publication, look_up: LookUp, token: str
) -> None:
    assert_is_pixel(client.get(f"/o/{token}.gif"))
    assert_is_pixel(client.get(f"/o/{publication.view_token}.gif"))
    assert hits(look_up) == []


def test_a_link_leads_to_its_target_and_is_a_click(
    client: FlaskClient, publication: Publication, look_up: LookUp
) -> None:
    answer = client.get(f"/c/{publication.track_token}/1", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://a.test/one")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    hit = the_hit(look_up)
    assert (hit.link_number, hit.agent) == (1, Agent.BROWSER)


def test_a_head_request_is_led_on_too_and_taken_for_a_machine(
    client: FlaskClient, publication: Publication, look_up: LookUp
) -> None:
    answer = client.head(f"/c/{publication.track_token}/1", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://a.test/one")
    assert the_hit(look_up).agent is Agent.MACHINE


@pytest.mark.parametrize(
    "target", ["https://b.test/?q=Санкт Петербург&r=1#x", "mailto:a@b.test", "https://例子.测试/路"]
)
def test_a_target_in_any_script_arrives_as_it_was_written(
    client: FlaskClient, publication: Publication, look_up: LookUp, target: str
) -> None:
    look_up(lambda session: session.execute(update(Link).where(Link.number == 1).values(url=target)))
    answer = client.get(f"/c/{publication.track_token}/1")
    assert answer.status_code == 302
    assert answer.headers["Location"].isascii()


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999", "https://evil.test", "1?to=https://evil.test"])
def test_the_redirector_opens_nothing_but_links_of_the_issue(
    client: FlaskClient, publication: Publication, number: str
) -> None:
    answer = client.get(f"/c/{publication.track_token}/{number}", headers=BROWSER)
    assert "evil" not in answer.headers.get("Location", "")
    assert answer.status_code == (302 if number.startswith("1?") else 404)


def test_no_ip_and_no_user_agent_is_kept() -> None:
    assert set(Hit.__table__.columns.keys()) == {
        "id", "issue_id", "delivery_id", "link_number", "agent", "happened_at", "verdict",
    }  # fmt: skip


def test_a_database_that_is_away_costs_the_hit_and_not_the_picture(
    services: Services, publication: Publication, caplog: pytest.LogCaptureFixture
) -> None:
    away = create_app(replace(services, factory=make_session_factory(make_engine(NOBODY_THERE))))
    assert_is_pixel(away.test_client().get(f"/o/{publication.track_token}.gif", headers=BROWSER))
    wait_until(lambda: "was not recorded" in caplog.text, "the lost hit to be logged")


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A database that answers no hit until the event is set, or for so long that an answer that waits is told."""
    answers = threading.Event()

    def record_late(session: Session, *args: Any) -> None:
        answers.wait(PATIENCE)
        record_hit(session, *args)

    monkeypatch.setattr("service.web.tracking.record_hit", record_late)
    yield answers
    answers.set()


@pytest.mark.parametrize("path", ["/o/{0}.gif", "/c/{0}/1"])
def test_a_database_that_hangs_delays_neither_picture_nor_page_and_gets_the_hit_later(
    client: FlaskClient, publication: Publication, look_up: LookUp, stuck: threading.Event, path: str
) -> None:
    answer = client.get(path.format(publication.track_token), headers=BROWSER)
    assert answer.status_code in {200, 302}
    assert not stuck.is_set()
    assert hits(look_up) == []
    stuck.set()
    assert the_hit(look_up).issue_id == publication.issue_id


def test_hits_that_pile_up_are_given_up_and_readers_are_not(
    client: FlaskClient,
    publication: Publication,
    look_up: LookUp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("service.web.tracking._room", threading.Semaphore(0))
    assert_is_pixel(client.get(f"/o/{publication.track_token}.gif", headers=BROWSER))
    assert "is lost" in caplog.text
    assert hits(look_up) == []


def test_a_hit_that_fails_still_leads_on(app: Flask, publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    monkeypatch.setattr("service.web.tracking.record_hit", fail)
    answer = app.test_client().get(f"/c/{publication.track_token}/1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://a.test/one")
