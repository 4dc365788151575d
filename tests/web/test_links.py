"""Links with tokens: all wrong ones lead to the same page, and no link of ours repeats a stranger's ``Host``."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.clock import now
from service.settings import Settings
from service.tokens import Purpose
from service.wiring import Services
from tests.web.publication import Publication
from tests.web.routes import list_addresses

PAGES = {
    "/confirm/{}": Purpose.SIGN_UP,
    "/unsubscribe/{}": Purpose.UNSUBSCRIBE,
    "/preferences/{}": Purpose.PREFERENCES,
    "/yours/{}": Purpose.SELF_SERVICE,
    "/address/old/{}": Purpose.ADDRESS_OLD,
    "/address/new/{}": Purpose.ADDRESS_NEW,
    "/view/{}": Purpose.VIEW,
    "/preview/{}": Purpose.PREVIEW,
    "/c/{}/1": Purpose.TRACK,
}
EVIL = "evil.example"
UNUSUAL = ("/crossings", "/crossings/archive", "/desk", "//crossings/", "/none/")


def damaged(token: str) -> list[str]:
    """Return ways in which mail programs and people break a token."""
    return [
        token[:-1],
        token[1:],
        token + "A",
        token.swapcase(),
        f"{token}%00",
        "x",
        "…",
        "%",
        token[: len(token) // 2],
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_bad_token_leads_to_the_same_page(
    client: FlaskClient, services: Services, publication: Publication, page: str
) -> None:
    purpose = PAGES[page]
    ids = (publication.subscriptions["pending@example.org"], publication.delivery_id)
    others = [services.signer.sign(other, *ids) for other in Purpose if other is not purpose]
    answers = [client.get(page.format(token)) for token in [*damaged(services.signer.sign(purpose, *ids)), *others]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert "This link leads nowhere" in answers[0].text


@pytest.mark.parametrize(
    "page",
    [
        "/confirm/{}",
        "/unsubscribe/{}",
        "/unsubscribe/{}/why",
        "/preferences/{}/language",
        "/preferences/{}/crossings/pause",
        "/preferences/{}/crossings/resume",
        "/preferences/{}/crossings/frequency",
        "/yours/{}/name",
        "/yours/{}/address",
        "/yours/{}/again",
        "/address/old/{}",
        "/address/new/{}",
        "/yours/{}/crossings/join",
    ],
)
@pytest.mark.usefixtures("publication")
def test_posting_with_a_bad_token_is_not_found(client: FlaskClient, page: str) -> None:
    assert client.post(page.format("x")).status_code == 404


@pytest.mark.parametrize(
    ("page", "purpose", "ids"),
    [
        ("/confirm/{}", Purpose.SIGN_UP, (987,)),
        ("/unsubscribe/{}", Purpose.UNSUBSCRIBE, (987, 987)),
        ("/preferences/{}", Purpose.PREFERENCES, (987, 987)),
        ("/yours/{}", Purpose.SELF_SERVICE, (987, int(now().timestamp()))),
        ("/yours/{}", Purpose.SELF_SERVICE, (987, int(now().timestamp()), 987)),
        ("/address/old/{}", Purpose.ADDRESS_OLD, (987,)),
        ("/address/new/{}", Purpose.ADDRESS_NEW, (987,)),
        ("/view/{}", Purpose.VIEW, (987,)),
        ("/preview/{}", Purpose.PREVIEW, (987,)),
        ("/c/{}/1", Purpose.TRACK, (987, 987)),
    ],
)
@pytest.mark.usefixtures("publication")
def test_a_good_token_for_what_is_gone_is_not_found(
    client: FlaskClient, services: Services, page: str, purpose: Purpose, ids: tuple[int, ...]
) -> None:
    assert client.get(page.format(services.signer.sign(purpose, *ids))).status_code == 404


def test_no_answer_repeats_a_strangers_host(
    app: Flask, settings: Settings, publication: Publication, publisher_account: int
) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(account=publisher_account, epoch=0)
    addresses = [address for address in list_addresses(app, settings, publication) if "GET" in address.methods]
    for path in (*(address.path for address in addresses), *UNUSUAL):
        answer = client.get(path, headers={"Host": EVIL, "X-Forwarded-Host": EVIL}, buffered=True)
        assert EVIL not in str(answer.headers), path
        assert EVIL.encode() not in answer.data, path


@pytest.mark.usefixtures("publication")
def test_links_that_leave_the_house_start_with_our_own_address(client: FlaskClient, settings: Settings) -> None:
    page = client.get("/crossings/archive/1-1", headers={"Host": EVIL}).text
    assert f'<link rel="canonical" href="{settings.public_url}/crossings/archive/1-1">' in page
