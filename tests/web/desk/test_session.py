"""Signing in, signing out, and one's own password."""

import pytest
from flask import Flask

from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD
from tests.web.desk.browsing import Desk, sign_in, words_of


def test_the_right_password_opens_the_desk_with_a_cookie_that_scripts_and_other_sites_cannot_use(
    app: Flask, publisher_account: int
) -> None:
    desk = Desk(app.test_client())
    response = desk.post("/desk/sign-in", address=STAFF_ADDRESS, password=STAFF_PASSWORD)
    cookie = response.headers["Set-Cookie"]
    assert response.location == "/desk/"
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    with desk.client.session_transaction() as session:
        assert session["account"] == publisher_account


@pytest.mark.parametrize(
    ("address", "password"),
    [(STAFF_ADDRESS, "wrong"), ("nobody@office.example", STAFF_PASSWORD), ("not an address", ""), ("", "")],
)
def test_a_wrong_address_and_a_wrong_password_are_refused_in_the_same_words(
    app: Flask, publisher_account: int, address: str, password: str
) -> None:
    assert publisher_account
    desk = Desk(app.test_client())
    response = desk.post("/desk/sign-in", address=address, password=password)
    assert response.status_code == 422
    assert "That address and password don’t belong together." in words_of(response)
    assert f'value="{address}"' in words_of(response)
    assert desk.get("/desk/").status_code == 302


def test_ten_wrong_passwords_lock_the_account_even_for_the_right_one(app: Flask, publisher_account: int) -> None:
    assert publisher_account
    desk = Desk(app.test_client())
    for _ in range(10):
        desk.post("/desk/sign-in", address=STAFF_ADDRESS, password="wrong")
    assert desk.post("/desk/sign-in", address=STAFF_ADDRESS, password=STAFF_PASSWORD).status_code == 422


def test_what_the_browser_held_before_is_forgotten_at_sign_in(app: Flask, publisher_account: int) -> None:
    assert publisher_account
    desk = Desk(app.test_client())
    with desk.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    before = desk.get("/desk/sign-in").text.split('name="csrf_token" value="', 1)[1]
    desk.post("/desk/sign-in", address=STAFF_ADDRESS, password=STAFF_PASSWORD)
    with desk.client.session_transaction() as session:
        assert "planted" not in session
    after = desk.get("/desk/sign-in").text.split('name="csrf_token" value="', 1)[1]
    assert before.split('"')[0] != after.split('"')[0]


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/desk/issues/4", "/desk/issues/4"),
        ("/desk/issues/4/results?state=failed", "/desk/issues/4/results?state=failed"),
        ("https://evil.test/desk/", "/desk/"),
        ("//evil.test/desk/", "/desk/"),
        ("/desk//evil.test", "/desk/"),
        ("/desk/\\evil.test", "/desk/"),
        ("/crossings/", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_a_sign_in_leads_on_to_a_page_of_the_desk_and_nowhere_else(
    app: Flask, publisher_account: int, asked: str, target: str
) -> None:
    assert publisher_account
    desk = Desk(app.test_client())
    fields = {"address": STAFF_ADDRESS, "password": STAFF_PASSWORD, "next": asked}
    assert desk.post("/desk/sign-in", **fields).location == target


def test_the_page_that_was_asked_for_is_offered_after_the_sign_in(app: Flask) -> None:
    response = app.test_client().get("/desk/issues/4/results?state=failed")
    assert response.location == "/desk/sign-in?next=/desk/issues/4/results?state%3Dfailed"


def test_signing_out_ends_the_session_and_may_be_repeated(desk: Desk) -> None:
    for _ in range(2):
        assert desk.post("/desk/sign-out").status_code == 302
        assert desk.get("/desk/").status_code == 302


def test_a_new_password_signs_out_every_other_browser_but_not_this_one(app: Flask, desk: Desk) -> None:
    other = sign_in(app, STAFF_ADDRESS)
    response = desk.post("/desk/account/password", old=STAFF_PASSWORD, new="a quite different sentence")
    assert response.location == "/desk/account"
    assert "Your password is changed." in desk.read("/desk/account")
    assert other.get("/desk/").status_code == 302
    assert sign_in(app, STAFF_ADDRESS, "a quite different sentence").get("/desk/").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("not it", "a quite different sentence", "The present password is not right."),
        (STAFF_PASSWORD, "short", "A password needs at least 12 characters."),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_a_reason(desk: Desk, old: str, new: str, sentence: str) -> None:
    response = desk.post("/desk/account/password", old=old, new=new)
    assert response.status_code == 422
    assert sentence in words_of(response)
    assert new not in response.text


def test_signing_out_everywhere_else_keeps_this_browser(app: Flask, desk: Desk) -> None:
    other = sign_in(app, STAFF_ADDRESS)
    assert desk.post("/desk/account/end-sessions").location == "/desk/account"
    assert other.get("/desk/").status_code == 302
    assert desk.get("/desk/").status_code == 200
