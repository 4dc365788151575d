"""Every page that a reader can meet, in every state and language, as a browser shows it to everybody.

``POSTRIDER_GALLERY=var/gallery pytest tests/browser/test_gallery.py`` leaves a picture of each in that folder.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response

from service.development.ports import find_free_port
from service.languages.choosing import LANGUAGES
from service.settings import Settings
from service.wiring import Services
from tests.browser.gallery.looking import (
    SCREENS,
    list_faults,
    list_foreign_calls,
    list_keyboard_faults,
    open_page,
)
from tests.browser.gallery.sights import NO_SIGHTS, SIGHTS, Sight
from tests.browser.gallery.stage import Stage, add_failures, set_stage
from tests.web.serving import serve

KEYBOARD: Final = "en"  # the order of what a page holds is the same in every language
PICTURES: Final = os.environ.get("POSTRIDER_GALLERY")
POST: Final = """([path, sent]) => {
    const form = document.createElement("form");
    Object.assign(form, {method: "post", action: path});
    for (const [name, value] of Object.entries(sent)) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[str]:
    """The address of the application, with a page for each failure."""
    add_failures(app)
    with serve(app, int(settings.public_url.rpartition(":")[2])):
        yield settings.public_url


def show(page: Page, site: str, stage: Stage, sight: Sight) -> Response:
    """Let the browser do what brings a reader to this page, in the stage's language."""
    path = stage.fill(sight.path)
    if sight.sent is None:
        answer = page.goto(f"{site}{path}")
        assert answer is not None
        return answer
    sent = {name: stage.fill(value) for name, value in sight.sent.items()}
    with page.expect_navigation() as coming:
        page.evaluate(POST, [path, sent])
    return coming.value


def take_pictures(page: Page, language: str, sight: Sight) -> None:
    """Leave a picture of the page on a phone in daylight and at night, and on a desk likewise."""
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            name = f"{sight.name}-{screen}-{scheme}.png"
            page.screenshot(path=Path(str(PICTURES)) / language / name, full_page=True, animations="disabled")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_reader_suits_everybody(browser: Browser, site: str, services: Services, language: str) -> None:
    stage = set_stage(services, language)
    page = open_page(browser, language)
    faults = list_foreign_calls(page, site)
    for sight in SIGHTS:
        stage.meet(sight.need, begins=True)
        answer = show(page, site, stage, sight)
        stage.meet(sight.need, begins=False)
        found = [*list_faults(page, language, is_mail=sight.is_mail)]
        if answer.status != sight.status:
            found.append(f"answers {answer.status}")
        if PICTURES:
            take_pictures(page, language, sight)
        if language == KEYBOARD:
            found += list_keyboard_faults(page)
        faults += [f"{sight.name}: {fault}" for fault in found]
    page.close()
    assert not faults, "\n".join(faults)


def test_no_page_of_a_reader_is_left_out_of_the_gallery(app: Flask) -> None:
    shown = {sight.endpoint for sight in SIGHTS}
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    known = {endpoint for endpoint in routes if {endpoint, endpoint.partition(".")[0]} & NO_SIGHTS.keys()}
    assert routes - known - shown == set()
