"""Confirming is a button that may be pressed by a person, twice, or by a careful mail program; never a GET."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.states import ConsentSource, SubscriptionState
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, Publication


def state_of(publication: Publication, look_up: LookUp, address: str) -> object:
    """Where the subscription of ``address`` stands."""
    return look_up(lambda session: session.get_one(Subscription, publication.subscriptions[address]).state)


def test_looking_shows_a_button_and_pressing_it_confirms(
    client: FlaskClient, publication: Publication, look_up: LookUp
) -> None:
    link = f"/confirm/{publication.confirm_token}"
    page = client.get(link)
    assert '<button class="button">Yes, send me “Crossings”</button>' in page.text
    assert state_of(publication, look_up, PENDING) is SubscriptionState.PENDING

    done = client.post(link)
    assert done.status_code == 200
    assert "You are subscribed" in done.text
    assert state_of(publication, look_up, PENDING) is SubscriptionState.ACTIVE
    proof = look_up(lambda session: session.scalars(select(ConsentEvent)).one())
    assert (proof.source, proof.wording) == (ConsentSource.CONFIRM_PAGE, "Yes, send me “Crossings”")


def test_pressing_twice_is_as_good_as_once(client: FlaskClient, publication: Publication, look_up: LookUp) -> None:
    link = f"/confirm/{publication.confirm_token}"
    first, second = client.post(link), client.post(link)
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert len(look_up(lambda session: session.scalars(select(ConsentEvent)).all())) == 1


@pytest.mark.parametrize(("address", "says"), [(ACTIVE, "You are subscribed"), (GONE, "You have unsubscribed since")])
def test_an_old_link_tells_where_things_stand_and_changes_nothing(
    client: FlaskClient, publication: Publication, look_up: LookUp, address: str, says: str
) -> None:
    link = f"/confirm/{publication.confirm_token_of(address)}"
    before = state_of(publication, look_up, address)
    assert says in client.get(link).text
    assert says in client.post(link).text
    assert state_of(publication, look_up, address) is before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_form_of_another_site_confirms_nothing(
    client: FlaskClient, publication: Publication, look_up: LookUp, headers: dict[str, str]
) -> None:
    answer = client.post(f"/confirm/{publication.confirm_token}", headers=headers)
    assert answer.status_code == 403
    assert state_of(publication, look_up, PENDING) is SubscriptionState.PENDING


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}], ids=str)
def test_our_own_form_confirms_without_a_cookie(
    client: FlaskClient, publication: Publication, headers: dict[str, str]
) -> None:
    answer = client.post(f"/confirm/{publication.confirm_token}", headers=headers)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
