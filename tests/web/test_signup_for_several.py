"""One form for several newsletters: nothing is ticked beforehand, and one letter is about all."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.mail.models import Letter
from service.subscribers.models import ConsentEvent, Subscription
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.signing_up import NEW, handle_sign_ups, list_sign_ups, make_mark

JOINT = "/subscribe"


@pytest.fixture
def newsletter_ids(open_transaction: OpenTransaction) -> list[int]:
    """Two newsletters to choose from."""
    with open_transaction() as session:
        return [make_newsletter(session, slug).id for slug in ("crossings", "harbour")]


@pytest.mark.usefixtures("newsletter_ids")
def test_nothing_is_ticked_but_what_the_link_says(client: FlaskClient) -> None:
    page = client.get(JOINT).text
    assert page.count('type="checkbox"') == 2
    assert " checked" not in page
    assert client.get(f"{JOINT}?newsletter=harbour").text.count(" checked") == 1


def test_all_that_were_ticked_come_by_one_letter_with_the_wording_that_was_shown(
    client: FlaskClient, services: Services, look_up: LookUp, newsletter_ids: list[int]
) -> None:
    page = unescape(client.get(JOINT).text)
    form = {"address": NEW, "mark": make_mark(services), "newsletter": ["harbour", "crossings"]}
    assert "Look in your inbox" in client.post(JOINT, data=form).text
    handle_sign_ups(services)
    asked = look_up(lambda session: session.scalars(select(Subscription.newsletter_id)).all())
    assert sorted(asked) == newsletter_ids
    assert look_up(lambda session: len(session.scalars(select(Letter.id)).all())) == 1
    (wording,) = set(look_up(lambda session: session.scalars(select(ConsentEvent.wording)).all()))
    assert wording in page


@pytest.mark.usefixtures("newsletter_ids")
def test_who_ticks_nothing_is_told_so_and_keeps_the_address(
    client: FlaskClient, services: Services, look_up: LookUp
) -> None:
    answer = client.post(JOINT, data={"address": NEW, "mark": make_mark(services)})
    assert answer.status_code == 422
    assert "Please choose a newsletter." in answer.text
    assert f'value="{NEW}"' in answer.text
    assert list_sign_ups(look_up) == []


@pytest.mark.usefixtures("newsletter_ids")
def test_what_was_ticked_stays_ticked_when_the_form_comes_back(client: FlaskClient) -> None:
    page = client.post(JOINT, data={"address": NEW, "newsletter": ["harbour"]}).text
    assert 'value="harbour" aria-describedby' in page or 'value="harbour" checked' in page
    assert page.count(" checked") == 1


@pytest.mark.usefixtures("newsletter_ids")
def test_a_newsletter_that_is_not_there_takes_nobody(client: FlaskClient, services: Services) -> None:
    form = {"address": NEW, "mark": make_mark(services), "newsletter": ["crossings", "nowhere"]}
    assert client.post(JOINT, data=form).status_code == 404


def test_where_there_is_one_newsletter_its_own_page_does(
    client: FlaskClient, open_transaction: OpenTransaction
) -> None:
    assert client.get(JOINT).status_code == 404
    with open_transaction() as session:
        make_newsletter(session, "crossings")
    answer = client.get(JOINT)
    assert (answer.status_code, answer.location) == (302, "/crossings/subscribe")


def test_a_house_without_newsletters_has_no_form_to_send(client: FlaskClient) -> None:
    assert (client.get(JOINT).status_code, client.post(JOINT, data={"address": NEW}).status_code) == (404, 404)
