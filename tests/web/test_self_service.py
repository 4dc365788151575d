"""A person's own page: by a letter mailed then and there, for an hour, and for nobody else."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.clock import now
from service.mail.models import Letter
from service.subscribers.address_change import Side, agree
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.own_page import LINK_LASTS, MOST_A_DAY, sign_own_link
from service.subscribers.states import ConsentSource, SubscriptionState
from service.tokens import Purpose
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, Publication

LOOKS = ("", "/data.json", "/erase")
DEEDS = ("/name", "/answers", "/address", "/crossings/join", "/erase")
AGAIN = "/again"  # the one thing that a link is good for when its hour is over
# All that the link opens, and how each is asked for.
PAGES = [*(("GET", page) for page in LOOKS), *(("POST", page) for page in DEEDS)]


@pytest.fixture
def link(publication: Publication) -> str:
    """ACTIVE's own link, mailed just now."""
    return f"/yours/{publication.self_service_token}"


def old_link(services: Services, publication: Publication, age: timedelta) -> str:
    """ACTIVE's own link, mailed ``age`` ago."""
    asked_at = int((now() - age).timestamp())
    return f"/yours/{sign_own_link(services.signer, publication.subscriber_id, ACTIVE, asked_at)}"


@pytest.mark.parametrize("address", [ACTIVE, PENDING, GONE, "nobody@example.org", "nobody@пример.рф"])
@pytest.mark.usefixtures("publication")
def test_the_answer_tells_nobody_who_was_known(client: FlaskClient, address: str) -> None:
    answer, other = (client.post("/yours", data={"address": each}) for each in (address, "somebody.else@example.org"))
    assert (answer.status_code, answer.data) == (200, other.data)
    assert "Look in your inbox" in answer.text


def test_the_letter_goes_to_the_address_that_we_know(
    client: FlaskClient, publication: Publication, look_up: LookUp
) -> None:
    client.post("/yours", data={"address": f" {ACTIVE.upper()} "})
    letter = look_up(lambda session: session.scalars(select(Letter)).one())
    assert letter.recipient == ACTIVE
    assert letter.about["subscriber"] == publication.subscriber_id


@pytest.mark.usefixtures("publication")
def test_what_is_no_address_is_said_beside_the_field_and_kept(client: FlaskClient) -> None:
    answer = client.post("/yours", data={"address": "jane at example"})
    assert answer.status_code == 422
    assert "An e-mail address has no spaces or control characters in it." in answer.text
    assert 'value="jane at example"' in answer.text


def test_the_page_shows_every_newsletter_and_the_name(
    client: FlaskClient, link: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_newsletter(session, "harbours", "Small Harbours")
    page = client.get(link).text
    assert ACTIVE in page
    assert 'value="Jane &lt;Reader&gt;"' in page
    assert "Send me “Small Harbours”" in page
    assert "Send me “Crossings”" not in page


def test_one_press_brings_one_newsletter_more_and_is_proof_enough(
    client: FlaskClient, publication: Publication, link: str, open_transaction: OpenTransaction, look_up: LookUp
) -> None:
    with open_transaction() as session:
        harbours = make_newsletter(session, "harbours", "Small Harbours").id
    answers = [client.post(f"{link}/harbours/join") for _ in range(2)]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, f"{link}?done=join")}
    tie = select(Subscription).where(
        Subscription.subscriber_id == publication.subscriber_id, Subscription.newsletter_id == harbours
    )
    assert look_up(lambda session: session.scalars(tie).one().state) is SubscriptionState.ACTIVE
    proofs = look_up(lambda session: session.scalars(select(ConsentEvent)).all())
    assert {(proof.source, proof.wording) for proof in proofs} == {
        (ConsentSource.PREFERENCES_PAGE, "Send me “Small Harbours”")
    }
    assert [proof.event for proof in proofs] == ["request", "confirm"]


def test_a_name_is_kept_as_it_should_be_and_may_be_none(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    def name() -> object:
        return look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).name)

    answer = client.post(f"{link}/name", data={"name": "  Zoë\0\n Reader "})
    assert answer.headers["Location"] == f"{link}?done=name"
    assert name() == "Zoë Reader"
    client.post(f"{link}/name", data={"name": " "})
    assert name() is None


@pytest.mark.parametrize(("method", "page"), PAGES)
def test_a_link_works_for_an_hour_and_then_offers_a_fresh_one(
    client: FlaskClient, services: Services, publication: Publication, look_up: LookUp, method: str, page: str
) -> None:
    for age in (LINK_LASTS + timedelta(seconds=2), timedelta(hours=-1)):
        old = old_link(services, publication, age) + page
        answer = client.open(old, method=method, data={"name": "Eve"})
        assert answer.status_code == 410
        assert "Mail me the link" in answer.text
        assert ACTIVE not in answer.text
    assert look_up(lambda session: session.scalars(select(ConsentEvent)).all()) == []
    assert client.get(old_link(services, publication, LINK_LASTS - timedelta(minutes=1))).status_code == 200


def count_letters(look_up: LookUp) -> int:
    """How many links were mailed."""
    return len(look_up(lambda session: session.scalars(select(Letter)).all()))


def test_who_holds_a_link_gets_a_fresh_one_however_often_strangers_asked(
    client: FlaskClient, services: Services, publication: Publication, look_up: LookUp
) -> None:
    for _ in range(MOST_A_DAY + 1):
        client.post("/yours", data={"address": ACTIVE})
    assert count_letters(look_up) == MOST_A_DAY
    stale = old_link(services, publication, timedelta(hours=30))
    assert f'action="{stale}{AGAIN}"' in client.get(stale).text
    answer = client.post(stale + AGAIN)
    assert (answer.status_code, answer.data) == (200, client.post("/yours", data={"address": ACTIVE}).data)
    assert f"No more than {MOST_A_DAY} such letters" in answer.text
    letters = look_up(lambda session: session.scalars(select(Letter).order_by(Letter.id)).all())
    assert [letter.recipient for letter in letters] == [ACTIVE] * (MOST_A_DAY + 1)
    with_link = sign_own_link(
        services.signer, publication.subscriber_id, letters[-1].recipient, letters[-1].about["asked_at"]
    )
    assert client.get(f"/yours/{with_link}").status_code == 200


def test_who_holds_a_link_gets_no_more_letters_a_day_than_one_person_needs(
    client: FlaskClient, services: Services, publication: Publication, look_up: LookUp
) -> None:
    stale = old_link(services, publication, timedelta(hours=2))
    answers = [client.post(stale + AGAIN).status_code for _ in range(MOST_A_DAY + 1)]
    assert answers == [200] * MOST_A_DAY + [429]
    assert count_letters(look_up) == MOST_A_DAY


@pytest.mark.parametrize(("method", "page"), [*PAGES, ("POST", AGAIN)])
def test_a_link_that_went_to_an_address_left_since_is_over_at_once(
    client: FlaskClient,
    publication: Publication,
    link: str,
    open_transaction: OpenTransaction,
    look_up: LookUp,
    method: str,
    page: str,
) -> None:
    assert client.get(link).status_code == 200
    for side in Side:
        with open_transaction() as session:
            agree(session, publication.change_id, side, wording="Yes")
    answer = client.open(link + page, method=method, data={"name": "Eve", "address": "eve@example.org"})
    assert answer.status_code == 404
    assert "This link went to an address that our mail no longer goes to." in answer.text
    assert "jane.new" not in answer.text
    assert count_letters(look_up) == 0
    assert look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).name) == "Jane <Reader>"


@pytest.mark.parametrize(("method", "page"), [*PAGES, ("POST", AGAIN)])
@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.SIGN_UP])
def test_no_link_of_another_mail_opens_it(
    client: FlaskClient, services: Services, publication: Publication, purpose: Purpose, method: str, page: str
) -> None:
    proof = services.signer.read(Purpose.SELF_SERVICE, publication.self_service_token)
    assert proof is not None
    token = services.signer.sign(purpose, *proof)
    assert client.open(f"/yours/{token}{page}", method=method).status_code == 404


@pytest.mark.parametrize("page", ["", *(f"/{{0.self_service_token}}{page}" for page in (*DEEDS, AGAIN))])
def test_another_site_asks_for_nothing_in_somebodys_name(
    client: FlaskClient, publication: Publication, look_up: LookUp, page: str
) -> None:
    path = f"/yours{page}".format(publication)
    answer = client.post(path, data={"address": ACTIVE, "name": "Eve"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert look_up(lambda session: session.scalars(select(Letter)).all()) == []
