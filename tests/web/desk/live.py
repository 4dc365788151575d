"""The desk on a real port with a signed-in Chromium, for what only a browser can tell."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve ``app`` on a free loopback port while the block runs; yields its origin."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in_by_hand(page: Page, origin: str) -> None:
    """Sign the publisher in as a person would, with the keyboard alone."""
    page.goto(f"{origin}/desk/sign-in")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(STAFF_ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type(STAFF_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/desk/")
