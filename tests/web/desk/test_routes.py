"""The relays on the desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from service.alarms.models import Alarm
from service.clock import now
from service.organisation.models import Organisation
from service.routes.models import Pace, RouteDay
from service.settings import DkimKey, Route
from service.staff.audit import list_entries
from service.web.app import create_app
from service.wiring import Services
from tests.factories.giving import make_organisation
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock, open_desk

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
    assert "Nothing holds it back" in page
    assert '<dt>Share</dt><dd class="figures">All mail</dd>' in page
    assert "Forget what was learnt" not in page


def test_every_relay_is_shown_with_its_share_limit_and_warm_up(many_routes: Desk, put_on_desk: PutOnDesk) -> None:
    put_on_desk(RouteDay(route="new", day=now().date(), taken=640))
    page = many_routes.read("/desk/routes")
    assert "75% of the mail" in page
    assert "25% of the mail" in page
    assert "14 a second" in page
    assert "Day 3 of 30: 640 of 1,000 mails today." in page
    assert "A spare: takes mail only while the others can’t" in page
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
    assert f'until <time datetime="{later.isoformat(timespec="seconds")}">{later:%H:%M} UTC</time>' in page
    assert "4 a second" in page
    assert "slow.example" in page
    assert "1 a minute" in page
    assert "450 4.7.1 Too many" in page
    assert "elsewhere.example" not in page
    response = desk.post("/desk/routes/main/forget")
    assert response.status_code == 302
    page = desk.read("/desk/routes")
    assert "What was learnt about main is forgotten." in page
    assert "slow.example" not in page
    assert "Pat Publisher forgot what was learnt about a relay" in page
    with open_transaction() as session:
        assert [entry.action for entry, _ in list_entries(session, "route:main")] == [
            "Forgot what was learnt about a relay"
        ]
    assert desk.post("/desk/routes/main/forget").status_code == 302


def test_a_route_that_is_not_set_up_can_not_be_forgotten(desk: Desk, open_transaction: OpenTransaction) -> None:
    response = desk.post("/desk/routes/nobody/forget")
    assert response.status_code == 404
    assert "There is no such relay." in response.text
    with open_transaction() as session:
        assert list_entries(session, "route:nobody") == []


def test_a_house_without_a_relay_is_told_so(services: Services, publisher_account: int) -> None:
    app = create_app(replace(services, settings=replace(services.settings, routes=())))
    page = open_desk(app, publisher_account).read("/desk/routes")
    assert "No relay is set up" in page
    assert "SMTP_URL" in page


def test_a_relay_s_state_tells_silence_and_a_day_that_is_used_up(many_routes: Desk, put_on_desk: PutOnDesk) -> None:
    put_on_desk(
        RouteDay(route="new", day=now().date(), taken=1000),
        Alarm(key="relay:silent:spare", sentence="It is silent."),
    )
    page = many_routes.read("/desk/routes")
    states = [page.partition(f'<h2 id="route-{name}">')[2].partition("</p>")[0] for name in ("main", "new", "spare")]
    for state, words in zip(states, ("Nothing holds it back", "No more mails today", "Does not answer"), strict=True):
        assert words in state


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ((), ("Left to the relay", "which must sign for crossings.test: there is no key here")),
        (("crossings.test",), ("Signed here", "by a key of crossings.test</span>")),
        (("test",), ("Signed here", "which fits unless the DMARC record of crossings.test asks for strict alignment")),
        (("other.test",), ("Not signed", "Mail from letter@crossings.test leaves unsigned:")),
    ],
)
def test_each_address_that_mail_is_from_says_who_signs_it(
    services: Services, publisher_account: int, stock: Stock, keys: tuple[str, ...], words: tuple[str, ...]
) -> None:
    settings = replace(services.settings, dkim_keys=tuple(DkimKey(key, "s1", Path("unread.pem")) for key in keys))
    desk = open_desk(create_app(replace(services, settings=settings)), publisher_account)
    page = desk.read("/desk/routes")
    for word in words:
        assert word in page
    assert page.count("<dt>letter@crossings.test</dt>") == 1
    review = desk.read(f"/desk/issues/{stock.issue_id}/send")
    assert ("leaves unsigned" in review) == ("Not signed" in words)
    assert "Send to 3 readers" in review  # a doubt, and no stop


def test_the_organisation_s_own_address_is_listed_once_beside_the_newsletters(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        organisation = make_organisation(session)
        organisation.sender_address = "office@institute.test"
    page = desk.read("/desk/routes")
    assert stock.newsletter_id
    assert page.index("<dt>letter@crossings.test</dt>") < page.index("<dt>office@institute.test</dt>")
    with open_transaction() as session:
        session.get_one(Organisation, 1).sender_address = "LETTER@crossings.test"
    page = desk.read("/desk/routes")
    assert page.count("<dt>letter@crossings.test</dt>") == 1
