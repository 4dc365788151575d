"""The headers and limits that every answer has."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.settings import Environment, Settings
from service.web.app import create_app
from service.web.security import LARGEST_BODY
from service.wiring import Services
from tests.web.publication import Publication
from tests.web.routes import list_addresses

MISSING = ("/nowhere", "/confirm/x", "/crossings/archive/99", "/static/none.css")


@pytest.fixture
def production(services: Services) -> Flask:
    """The application as readers get it."""
    settings = replace(services.settings, environment=Environment.PRODUCTION, public_url="https://letters.test")
    return create_app(replace(services, settings=settings))


def directives(policy: str) -> dict[str, str]:
    """Return a Content-Security-Policy by directive."""
    return dict(part.split(" ", 1) for part in policy.split("; "))


def test_every_answer_is_protected(
    client: FlaskClient, app: Flask, settings: Settings, publication: Publication
) -> None:
    paths = [address.path for address in list_addresses(app, settings, publication) if "GET" in address.methods]
    for path in (*paths, *MISSING):
        headers = client.get(path, buffered=True).headers
        policy = directives(headers["Content-Security-Policy"])
        assert policy["default-src"] == "'none'", path
        assert policy["base-uri"] == "'none'", path
        assert "script-src" not in policy or policy["script-src"] == "'self'", path
        assert policy["frame-ancestors"] in {"'none'", "'self'"}, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Permissions-Policy"], path
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, path
        assert headers["Cache-Control"], path


def test_a_mail_in_the_browser_may_style_itself_and_run_nothing(client: FlaskClient, publication: Publication) -> None:
    policy = directives(client.get(f"/view/{publication.view_token}").headers["Content-Security-Policy"])
    assert "script-src" not in policy
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["form-action"] == "'none'"


@pytest.mark.usefixtures("publication")
def test_an_issue_in_the_archive_runs_only_our_scripts(client: FlaskClient) -> None:
    policy = directives(client.get("/crossings/archive/1-1").headers["Content-Security-Policy"])
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")


def test_no_page_has_inline_styles_or_scripts_that_its_policy_would_refuse(
    client: FlaskClient, app: Flask, settings: Settings, publication: Publication
) -> None:
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=")
    looked_at = 0
    for address in list_addresses(app, settings, publication):
        if "GET" in address.methods:
            answer = client.get(address.path, buffered=True)
            policy = directives(answer.headers["Content-Security-Policy"])
            if answer.mimetype == "text/html" and policy["style-src"] == "'self'":
                assert not inline.search(answer.text), address.path
                looked_at += 1
    assert looked_at > 10


@pytest.mark.parametrize(
    "path",
    [
        "/confirm/{0.confirm_token}",
        "/unsubscribe/{0.unsubscribe_token}",
        "/view/{0.view_token}",
        "/o/{0.track_token}.gif",
    ],
)
def test_nobody_keeps_a_copy_of_what_a_token_shows(client: FlaskClient, publication: Publication, path: str) -> None:
    assert client.get(path.format(publication)).headers["Cache-Control"] == "no-store"


def test_in_production_browsers_keep_to_https_and_there_is_no_inbox(production: Flask) -> None:
    client = production.test_client()
    assert client.get("/").headers["Strict-Transport-Security"].startswith("max-age=")
    assert client.get("/dev/inbox").status_code == 404
    assert not any("inbox" in rule.endpoint for rule in production.url_map.iter_rules())
    assert b"/dev/" not in client.get("/").data


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(production: Flask) -> None:
    client = production.test_client()
    answer = client.get("/desk/sign-in", base_url="https://letters.test")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-postrider=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.usefixtures("publication")
def test_too_much_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/give", data={"address": "a" * (LARGEST_BODY + 1)})
    assert answer.status_code == 413
    assert "3 megabytes" in answer.text


@pytest.mark.usefixtures("publication")
def test_a_page_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/crossings/archive/")
    again = client.get("/crossings/archive/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
