"""The relays on the desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from service.clock import now
from service.routes.models import Pace, RouteDay
from service.settings import Route
from service.staff.audit import list_entries
from service.web.app import create_app
from service.web.desk.routes import say_pace
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, open_desk

PutOnDesk = Callable[..., None]


@pytest.fixture
def many_routes(services: Services, publisher_account: int) -> Desk:
    """The desk of a house with three relays."""
    routes = (
        Route("main", "smtp://user:hush@main.example:25", weight=3, per_second=14.0),
        Route("new", "smtp://new.example:25", warm_up=now().date() - timedelta(days=2)),
        Route("spare", "smtp://spare.example:25", weight=0, warm_up=now().date() - timedelta(days=31)),
    )
    app: Flask = create_app(replace(services, settings=replace(services.settings, routes=routes)))
    return open_desk(app, publisher_account)


def test_a_house_with_one_relay_that_does_well_sees_just_that(desk: Desk) -> None:
    page = desk.read("/desk/routes")
    assert '<h2 id="route-main">main</h2>' in page
    assert "As fast as it may" in page
    assert '1</span> of <span class="figures">1' in page
    assert "Forget what was learnt" not in page


def test_every_relay_is_shown_with_its_share_limit_and_warm_up(many_routes: Desk, put_on_desk: PutOnDesk) -> None:
    put_on_desk(RouteDay(route="new", day=now().date(), taken=640))
    page = many_routes.read("/desk/routes")
    assert '3</span> of <span class="figures">4' in page
    assert "14 a second" in page
    assert "day 3 of 30: 640 of 1,000 mails today" in page
    assert "a spare: only while the others are away" in page
    assert page.count("Warm-up") == 1
    assert "hush" not in page
    assert "main.example" not in page


def test_what_was_learnt_is_shown_in_the_relay_s_words_and_can_be_forgotten(
    desk: Desk, put_on_desk: PutOnDesk, open_transaction: OpenTransaction
) -> None:
    later = now() + timedelta(minutes=2)
    put_on_desk(
        Pace(route="main", domain="", per_second=4.0, quiet_until=later, reason="421 4.7.0 <script>slow</script>"),
        Pace(route="main", domain="slow.example", per_second=1 / 60, quiet_until=now(), reason="450 4.7.1 Too many"),
        Pace(route="other", domain="elsewhere.example", per_second=1.0, reason="of a route that is gone"),
    )
    answer = desk.get("/desk/routes").text
    assert "421 4.7.0 &lt;script&gt;slow" in answer
    page = desk.read("/desk/routes")
    assert f"until {later.strftime('%H:%M')} UTC" in page
    assert "4 a second" in page
    assert "slow.example" in page
    assert "1 a minute" in page
    assert "450 4.7.1 Too many" in page
    assert "elsewhere.example" not in page
    response = desk.post("/desk/routes/main/forget")
    assert response.status_code == 302
    page = desk.read("/desk/routes")
    assert "Forgotten." in page
    assert "slow.example" not in page
    assert "Pat Publisher forgot what was learnt about a route" in page
    with open_transaction() as session:
        assert [entry.action for entry, _ in list_entries(session, "route:main")] == [
            "Forgot what was learnt about a route"
        ]
    assert desk.post("/desk/routes/main/forget").status_code == 302


def test_a_route_that_is_not_set_up_can_not_be_forgotten(desk: Desk, open_transaction: OpenTransaction) -> None:
    response = desk.post("/desk/routes/nobody/forget")
    assert response.status_code == 404
    assert "There is no such route." in response.text
    with open_transaction() as session:
        assert list_entries(session, "route:nobody") == []


@pytest.mark.parametrize(
    ("per_second", "words"),
    [
        (1 / 60, "1 a minute"),
        (0.5, "30 a minute"),
        (0.999, "60 a minute"),
        (1.0, "1 a second"),
        (4500.0, "4,500 a second"),
    ],
)
def test_a_pace_is_said_so_that_it_can_be_imagined(per_second: float, words: str) -> None:
    assert say_pace(per_second) == words
