"""Signing up: the same answer for everybody, the wording kept as it was shown, programs left without a letter."""

from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service.mail.models import Letter
from service.subscribers.models import ConsentEvent, Subscriber
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, Publication

FORM = "/crossings/subscribe"
NEW = "new.reader@example.org"


def count(look_up: LookUp, model: type[Any]) -> int:
    """How many rows a table has."""
    found: int = look_up(lambda session: session.scalar(select(func.count()).select_from(model)))
    return found


@pytest.mark.parametrize("address", [NEW, ACTIVE, PENDING, GONE, "new@пример.рф"])
def test_the_answer_tells_nobody_who_was_known(client: FlaskClient, publication: Publication, address: str) -> None:
    answer = client.post(FORM, data={"address": address})
    other = client.post(FORM, data={"address": "somebody.else@example.org"})
    assert (answer.status_code, answer.data) == (other.status_code, other.data) == (200, answer.data)
    assert "Look in your inbox" in answer.text
    assert publication.slug in answer.text


@pytest.mark.parametrize(("address", "letters"), [(NEW, 1), (PENDING, 1), (GONE, 1), (ACTIVE, 0)])
@pytest.mark.usefixtures("publication")
def test_a_letter_goes_to_whom_it_concerns(client: FlaskClient, look_up: LookUp, address: str, letters: int) -> None:
    client.post(FORM, data={"address": address})
    assert count(look_up, Letter) == letters


@pytest.mark.usefixtures("publication")
def test_the_proof_is_the_sentence_that_stood_on_the_page(client: FlaskClient, look_up: LookUp) -> None:
    page = unescape(client.get(FORM).text)
    client.post(FORM, data={"address": NEW, "name": "Ada"})
    proof = look_up(lambda session: session.scalars(select(ConsentEvent)).one())
    assert proof.wording in page
    assert "Send me “Crossings” by e-mail." in proof.wording
    assert proof.wording in unescape(client.get("/").text)


@pytest.mark.usefixtures("publication")
def test_a_form_that_a_program_filled_in_gets_the_same_answer_and_no_letter(
    client: FlaskClient, look_up: LookUp
) -> None:
    readers = count(look_up, Subscriber)
    answer = client.post(FORM, data={"address": NEW, "website": "https://spam.test"})
    assert answer.data == client.post(FORM, data={"address": ACTIVE}).data
    assert (count(look_up, Letter), count(look_up, Subscriber)) == (0, readers)


@pytest.mark.parametrize("typed", ["", "jane", "jane@", "jane@@example.org", "Jane <jane@example.org>", "a b@c.org"])
@pytest.mark.usefixtures("publication")
def test_a_bad_address_comes_back_with_a_sentence_and_nothing_is_lost(
    client: FlaskClient, look_up: LookUp, typed: str
) -> None:
    answer = client.post(FORM, data={"address": typed, "name": "Ада & Co"})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert 'id="address-error"' in page
    assert 'aria-describedby="address-error"' in page
    assert f'value="{typed}"' in page
    assert 'value="Ада & Co"' in page
    assert count(look_up, Letter) == 0


@pytest.mark.usefixtures("publication")
def test_a_control_character_in_a_name_breaks_nothing(client: FlaskClient, look_up: LookUp) -> None:
    answer = client.post(FORM, data={"address": NEW, "name": "Ada\x00\x1b Mensah"})
    assert answer.status_code == 200
    assert look_up(lambda session: session.scalar(select(Subscriber.name).where(Subscriber.address == NEW))) == (
        "Ada Mensah"
    )


@pytest.mark.usefixtures("publication")
def test_a_form_of_another_site_signs_nobody_up(client: FlaskClient, look_up: LookUp) -> None:
    answer = client.post(FORM, data={"address": NEW}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert count(look_up, Letter) == 0


@pytest.mark.usefixtures("publication")
def test_readers_get_no_cookie(client: FlaskClient) -> None:
    answers = client.get("/"), client.get(FORM), client.post(FORM, data={"address": NEW})
    assert all("Set-Cookie" not in answer.headers for answer in answers)


def test_an_unknown_newsletter_takes_nobody(client: FlaskClient) -> None:
    assert client.post("/nowhere/subscribe", data={"address": NEW}).status_code == 404
