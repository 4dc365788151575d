"""Leaving works at once for people and for mail programs (RFC 8058), and shows nobody's address."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.states import ConsentSource, LeaveReason, SubscriptionState
from service.tokens import Purpose
from service.web.masking import mask_address
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, PENDING, Publication

ONE_CLICKS: dict[str, dict[str, Any]] = {
    "urlencoded": {"data": {"List-Unsubscribe": "One-Click"}},
    "multipart": {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
    "an empty body with a query": {"query_string": {"List-Unsubscribe": "One-Click"}},
    "an empty body without a query": {},
    "a type we do not know": {"data": b"{}", "content_type": "application/json"},
    "a multipart body without its boundary": {"data": b"--x", "content_type": "multipart/form-data"},
    "more parts than we take": {"data": {f"part-{n}": "x" for n in range(200)}, "content_type": "multipart/form-data"},
    "more bytes than we take": {"data": {"List-Unsubscribe": "x" * 4_000_000}},
}


@pytest.fixture
def link(publication: Publication) -> str:
    """ACTIVE's own link."""
    return f"/unsubscribe/{publication.unsubscribe_token}"


def state_of(publication: Publication, look_up: LookUp) -> object:
    """Where ACTIVE's subscription stands."""
    return look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]).state)


def events(look_up: LookUp) -> list[ConsentEvent]:
    """Every proof in the database."""
    found: list[ConsentEvent] = look_up(lambda session: session.scalars(select(ConsentEvent)).all())
    return found


@pytest.mark.parametrize("request_args", ONE_CLICKS.values(), ids=ONE_CLICKS.keys())
def test_case_47_a_mail_program_unsubscribes_with_one_post(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, request_args: dict[str, Any]
) -> None:
    answer = client.post(link, **request_args)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) < 100
    assert state_of(publication, look_up) is SubscriptionState.UNSUBSCRIBED


def test_case_47_a_second_post_is_answered_alike_and_leaves_one_proof(
    client: FlaskClient, link: str, look_up: LookUp, publication: Publication
) -> None:
    first, second = (client.post(link, data={"List-Unsubscribe": "One-Click"}) for _ in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    (proof,) = events(look_up)
    assert proof.source is ConsentSource.ONE_CLICK
    assert proof.wording == "List-Unsubscribe=One-Click"
    assert proof.evidence == {"delivery": publication.delivery_id}


def test_one_click_needs_no_token_and_no_origin_of_ours(client: FlaskClient, app: Flask, link: str) -> None:
    assert app.config.get("WTF_CSRF_ENABLED", True)
    answer = client.post(link, headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


def test_the_page_asks_who_leaves_what_and_acts_on_its_button(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    page = client.get(link)
    assert 'Leave “<bdi lang="en">Crossings</bdi>”?' in page.text
    assert "j•••@example.org" in page.text
    assert state_of(publication, look_up) is SubscriptionState.ACTIVE

    done = client.post(link, data={"from": "page"})
    assert "You are unsubscribed" in done.text
    assert "/crossings/subscribe" in done.text
    assert state_of(publication, look_up) is SubscriptionState.UNSUBSCRIBED
    (proof,) = events(look_up)
    assert (proof.source, proof.wording) == (ConsentSource.UNSUBSCRIBE_PAGE, "Unsubscribe")


def test_the_button_sends_the_wording_that_is_kept(client: FlaskClient, link: str) -> None:
    assert '<button class="button">Unsubscribe</button>' in client.get(link).text


def test_no_page_shows_the_address_in_full(client: FlaskClient, link: str) -> None:
    pages = client.get(link), client.post(link, data={"from": "page"}), client.get(link)
    assert all(ACTIVE not in page.text for page in pages)


def test_who_has_left_already_sees_so(client: FlaskClient, link: str) -> None:
    client.post(link)
    assert "You are unsubscribed" in client.get(link).text


@pytest.mark.parametrize("reason", LeaveReason)
def test_who_has_left_may_say_why_in_a_word_and_in_their_own(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, reason: LeaveReason
) -> None:
    left = client.post(link, data={"from": "page"})
    assert f'value="{reason}"' in left.text
    thanked = client.post(f"{link}/why", data={"reason": reason, "note": " Too\0 long,\n\nand дорого. "})
    assert "Thank you for telling us" in thanked.text
    subscription = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert (subscription.ended_reason, subscription.ended_note) == (reason, "Too long, and дорого.")


def test_a_reason_that_we_do_not_know_is_left_out_and_a_long_one_cut(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    client.post(link)
    client.post(f"{link}/why", data={"reason": "weather", "note": "x" * 501})
    subscription = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert (subscription.ended_reason, subscription.ended_note) == (None, "x" * 500)


def test_a_page_that_lay_open_gives_no_reason_to_one_who_is_here(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp
) -> None:
    page = client.post(f"{link}/why", data={"reason": LeaveReason.OTHER, "note": "Enough."})
    assert page.status_code == 200
    subscription = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert (subscription.state, subscription.ended_reason) == (SubscriptionState.ACTIVE, None)
    assert subscription.ended_note is None


def test_another_site_gives_no_reason_in_somebodys_name(client: FlaskClient, link: str) -> None:
    assert client.post(f"{link}/why", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_page_speaks_the_readers_language_and_keeps_the_words_that_it_showed(
    client: FlaskClient, publication: Publication, link: str, look_up: LookUp, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        session.get_one(Subscriber, publication.subscriber_id).language = "ru"
    assert '<html lang="ru" dir="ltr">' in client.get(link, headers={"Accept-Language": "de"}).text
    page = client.get(link).text
    client.post(link, data={"from": "page"}, headers={"Accept-Language": "de"})
    (proof,) = events(look_up)
    assert f'<button class="button">{proof.wording}</button>' in page


def test_the_page_offers_less_instead_and_only_to_who_gets_it(
    client: FlaskClient, publication: Publication, link: str
) -> None:
    page = client.get(link).text
    assert f'action="/preferences/{publication.preferences_token}/crossings/pause"' in page
    assert f'action="/preferences/{publication.preferences_token}/crossings/frequency"' in page
    pending = publication.signer.sign(Purpose.UNSUBSCRIBE, publication.subscriptions[PENDING], 0)
    assert "/preferences/" not in client.get(f"/unsubscribe/{pending}").text
    client.post(link)
    assert "/preferences/" not in client.get(link).text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jane@example.org", "j•••@example.org"),
        ("jan@example.org", "j•••@example.org"),
        ("ja@example.org", "•••@example.org"),
        ("j@example.org", "•••@example.org"),
        ("陈美玲@例子.测试", "陈•••@例子.测试"),
        ("odd@name@example.org", "o•••@example.org"),
    ],
)
def test_an_address_is_known_again_only_by_its_owner(address: str, shown: str) -> None:
    assert mask_address(address) == shown
