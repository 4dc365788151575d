"""Another address, from the own page to both buttons."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.deliveries.lettertexts import write_letter
from service.mail.models import Letter, LetterKind
from service.subscribers.change_models import AddressChange
from service.subscribers.models import Subscriber
from service.tokens import Purpose
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, Publication

NEW = "jane.new@example.com"


@pytest.fixture
def own_page(publication: Publication) -> str:
    """ACTIVE's own page."""
    return f"/yours/{publication.self_service_token}"


@pytest.fixture
def links(client: FlaskClient, own_page: str, services: Services, open_transaction: OpenTransaction) -> dict[str, str]:
    """The links of the two letters, by the address that they went to, after ACTIVE asked for NEW."""
    assert client.post(f"{own_page}/address", data={"address": NEW}).status_code == 303
    with open_transaction() as session:
        (change,) = session.scalars(select(AddressChange)).all()
    sign = services.signer.sign
    return {
        "old": f"/address/old/{sign(Purpose.ADDRESS_OLD, change.id)}",
        "new": f"/address/new/{sign(Purpose.ADDRESS_NEW, change.id)}",
    }


def address_of(look_up: LookUp, publication: Publication) -> object:
    """Where ACTIVE is written to now."""
    return look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).mailed_address)


def test_two_letters_and_two_buttons_make_the_change(
    client: FlaskClient, publication: Publication, links: dict[str, str], look_up: LookUp
) -> None:
    assert "Shall we write to another address?" in client.get(links["old"]).text
    assert "Is this your new address?" in client.get(links["new"]).text
    half = [client.post(links["old"]).text for _ in range(2)]
    assert half[0] == half[1]
    assert "Thank you, one more yes" in half[0]
    assert address_of(look_up, publication) == ACTIVE
    done = [client.post(links["new"]).text for _ in range(2)]
    assert done[0] == done[1]
    assert "We write to the new address" in client.get(links["new"]).text
    assert "j•••@example.com" in done[0]
    assert address_of(look_up, publication) == NEW
    assert "We write to the new address" in client.get(links["old"]).text


def test_the_letters_hold_these_links_and_say_the_new_address_only_to_the_old_one(
    services: Services, links: dict[str, str], open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        texts = {
            letter.kind: write_letter(session, letter, services.composers.links).body.replace(b"=\r\n", b"").decode()
            for letter in session.scalars(select(Letter))
        }
    assert links["old"] in texts[LetterKind.ADDRESS_OLD]
    assert NEW in texts[LetterKind.ADDRESS_OLD]
    assert links["new"] in texts[LetterKind.ADDRESS_NEW]
    assert ACTIVE not in texts[LetterKind.ADDRESS_NEW]


def test_neither_letter_can_do_the_others_part(
    client: FlaskClient, publication: Publication, links: dict[str, str], look_up: LookUp
) -> None:
    swapped = links["old"].replace("/old/", "/new/"), links["new"].replace("/new/", "/old/")
    assert [client.post(link).status_code for link in swapped] == [404, 404]
    client.post(links["old"])
    assert address_of(look_up, publication) == ACTIVE


@pytest.mark.parametrize(("typed", "says"), [("jane at example", "no spaces"), (ACTIVE, "write to already")])
def test_what_will_not_do_is_said_beside_the_field_and_kept(
    client: FlaskClient, own_page: str, look_up: LookUp, typed: str, says: str
) -> None:
    answer = client.post(f"{own_page}/address", data={"address": typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{typed}"' in answer.text
    assert look_up(lambda session: session.scalars(select(Letter)).all()) == []


@pytest.mark.parametrize("whose", ["old", "new"])
def test_another_site_says_no_yes_in_somebodys_name(client: FlaskClient, links: dict[str, str], whose: str) -> None:
    assert client.post(links[whose], headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_buttons_speak_the_persons_language(
    client: FlaskClient, publication: Publication, links: dict[str, str], open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Subscriber, publication.subscriber_id).language = "fr"
    assert '<html lang="fr" dir="ltr">' in client.get(links["new"]).text
