"""Optional questions at every door of sign-ups and on the own page: shown, kept with the form, never in a letter."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.deliveries.lettertexts import write_letter
from service.mail.models import Letter
from service.subscribers.models import Subscriber
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_question
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import Publication
from tests.web.signing_up import FORM, NEW, handle_sign_ups, list_sign_ups, make_mark

DOOR = "/subscribe.json"
ANSWER = "Bell founder <b>"
WHERE = {"en": "Where do you live?", "ru": "Где вы живёте?"}


@pytest.fixture(autouse=True)
def _questions(publication: Publication, open_transaction: OpenTransaction) -> None:
    """One question with free text, one with choices."""
    with open_transaction() as session:
        assert publication.field_id
        make_question(session, "calling")
        make_question(session, "where you are", "North", "South", **WHERE)


def labels_of(page: str) -> str:
    """Return a page with its entities resolved and its white space single."""
    return " ".join(unescape(page).split())


@pytest.mark.parametrize("path", [FORM, "/subscribe", f"{FORM}/embed"])
def test_every_form_asks_what_is_asked_in_its_language_or_says_in_which(
    client: FlaskClient, open_transaction: OpenTransaction, path: str
) -> None:
    with open_transaction() as session:
        make_newsletter(session, "harbours", "Small Harbours")
    page, russian = (labels_of(client.get(f"{path}?lang={language}").text) for language in ("en", "ru"))
    assert "Where do you live?" in page
    assert 'name="answer-calling"' in page
    assert '<option value="South"' in page
    assert "Profession" not in page  # asked no more
    assert "Где вы живёте?" in russian
    assert 'lang="en">Calling<' in russian


def test_answers_are_kept_with_the_form_and_come_into_no_letter(
    client: FlaskClient, services: Services, look_up: LookUp
) -> None:
    answers = {"answer-calling": f" {ANSWER} ", "answer-where you are": "South", "answer-shoe": "44", "answer-": "x"}
    client.post(FORM, data={"mark": make_mark(services), "address": NEW, **answers})
    (stored,) = list_sign_ups(look_up)
    assert stored.fields == {"calling": ANSWER, "where you are": "South"}
    handle_sign_ups(services)
    assert look_up(lambda session: session.scalar(select(Subscriber.fields).where(Subscriber.address == NEW))) == {}
    mail = look_up(
        lambda session: write_letter(session, session.scalars(select(Letter)).one(), services.composers.links)
    )
    assert b"Bell founder" not in mail.body.replace(b"=\r\n", b"")


@pytest.mark.parametrize(
    ("field", "answer", "says"),
    [("where you are", "West", "one of the answers"), ("calling", "x" * 201, "at most 200 characters")],
)
def test_what_is_no_answer_is_said_beside_it_and_nothing_is_lost(
    client: FlaskClient, services: Services, look_up: LookUp, field: str, answer: str, says: str
) -> None:
    typed = {"name": "Ада & Co", "answer-calling": ANSWER, f"answer-{field}": answer}
    refused = client.post(FORM, data={"mark": make_mark(services), "address": NEW, **typed})
    page = labels_of(refused.text)
    assert (refused.status_code, list_sign_ups(look_up)) == (422, [])
    assert page.count(says) == 1
    assert 'role="alert"' in page
    assert all(f'value="{kept}"' in page for kept in (NEW, "Ада & Co"))
    assert f'value="{answer if field == "calling" else ANSWER}"' in page


def test_a_form_of_another_site_brings_its_answers_to_our_page(client: FlaskClient, look_up: LookUp) -> None:
    sent = {"address": NEW, "answer-calling": ANSWER, "answer-where you are": "South"}
    page = labels_of(client.post(FORM, data=sent, headers={"Sec-Fetch-Site": "cross-site"}).text)
    assert f'value="{ANSWER}"' in page
    assert '<option value="South" selected>' in page
    assert list_sign_ups(look_up) == []


def test_programs_are_told_the_questions_and_send_the_answers(
    client: FlaskClient, services: Services, look_up: LookUp
) -> None:
    told = client.get(f"{DOOR}?newsletter=crossings&lang=ru").get_json()
    assert told["fields"] == [
        {"name": "calling", "label": "Calling", "language": "en", "choices": [], "longest": 200},
        {
            "name": "where you are",
            "label": WHERE["ru"],
            "language": "ru",
            "choices": ["North", "South"],
            "longest": 200,
        },
    ]
    whole = {"address": NEW, "newsletters": ["crossings"], "wording": told["wording"], "language": "ru"}
    whole["mark"] = make_mark(services)
    for answers, field in (({"where you are": "West"}, "where you are"), ({"calling": "x" * 201}, "calling")):
        refused = client.post(DOOR, json={**whole, "fields": answers})
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (422, "bad_answer")
        assert refused.get_json()["error"]["field"] == field
    broken: object
    for broken in ([], "x", {"calling": 7}):
        assert client.post(DOOR, json={**whole, "fields": broken}).status_code == 422
    assert list_sign_ups(look_up) == []
    assert client.post(DOOR, json={**whole, "fields": {"calling": ANSWER, "shoe": "44"}}).status_code == 202
    (stored,) = list_sign_ups(look_up)
    assert stored.fields == {"calling": ANSWER}


@pytest.fixture
def link(publication: Publication, open_transaction: OpenTransaction) -> str:
    """ACTIVE's own link; they answered long ago, and a file told something of them."""
    with open_transaction() as session:
        person = session.get_one(Subscriber, publication.subscriber_id)
        person.fields = {"where you are": "East", "from a file": "kept"}
    return f"/yours/{publication.self_service_token}"


def test_the_own_page_shows_the_answers_and_changes_them(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    page = labels_of(client.get(link).text)
    assert '<option value="East" selected>' in page  # no choice any more, and still theirs
    assert "from a file" not in page
    answer = client.post(f"{link}/answers", data={"answer-calling": ANSWER, "answer-from a file": "Eve"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}?done=answers")
    assert "We have kept your answers." in client.get(f"{link}?done=answers").text
    fields = look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).fields)
    assert fields == {"calling": ANSWER, "from a file": "kept"}


def test_what_is_no_answer_is_said_on_the_own_page_and_kept(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    typed = {"answer-calling": ANSWER, "answer-where you are": "West"}
    refused = client.post(f"{link}/answers", data=typed)
    page = labels_of(refused.text)
    assert refused.status_code == 422
    assert "Please choose one of the answers in the list." in page
    assert f'value="{ANSWER}"' in page
    fields = look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).fields)
    assert fields == {"where you are": "East", "from a file": "kept"}


def test_the_mild_page_of_any_mail_shows_no_answer(client: FlaskClient, publication: Publication, link: str) -> None:
    assert link
    page = client.get(f"/preferences/{publication.preferences_token}").text
    assert "East" not in page
    assert "answer-" not in page
