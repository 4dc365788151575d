"""Who gets through the door of the desk: every route × everyone who may knock."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from service.staff.roles import GRANTS, Permission, Role
from service.web.desk.access import needed_permission
from tests.web.desk.browsing import Desk, Stock, words_of

A_YEAR = 2026
NOTHING = 999_999  # an id that no row has: the guard answers before anything is looked up


def list_knocks(app: Flask) -> list[tuple[str, str, Permission | None]]:
    """Return (method, path, needed permission) for every route of the desk."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("desk.")]
    assert len(rules) > 25
    return [
        (method, path_of(rule), needed_permission(rule.endpoint))
        for rule in rules
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def path_of(rule: Rule) -> str:
    """Return a path that the rule matches."""
    built = rule.build({name: A_YEAR if name == "year" else NOTHING for name in rule.arguments})
    assert built is not None
    return built[1]


def test_every_route_of_the_desk_declares_what_it_needs(app: Flask) -> None:
    with app.app_context():
        needs = {path: needed for _, path, needed in list_knocks(app)}
    assert {path for path, needed in needs.items() if needed is None} == {"/desk/sign-in", "/desk/sign-out"}


def test_a_route_that_declares_nothing_is_an_error(app: Flask) -> None:
    app.add_url_rule("/desk/forgotten", "desk.forgotten", lambda: "secrets")
    app.add_url_rule("/desk/forgotten-too", "desk.forgotten_too", lambda: "secrets")
    with app.app_context(), pytest.raises(LookupError, match=r"desk\.forgotten declares no permission"):
        list_knocks(app)


def test_strangers_are_asked_to_sign_in_and_change_nothing(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        knocks = [knock for knock in list_knocks(app) if knock[2] is not None]
    for method, path, _ in knocks:
        response = client.open(path, method=method)
        if method == "GET":
            assert (response.status_code, response.location.split("?")[0]) == (302, "/desk/sign-in"), path
        else:
            assert response.status_code == 401, path


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_exactly_the_routes_that_its_permissions_open(
    app: Flask, desk: Desk, editor_desk: Desk, treasurer_desk: Desk, role: Role
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browser = {Role.PUBLISHER: desk, Role.EDITOR: editor_desk, Role.TREASURER: treasurer_desk}[role]
    with app.app_context():
        knocks = [knock for knock in list_knocks(app) if knock[2] is not None and "end-sessions" not in knock[1]]
    for method, path, needed in knocks:
        is_refused = browser.client.open(path, method=method).status_code in {401, 403}
        assert is_refused == (needed not in GRANTS[role]), (role, method, path)


def test_an_editor_is_told_who_may_send(editor_desk: Desk, stock: Stock) -> None:
    response = editor_desk.get(f"/desk/issues/{stock.issue_id}/send")
    assert response.status_code == 403
    assert "Your account is an editor’s" in response.text


def test_a_treasurer_begins_with_the_gifts_and_sees_only_what_is_open_to_them(treasurer_desk: Desk) -> None:
    response = treasurer_desk.get("/desk/")
    assert (response.status_code, response.location) == (302, "/desk/gifts")
    menu = treasurer_desk.read("/desk/gifts")
    assert 'href="/desk/gifts"' in menu
    assert 'href="/desk/copies"' not in menu
    assert "Issues</a>" not in menu
    assert treasurer_desk.get("/desk/account").status_code == 200


def test_an_editor_sees_nothing_of_gifts(editor_desk: Desk) -> None:
    assert "/desk/gifts" not in editor_desk.read("/desk/")
    response = editor_desk.get("/desk/gifts")
    assert response.status_code == 403
    assert "Gifts and the books are for treasurers and publishers." in words_of(response)


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_form_without_a_good_token_is_refused_and_gives_back_what_was_typed(
    desk: Desk, client: FlaskClient, stock: Stock, signed_in: bool
) -> None:
    browser = desk.client if signed_in else client
    path = f"/desk/items/{stock.item_ids[0]}"
    response = browser.post(path, data={"markdown": "Слова & <b>words</b>", "password": "hush", "csrf_token": "forged"})
    assert response.status_code == 400
    assert "Слова & <b>words</b>" in words_of(response)
    assert "hush" not in response.text
    assert "<b>words</b>" not in response.text
    assert desk.get(path).text.count("Слова") == 0


def test_a_session_that_ended_gives_back_what_was_typed(desk: Desk, stock: Stock) -> None:
    token = desk.get("/desk/sign-in").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    with desk.client.session_transaction() as session:
        session["epoch"] = 7
    response = desk.client.post(
        f"/desk/items/{stock.item_ids[0]}", data={"csrf_token": token, "markdown": "An hour’s work"}
    )
    assert response.status_code == 401
    assert "An hour’s work" in words_of(response)
