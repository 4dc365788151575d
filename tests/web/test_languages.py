"""The languages of pages: every page says its own, and readers are answered in theirs."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from service.languages.choosing import LANGUAGES
from service.subscribers.models import Subscriber
from service.web.language import page_language, speak_to
from tests.fixtures.services import OpenTransaction
from tests.web.publication import Publication
from tests.web.readers_pages import list_readers_paths, look
from tests.web.routes import Address
from tests.web.test_safe_methods import sign_in

PAGE = "/crossings/subscribe"
HTML = re.compile(r'<html lang="([a-zA-Z-]+)" dir="(ltr|rtl)"')


def language_of(page: str) -> str:
    """Return what a page says that its language is."""
    found = HTML.search(page)
    assert found, page[:300]
    return found[1]


@pytest.mark.parametrize("signed_in", [False, True], ids=["a stranger", "a publisher"])
def test_no_page_is_without_its_language(
    app: Flask, addresses: list[Address], publisher_account: int, *, signed_in: bool
) -> None:
    client = app.test_client()
    if signed_in:
        sign_in(client, publisher_account)
    # The inbox's frame holds a mail just as it came.
    paths = [each.path for each in addresses if "GET" in each.methods and each.endpoint != "inbox.show_frame"]
    shown = [page for path in paths if (page := look(client, path))]
    assert len(shown) > 10
    for page in shown:
        root = re.search(r"<html[^>]*>", page)
        assert root, page[:300]
        assert re.search(r' lang="[a-z]{2,3}(-[A-Za-z]+)*"', root[0]), root[0]
        assert re.search(r' dir="(ltr|rtl)"', root[0]), root[0]


@pytest.fixture
def all_read(open_transaction: OpenTransaction) -> Callable[[str], None]:
    """Let every reader whom we know read one language."""

    def read(language: str) -> None:
        with open_transaction() as session:
            session.execute(update(Subscriber).values(language=language))

    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_readers_pages_are_in_the_language_of_the_reader(
    client: FlaskClient, addresses: list[Address], all_read: Callable[[str], None], language: str
) -> None:
    all_read(language)
    spoken = {
        path: language_of(page) for path in list_readers_paths(addresses) if (page := look(client, path, language))
    }
    assert len(spoken) > 10
    assert spoken == dict.fromkeys(spoken, language)


def test_pages_behind_a_readers_own_link_ask_no_browser(
    client: FlaskClient, publication: Publication, all_read: Callable[[str], None]
) -> None:
    all_read("de")
    for path in (f"/confirm/{publication.confirm_token}", f"/unsubscribe/{publication.unsubscribe_token}"):
        assert language_of(look(client, path, "fr")) == "de"
        assert language_of(look(client, f"{path}?lang=zh", "fr")) == "zh"


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "1 November 2026"),
        ("ru", "1 ноября 2026 г."),
        ("zh", "2026年11月1日"),
        ("fr", "1 novembre 2026"),
        ("es", "1 de noviembre de 2026"),
        ("de", "1. November 2026"),
    ],
)
@pytest.mark.usefixtures("publication")
def test_a_day_is_written_as_the_language_writes_it(client: FlaskClient, language: str, day: str) -> None:
    page = look(client, "/crossings/archive/", language).replace("\u202f", " ").replace("\u00a0", " ")
    assert f'<time datetime="2026-11-01">{day}</time>' in page


@pytest.mark.parametrize("path", ["/desk/", "/desk/nowhere", "/dev/inbox", "/dev/nowhere"])
def test_the_desk_and_the_inbox_of_this_machine_stay_english(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "ru"}, follow_redirects=True)
    assert language_of(answer.text) == "en"
    assert not re.search("[а-яё]", answer.text)


@pytest.mark.parametrize(
    ("path", "browser", "language"),
    [
        (PAGE, "ru", "ru"),
        (PAGE, "de-CH,de;q=0.9,en;q=0.8", "de"),
        (PAGE, "de-CH,en;q=0.8", "de"),
        (PAGE, "fr;q=0.5,es;q=0.9", "es"),
        (PAGE, "fr;q=0,zh-Hant-TW;q=0.1", "zh"),
        (PAGE, "fr;q=0", "en"),
        (PAGE, "*", "en"),
        (PAGE, "nonsense;;;q=x", "en"),
        (f"{PAGE}?lang=fr", "ru", "fr"),
        (f"{PAGE}?lang=xx", "ru", "ru"),
        (f"{PAGE}?lang=xx&lang=de", "ru", "de"),
    ],
)
@pytest.mark.usefixtures("publication")
def test_a_choice_by_hand_comes_before_the_browser(client: FlaskClient, path: str, browser: str, language: str) -> None:
    assert language_of(look(client, path, browser)) == language


@pytest.mark.parametrize(("path", "language"), [("/", "de"), ("/?lang=zh", "zh"), ("/?lang=xx", "de")])
def test_a_reader_whom_we_know_comes_between_the_two(app: Flask, path: str, language: str) -> None:
    with app.test_request_context(path, headers={"Accept-Language": "fr"}):
        assert page_language() == ("zh" if language == "zh" else "fr")
        speak_to("de")
        assert page_language() == language


@pytest.mark.usefixtures("publication")
def test_caches_learn_what_the_page_depended_on(client: FlaskClient) -> None:
    assert "Accept-Language" not in client.get("/crossings/archive/?lang=de").headers.get("Vary", "")
    first = client.get("/crossings/archive/", headers={"Accept-Language": "ru"})
    assert "Accept-Language" in first.headers["Vary"]
    again = client.get("/crossings/archive/", headers={"Accept-Language": "de", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "Set-Cookie" not in first.headers


@pytest.mark.usefixtures("publication")
def test_a_choice_by_hand_goes_along(client: FlaskClient) -> None:
    page = look(client, f"{PAGE}?lang=de", "en")
    assert '<input type="hidden" name="lang" value="de">' in page
    assert 'href="/crossings/archive/?lang=de"' in page
    assert "/static/" in page
    assert not re.search(r"/static/[^\"]*lang=", page)
    assert not re.search(r"feed.xml[^\"]*lang=", page)
    sent = client.post(PAGE, data={"address": "new@example.org", "lang": "de"}, headers={"Accept-Language": "en"})
    assert language_of(sent.text) == "de"
    assert 'href="/crossings/?lang=de"' in sent.text
    assert "lang=" not in look(client, PAGE, "de").replace('lang="', "").replace('hreflang="', "").replace("?lang=", "")


@pytest.mark.usefixtures("publication")
def test_a_canonical_address_has_no_language(client: FlaskClient) -> None:
    for path in ("/crossings/", "/crossings/archive/", "/crossings/archive/1-1"):
        canonical = re.search(r'<link rel="canonical" href="([^"]+)"', look(client, f"{path}?lang=de"))
        assert canonical, path
        assert canonical[1].endswith(path)


@pytest.mark.usefixtures("publication")
def test_a_page_offers_itself_in_the_other_languages(client: FlaskClient) -> None:
    page = look(client, f"{PAGE}?a=1%26&lang=de")
    for code in LANGUAGES.keys() - {"de"}:
        assert f'<a href="?a=1%26&amp;lang={code}" lang="{code}" hreflang="{code}" rel="nofollow">' in page
    assert 'lang="de" aria-current="true">Deutsch<' in page
    assert "aria-current" not in client.post(PAGE, data={"address": "new@example.org"}).text


@pytest.mark.usefixtures("publication")
def test_a_page_that_says_no_to_too_much_is_in_a_language_too(client: FlaskClient) -> None:
    answer = client.post(PAGE, data={"name": "x" * 4_000_000}, headers={"Accept-Language": "es"})
    assert answer.status_code == 413
    assert language_of(answer.text) == "es"
    assert "Demasiado de una vez" in answer.text


@pytest.mark.usefixtures("publication")
def test_what_only_english_explains_gets_a_general_sentence_elsewhere(client: FlaskClient) -> None:
    path = "/crossings/archive/9-9"
    english = client.get(path, headers={"Accept-Language": "en"})
    russian = client.get(path, headers={"Accept-Language": "ru"})
    assert "There is no such" in english.text
    assert "There is" not in russian.text
    assert "По этому адресу страницы нет." in russian.text
    told = client.get(path, headers={"Accept-Language": "ru", "Accept": "application/json"})
    assert told.json is not None
    assert "There is no such" in told.json["error"]["message"]
