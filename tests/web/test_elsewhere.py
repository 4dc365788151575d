"""Cases 52 and 53 at every door: no request talks us into a link, a row or a redirect that leads to another house."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.publication import ACTIVE, Publication
from tests.web.routes import Address
from tests.web.signing_up import NEW, make_mark
from tests.web.test_safe_methods import dump, sign_in

EVIL = "evil.example"
STRANGE_HOSTS: list[dict[str, str]] = [
    {"Host": EVIL},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Server": EVIL, "X-Original-Host": EVIL},
    {"Forwarded": f"host={EVIL};proto=https", "X-Host": EVIL, "X-Forwarded-Proto": "https"},
]
TARGETS = (
    f"//{EVIL}",
    f"https://{EVIL}/desk/",
    f"/\\{EVIL}",
    f"/desk/\\..\\\\{EVIL}",
    f"\t//{EVIL}",
    "javascript:alert(1)",
    f"@{EVIL}",
    f"letters.test@{EVIL}",
    f"/desk//{EVIL}/..",
)
NAMES = ("next", "back", "to", "url", "return", "return_url", "redirect", "continue", "target", "lang", "source")
FORM = {"address": ACTIVE, "name": "Jane", "newsletter": "crossings", "amount": "25", "days": "30", "language": "en"}


@pytest.fixture(params=["a stranger", "a publisher"])
def visitor(request: pytest.FixtureRequest, app: Flask, publisher_account: int) -> FlaskClient:
    """Who knocks. The publisher's forms count as our own, so that what is behind the guard of forms is met as well."""
    if request.param == "a stranger":
        return app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    return sign_in(app.test_client(), publisher_account)


def go(client: FlaskClient, address: Address, hostile: dict[str, str]) -> Iterator[tuple[str, TestResponse]]:
    """Ask for a route with hostile arguments, and send it a form that has them too."""
    if "GET" in address.methods:
        yield f"GET {address.path}", client.get(address.path, query_string=hostile, buffered=True)
    if "POST" in address.methods:
        yield f"POST {address.path}", client.post(address.path, data={**FORM, **hostile}, buffered=True)


def leads_away(location: str) -> bool:
    """Whether a browser that follows it leaves the house; browsers take a backslash for a slash (WHATWG URL §4.4)."""
    place = urlsplit(location.strip().replace("\\", "/"))
    return bool(place.scheme or place.netloc)


@pytest.mark.parametrize("location", [*TARGETS[:4], "javascript:alert(1)"])
def test_what_leads_away_is_known_as_such(location: str) -> None:
    assert leads_away(location) is not location.startswith("/desk/")


@pytest.mark.parametrize("target", [f"//{EVIL}", "javascript:alert(1)", f"@{EVIL}"])  # ``test_session`` has more
def test_case_53_no_redirect_leads_elsewhere(visitor: FlaskClient, addresses: list[Address], target: str) -> None:
    redirects = 0
    for address in addresses:
        if address.endpoint == "tracking.follow_link":  # the one whose business it is: see below
            continue
        for call, answer in go(visitor, address, dict.fromkeys(NAMES, target)):
            assert answer.status_code != 500, call
            if "Location" in answer.headers:
                redirects += 1
                assert not leads_away(answer.headers["Location"]), call
    assert redirects > 3


@pytest.mark.parametrize(
    "path",
    [
        "/c/{token}/1@evil.example",
        "/c/{token}//evil.example",
        "/c/{token}/1/https://evil.example",
        "/c/{token}/javascript:alert(1)",
        "/c/{token}@evil.example/1",
        "/c//evil.example/1",
        "/c/{token}/-1",
        "/c/{token}/2147483648",
        "/c/{changed}/1",
        "/c/{cut}/1",
        "/c/{other}/1",
    ],
)
def test_case_53_a_click_that_was_tampered_with_is_not_found(
    client: FlaskClient, publication: Publication, path: str
) -> None:
    token = publication.track_token
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    answer = client.get(path.format(token=token, changed=changed, cut=token[:-1], other=publication.view_token))
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


@pytest.mark.parametrize("name", NAMES)
def test_case_53_a_click_leads_where_the_author_said_whatever_is_added(
    client: FlaskClient, publication: Publication, name: str
) -> None:
    plain = client.get(f"/c/{publication.track_token}/1").headers["Location"]
    for target in TARGETS:
        added = client.get(f"/c/{publication.track_token}/1", query_string={name: target})
        assert added.headers["Location"] == plain


@pytest.mark.parametrize("headers", STRANGE_HOSTS, ids=lambda headers: next(iter(headers)))
def test_case_52_no_route_keeps_or_repeats_a_host_that_a_stranger_names(
    app: Flask,
    visitor: FlaskClient,
    addresses: list[Address],
    services: Services,
    open_transaction: OpenTransaction,
    headers: dict[str, str],
) -> None:
    # By hand, for a client that minds its cookies sends none to a strange host: nobody would be signed in there.
    cookie = visitor.get_cookie("postrider")
    signed_in = {"Cookie": f"postrider={cookie.value}"} if cookie else {}
    knocker = app.test_client(use_cookies=False)
    before = dump(open_transaction)
    for address in addresses:
        for method in {"GET", "POST"} & address.methods:
            form = {**FORM, "address": NEW, "mark": make_mark(services)} if "subscribe" in address.path else FORM
            data = form if method == "POST" else None
            answer = knocker.open(
                address.path, method=method, headers={**headers, **signed_in}, data=data, buffered=True
            )
            assert answer.status_code != 500, address.path
            assert EVIL not in str(answer.headers), address.path
            assert EVIL.encode() not in answer.data, address.path
    after = dump(open_transaction)
    assert EVIL not in str(after)
    grown = {table for table, rows in after.items() if len(rows) > len(before[table])}
    assert {"sign_ups", "own_page_requests"} <= grown  # mail was asked for: what it will hold is in these rows
    assert "letters" in grown or not cookie
