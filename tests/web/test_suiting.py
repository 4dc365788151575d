"""The measure of pages itself: it waits for a page that is coming, and finds what is wrong with one that came."""

from collections.abc import Iterator
from threading import Event, Timer

import pytest
from flask import Flask, Response
from playwright.sync_api import Page

from tests.web.serving import serve
from tests.web.suiting import assert_suits_every_screen, assert_suits_everybody, list_violations

pytestmark = pytest.mark.browser

LATE = 0.3  # seconds
HEAD = "<!doctype html><html lang=en><head><title>Проба</title><link rel=icon href=data:,></head><body>"
WIDE = "<div style='width: 900px'>Wide</div>"
BODIES = {
    "good": "<main><h1>Проба</h1><p><a href=slow>On</a></p></main>",
    "nameless": "<main><h1>Проба</h1><p><button></button></p></main>",
    "wide": f"<main><h1>Проба</h1>{WIDE}</main>",
    "wide-in-a-fold": f"<main><h1>Проба</h1><details><summary>More</summary>{WIDE}</details></main>",
    "pale-by-night": "<style>@media (prefers-color-scheme: dark) { p { color: #eee; background: #fff } }</style>"
    "<main><h1>Проба</h1><p>Pale</p></main>",
}


@pytest.fixture
def rest() -> Iterator[Event]:
    """Lets the second half of the slow page come."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def site(rest: Event) -> Iterator[str]:
    """Pages good and bad, and a good one that comes in two halves."""
    app = Flask(__name__)

    @app.get("/slow")
    def show_slowly() -> Response:
        def halves() -> Iterator[str]:
            yield HEAD
            rest.wait()
            yield BODIES["good"]

        return Response(halves(), mimetype="text/html")

    @app.get("/<name>")
    def show(name: str) -> str:
        return HEAD + BODIES[name]

    with serve(app) as origin:
        yield origin


def test_a_press_leads_to_half_a_page_and_the_measure_waits_for_the_other(page: Page, site: str, rest: Event) -> None:
    page.goto(f"{site}/good")
    page.get_by_role("link", name="On").click()
    page.wait_for_url(f"{site}/slow", wait_until="commit")
    page.locator("body").wait_for(state="attached")  # the half that comes at once
    at_once = [rule for rule, _ in list_violations(page)]
    Timer(LATE, rest.set).start()
    assert_suits_everybody(page)
    assert at_once == ["landmark-one-main", "page-has-heading-one"]


@pytest.mark.parametrize(
    ("name", "fault"), [("nameless", "button-name"), ("wide-in-a-fold", "sideways"), ("pale-by-night", "contrast")]
)
def test_what_is_wrong_on_one_screen_is_found(page: Page, site: str, name: str, fault: str) -> None:
    page.goto(f"{site}/{name}")
    with pytest.raises(AssertionError, match=fault):
        assert_suits_every_screen(page)


def test_what_scrolls_sideways_on_a_phone_suits_a_desk(page: Page, site: str) -> None:
    page.goto(f"{site}/wide")
    page.set_viewport_size({"width": 1200, "height": 900})
    assert_suits_everybody(page)
    page.set_viewport_size({"width": 320, "height": 900})
    with pytest.raises(AssertionError, match="sideways"):
        assert_suits_everybody(page)
