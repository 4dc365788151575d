"""Confirming is a button that may be pressed by a person, twice, or by a careful mail program; never a GET."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from service.clock import now
from service.subscribers.confirmation import CONFIRM_WITHIN
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.signup_models import SignUp
from service.subscribers.states import ConsentSource, SubscriptionState
from service.tokens import Purpose
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_sign_up
from tests.fixtures.services import OpenTransaction
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
    client: FlaskClient,
    publication: Publication,
    look_up: LookUp,
    open_transaction: OpenTransaction,
    address: str,
    says: str,
) -> None:
    with open_transaction() as session:
        newsletter_id = session.get_one(Subscription, publication.subscriptions[address]).newsletter_id
        sign_up = make_sign_up(session, address, newsletter_id)
    link = f"/confirm/{publication.signer.sign(Purpose.SIGN_UP, sign_up.id)}"
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


def test_a_sign_up_for_several_newsletters_is_confirmed_with_one_press(
    client: FlaskClient, services: Services, publication: Publication, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        other = make_newsletter(session, "harbours", "Small Harbours")
        both = (session.get_one(Subscription, publication.subscriptions[PENDING]).newsletter_id, other.id)
        person = session.get_one(Subscription, publication.subscriptions[PENDING]).subscriber_id
        session.add(Subscription(subscriber_id=person, newsletter_id=other.id))
        sign_up = make_sign_up(session, PENDING, *both)
    link = f"/confirm/{services.signer.sign(Purpose.SIGN_UP, sign_up.id)}"
    wording = "Yes, send me all of these: Crossings, Small Harbours"
    page = client.get(link).text
    assert f'<button class="button">{wording}</button>' in page
    assert '<li><bdi lang="en">Small Harbours</bdi></li>' in page

    first, second = client.post(link), client.post(link)
    assert "You are subscribed" in first.text
    assert first.data == second.data
    with open_transaction() as session:
        subscriptions = session.scalars(select(Subscription).where(Subscription.subscriber_id == person)).all()
        assert [each.state for each in subscriptions] == [SubscriptionState.ACTIVE] * 2
        proofs = session.scalars(select(ConsentEvent)).all()
        assert [(proof.wording, proof.evidence) for proof in proofs] == [(wording, {"sign_up": sign_up.id})] * 2


def test_a_sign_up_of_which_a_part_waits_still_has_its_button(
    client: FlaskClient, services: Services, publication: Publication, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        pending = session.get_one(Subscription, publication.subscriptions[PENDING])
        other = make_newsletter(session, "harbours", "Small Harbours")
        session.add(
            Subscription(
                subscriber_id=pending.subscriber_id, newsletter_id=other.id, state=SubscriptionState.UNSUBSCRIBED
            )
        )
        sign_up = make_sign_up(session, PENDING, pending.newsletter_id, other.id)
    link = f"/confirm/{services.signer.sign(Purpose.SIGN_UP, sign_up.id)}"
    assert "Yes, send me all of these" in client.get(link).text
    assert "You are subscribed" in client.post(link).text


def test_a_link_older_than_the_leaving_says_so_though_somebody_signed_the_address_up_again(
    client: FlaskClient, publication: Publication, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.execute(update(Subscription).values(ended_at=now(), requested_at=now()))
    link = f"/confirm/{publication.confirm_token}"
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 200
        assert "older than your wish to leave" in answer.text
        assert "<button" not in answer.text.partition("<main")[2]
    assert state_of(publication, look_up, PENDING) is SubscriptionState.PENDING


def test_a_link_older_than_thirty_days_says_so_and_confirms_nothing(
    client: FlaskClient, publication: Publication, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.execute(update(SignUp).values(created_at=now() - CONFIRM_WITHIN))
    link = f"/confirm/{publication.confirm_token}"
    looked, pressed = client.get(link), client.post(link)
    assert (looked.status_code, pressed.status_code) == (200, 409)
    for answer in (looked, pressed):
        assert "more than 30 days old" in answer.text
        assert "<button" not in answer.text.partition("<main")[2]
    assert state_of(publication, look_up, PENDING) is SubscriptionState.PENDING
