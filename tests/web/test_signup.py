"""Signing up: one answer and one way for everybody, the wording kept as shown, programs left without a row."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service.mail.models import Letter
from service.subscribers.defence import MOST_PER_NETWORK
from service.subscribers.models import ConsentEvent, Subscriber
from service.subscribers.signup_models import Door, SignUpOutcome
from service.subscribers.suppression import suppress
from service.subscribers.suppression_models import SuppressionReason
from service.visitors.work import is_solved
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, GONE, PENDING, Publication
from tests.web.signing_up import FORM, NEW, handle_sign_ups, list_sign_ups, make_mark, set_rules, watch_statements

SUPPRESSED = "complained@example.org"
CONFIRM, ALREADY = SignUpOutcome.CONFIRM, SignUpOutcome.ALREADY
FOREIGN = {"Sec-Fetch-Site": "cross-site"}

Send = Callable[..., TestResponse]


@pytest.fixture
def send(client: FlaskClient, services: Services, publication: Publication) -> Send:  # noqa: ARG001 - is there to sign up for
    """Send the form with a mark that was never sent: ``send(address=…)``; any field may be told otherwise."""

    def post(path: str = FORM, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        return client.post(path, data={"mark": make_mark(services), "address": NEW, **fields}, headers=headers)

    return post


def count(look_up: LookUp, model: type[Any]) -> int:
    """How many rows a table has."""
    found: int = look_up(lambda session: session.scalar(select(func.count()).select_from(model)))
    return found


def find_field(page: str, name: str) -> str:
    """The value of a hidden field."""
    return unescape(page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0])


def find_said(page: str) -> str:
    """What is said above the form, or beside the field of the address."""
    found = re.search(r'role="alert">(.*?)</div>|id="address-error">(.*?)</p>', unescape(page), re.DOTALL)
    assert found is not None
    return (found[1] or found[2]).strip()


@pytest.mark.parametrize("address", [NEW, ACTIVE, PENDING, GONE, "new@пример.рф"])
def test_the_answer_tells_nobody_who_was_known(send: Send, publication: Publication, address: str) -> None:
    answer, other = send(address=address), send(address="somebody.else@example.org")
    assert (answer.status_code, answer.data) == (other.status_code, other.data) == (200, answer.data)
    assert "Look in your inbox" in answer.text
    assert publication.slug in answer.text


def test_case_51_the_same_work_is_done_for_every_address(
    send: Send, services: Services, open_transaction: OpenTransaction, look_up: LookUp
) -> None:
    with open_transaction() as session:
        suppress(session, SUPPRESSED, SuppressionReason.COMPLAINT)
    asked, headers = {}, {}
    for address in (NEW, ACTIVE, PENDING, GONE, SUPPRESSED):
        with watch_statements(services) as statements:
            headers[address] = dict(send(address=address).headers)
        asked[address] = statements
    assert len(asked[NEW]) > 3
    assert all(statements == asked[NEW] for statements in asked.values())
    assert all(told == headers[NEW] for told in headers.values())
    # The tables that know somebody are none of the door's.
    touched = set(re.findall("[a-z_]+", " ".join(asked[NEW])))
    assert "sign_ups" in touched
    assert not touched & {"subscribers", "subscriptions", "suppressions", "letters"}
    assert len(list_sign_ups(look_up)) == 5


@pytest.mark.parametrize(
    ("address", "outcome"), [(NEW, CONFIRM), (PENDING, CONFIRM), (GONE, CONFIRM), (ACTIVE, ALREADY)]
)
def test_a_letter_goes_to_whom_it_concerns(
    send: Send, services: Services, look_up: LookUp, address: str, outcome: SignUpOutcome
) -> None:
    send(address=address)
    assert count(look_up, Letter) == 0  # a worker's business
    assert handle_sign_ups(services) == [outcome]
    assert look_up(lambda session: session.scalars(select(Letter.recipient)).one()) == address


def test_the_proof_is_the_sentence_that_stood_on_the_page(
    client: FlaskClient, send: Send, services: Services, look_up: LookUp
) -> None:
    page = unescape(client.get(FORM).text)
    send(name="Ada", source="footer")
    handle_sign_ups(services)
    proof = look_up(lambda session: session.scalars(select(ConsentEvent)).one())
    assert proof.wording in page
    assert "Send me “Crossings” by e-mail." in proof.wording
    assert proof.wording in unescape(client.get("/").text)


@pytest.mark.parametrize("language", ["fr", "ru", "zh", "de", "es"])
def test_the_proof_is_in_the_language_of_the_page(
    client: FlaskClient, send: Send, look_up: LookUp, language: str
) -> None:
    page = unescape(client.get(f"{FORM}?lang={language}").text)
    assert find_field(page, "lang") == language
    send(lang=language)
    (stored,) = list_sign_ups(look_up)
    assert stored.wording in page
    assert stored.language == language


def test_case_50_a_form_that_a_program_filled_in_gets_the_same_answer_and_no_letter(
    send: Send, look_up: LookUp
) -> None:
    answer = send(website="https://spam.test")
    assert answer.data == send(address=ACTIVE).data
    assert len(list_sign_ups(look_up)) == 1


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        # Shown by a host whose clock is before ours: a slow machine takes two seconds by itself.
        (timedelta(minutes=-1), "That was very quick"),
        (timedelta(hours=25), "open for more than a day"),
    ],
)
def test_case_50_a_form_that_came_too_soon_or_too_late_is_shown_again_and_says_why(
    send: Send, services: Services, look_up: LookUp, age: timedelta, reason: str
) -> None:
    mark = make_mark(services, age)
    answer = send(mark=mark, name="Ада & Co", source="footer")
    page = unescape(answer.text)
    assert (answer.status_code, len(list_sign_ups(look_up))) == (200, 0)
    assert reason in page
    assert f'value="{NEW}"' in page
    assert 'value="Ада & Co"' in page
    assert find_field(page, "source") == "footer"
    # One that came too soon ripens; an old one never will.
    assert (find_field(page, "mark") == mark) is (age < timedelta(0))


@pytest.mark.parametrize("mark", [None, "", "x", "\x00", "мы"])
def test_case_50_a_form_without_a_mark_of_ours_stores_nothing(send: Send, look_up: LookUp, mark: str | None) -> None:
    answer = send(mark=mark) if mark is not None else send(mark=[])
    assert "This came from another page." in answer.text
    assert find_field(answer.text, "mark") != (mark or "")
    assert len(list_sign_ups(look_up)) == 0


def test_case_50_a_form_sent_before_brings_no_second_letter(send: Send, services: Services, look_up: LookUp) -> None:
    mark = make_mark(services)
    first, again = send(mark=mark), send(mark=mark)
    assert first.data == again.data  # the same form, sent twice by an impatient finger
    other = send(mark=mark, address="other@example.org")
    assert other.status_code == 409
    assert "This form was sent before" in other.text
    assert find_field(other.text, "mark") != mark
    assert len(list_sign_ups(look_up)) == 1


@pytest.mark.parametrize("typed", ["", "jane", "jane@", "jane@@example.org", "jane@[192.0.2.1]", "a b@c.org"])
def test_a_bad_address_comes_back_with_a_sentence_and_nothing_is_lost(
    send: Send, services: Services, look_up: LookUp, typed: str
) -> None:
    mark = make_mark(services)
    answer = send(address=typed, name="Ада & Co", mark=mark)
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert 'id="address-error"' in page
    assert 'aria-describedby="address-error"' in page
    assert f'value="{typed}"' in page
    assert 'value="Ада & Co"' in page
    assert find_field(page, "mark") == mark
    assert len(list_sign_ups(look_up)) == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"mailto:{NEW}", "without mailto: before it"),
        (f"Ada Mensah <{NEW}>", "without a name and brackets"),
        (f"{NEW},", "without signs before or after it"),
        (NEW.replace("@", "＠"), "has the plain @ in it"),
    ],
)
def test_an_address_with_something_around_it_comes_back_without_and_is_taken_by_the_next_press(
    send: Send, services: Services, look_up: LookUp, typed: str, sentence: str
) -> None:
    mark = make_mark(services)
    answer = send(address=typed, mark=mark)
    page = unescape(answer.text)
    assert (answer.status_code, len(list_sign_ups(look_up))) == (422, 0)
    assert sentence in page
    assert f'value="{NEW}"' in page
    send(address=NEW, mark=mark)
    assert [row.address for row in list_sign_ups(look_up)] == [NEW]


@pytest.mark.parametrize("language", ["de", "es", "fr", "ru", "zh"])
def test_why_an_address_or_a_form_comes_back_is_said_in_the_language_of_the_page(
    send: Send, services: Services, language: str
) -> None:
    refused = [send(mark=make_mark(services, age), lang=language).text for age in (timedelta(0), timedelta(days=2))]
    refused += [send(mark="", lang=language).text]
    refused += [
        send(address=typed, lang=language).text
        for typed in (f"mailto:{NEW}", f"<{NEW}>", f"{NEW},", NEW.replace("@", "＠"), f"{NEW} {ACTIVE}", "jane")
    ]
    said = [re.sub(r"<[^>]+>", "", find_said(page)) for page in refused]
    assert len(set(said)) == len(said)
    assert not [sentence for sentence in said if re.search(r"\b(the|please|address|button)\b", sentence.casefold())]


def test_a_control_character_in_a_name_breaks_nothing(send: Send, services: Services, look_up: LookUp) -> None:
    assert send(name="Ada\x00\x1b Mensah").status_code == 200
    handle_sign_ups(services)
    assert look_up(lambda session: session.scalar(select(Subscriber.name).where(Subscriber.address == NEW))) == (
        "Ada Mensah"
    )


@pytest.mark.parametrize("headers", [FOREIGN, {"Origin": "https://elsewhere.test"}, {"Origin": "null"}])
def test_a_form_of_another_site_leads_to_our_page_and_signs_nobody_up(
    client: FlaskClient, send: Send, services: Services, look_up: LookUp, headers: dict[str, str]
) -> None:
    mark = make_mark(services)  # even with a mark that its owner got from us
    answer = send(headers=headers, mark=mark, source="blog")
    page = unescape(answer.text)
    assert (answer.status_code, len(list_sign_ups(look_up))) == (200, 0)
    assert f'value="{NEW}"' in page
    assert find_field(page, "mark") != mark
    send(door=find_field(page, "door"), source=find_field(page, "source"))
    (stored,) = list_sign_ups(look_up)
    assert (stored.door, stored.source) == (Door.ELSEWHERE, "blog")
    assert client.get(FORM).status_code == 200


def test_a_network_that_sends_many_is_asked_to_wait_and_keeps_what_it_typed(send: Send, look_up: LookUp) -> None:
    for number in range(MOST_PER_NETWORK):
        assert send(address=f"{number}@example.org").status_code == 200
    answer = send(name="Ada")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "Many sign-ups came from your network" in answer.text
    assert f'value="{NEW}"' in answer.text
    assert len(list_sign_ups(look_up)) == MOST_PER_NETWORK


def solve(mark: str) -> str:
    """What a browser finds."""
    return next(answer for answer in map(str, range(10**7)) if is_solved(mark, answer))


def test_case_50_under_attack_a_form_has_to_bring_its_work(
    client: FlaskClient, send: Send, services: Services, look_up: LookUp
) -> None:
    set_rules(services, asks_for_work=True)
    page = client.get(FORM).text
    assert 'data-work="16"' in page
    assert "work.js" in page
    assert "needs scripts for a while" in page
    mark = make_mark(services)
    answer = solve(mark)
    for missing in ({}, {"work": ""}, {"work": "x"}, {"work": str(int(answer) + 1)}):
        refused = send(mark=mark, **missing)
        assert (refused.status_code, len(list_sign_ups(look_up))) == (422, 0)
        assert "Very many sign-ups are coming in just now" in refused.text
    assert "Look in your inbox" in send(mark=mark, work=answer).text
    assert len(list_sign_ups(look_up)) == 1
    assert send(mark=make_mark(services), work=answer).status_code == 422  # replayed for another form


class Riddle:
    """A challenge with one right answer."""

    field = "riddle"
    widget = '<p id="riddle">What is six times seven?</p>'

    def passes(self, answer: str, remote_address: str) -> bool:
        """Return whether it is the right one."""
        return (answer, remote_address) == ("42", "127.0.0.1")


def test_case_50_a_puzzle_that_is_set_up_stands_before_every_sign_up(
    app: Flask, client: FlaskClient, send: Send, look_up: LookUp
) -> None:
    app.extensions["sign_up_challenge"] = Riddle()
    assert Riddle.widget in client.get(FORM).text
    for answer in ({}, {"riddle": "41"}):
        refused = send(**answer)
        assert (refused.status_code, len(list_sign_ups(look_up))) == (422, 0)
        assert Riddle.widget in refused.text
    assert send(riddle="42").status_code == 200
    assert len(list_sign_ups(look_up)) == 1


def test_case_52_no_host_that_a_stranger_names_gets_into_an_answer(
    client: FlaskClient, send: Send, services: Services
) -> None:
    for headers in ({"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test"}):
        answers = [client.get(path, headers=headers) for path in (FORM, "/", f"{FORM}/embed")]
        answers += [send(headers=headers), send(headers={**headers, **FOREIGN}), send(headers=headers, address="x")]
        assert not [answer for answer in answers if "evil" in answer.text]
    assert f'action="{services.settings.public_url}{FORM}"' in unescape(client.get(f"{FORM}/embed").text)


@pytest.mark.parametrize("path", [FORM, "/subscribe", "/subscribe.json"])
def test_case_55_more_than_a_sign_up_holds_is_refused_before_it_is_read(
    client: FlaskClient, send: Send, look_up: LookUp, path: str
) -> None:
    many = "&".join(f"f{number}=x" for number in range(100_000))
    assert client.post(path, data=many, content_type="application/x-www-form-urlencoded").status_code == 413
    assert client.post(path, environ_overrides={"CONTENT_LENGTH": str(10**9)}).status_code == 413
    assert send(path, name="x" * 200_000).status_code == 413
    assert len(list_sign_ups(look_up)) == 0


@pytest.mark.usefixtures("publication")
def test_readers_get_no_cookie(client: FlaskClient, send: Send) -> None:
    answers = client.get("/"), client.get(FORM), send(), send(mark="")
    assert all("Set-Cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize("path", ["/", "/crossings/", FORM])
@pytest.mark.usefixtures("publication")
def test_nobody_keeps_a_copy_of_a_mark(client: FlaskClient, path: str) -> None:
    first, again = client.get(path), client.get(path)
    assert first.headers["Cache-Control"] == "no-store"
    assert find_field(first.text, "mark") != find_field(again.text, "mark")


def test_an_unknown_newsletter_takes_nobody(client: FlaskClient, send: Send) -> None:
    assert send("/nowhere/subscribe").status_code == 404
    assert send("/nowhere/subscribe", mark="").status_code == 404
    assert client.get("/nowhere/subscribe").status_code == 404
    assert client.get("/nowhere/subscribe/embed").status_code == 404
