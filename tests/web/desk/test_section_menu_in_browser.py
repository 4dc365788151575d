"""The menu of a section in a real browser: on a narrow screen all of it is seen, nothing hides beyond an edge."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.web.desk.live import sign_in_by_hand
from tests.web.serving import serve

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [320, 390, 1200])
@pytest.mark.usefixtures("publisher_account", "stock")
def test_every_way_of_the_menu_is_on_the_screen(app: Flask, page: Page, width: int) -> None:
    with serve(app) as origin:
        sign_in_by_hand(page, origin)
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(f"{origin}/desk/readers")
        ways = page.locator(".section-nav a")
        boxes = [box for way in ways.all() if (box := way.bounding_box())]
        assert len(boxes) == ways.count() == 7
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
