"""Readers’ pages can be turned around: they say their direction, and their styles know no left and right."""

import re

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from tests.web.readers_pages import list_readers_paths, look
from tests.web.routes import Address

SIDES = re.compile(
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)"
    r"|(?<![\w-])(?:left|right)\s*:|(?:float|clear|text-align)\s*:\s*(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|inset\s*:(?:\s+[^\s;]+){4}"
)


def test_a_page_of_a_language_from_the_right_says_so(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template(
            "web/public/problem.html", language="ar", status=1, heading="", sentence="", at_desk=False
        )
    assert '<html lang="ar" dir="rtl">' in page


def test_styles_of_readers_pages_know_no_left_and_right(client: FlaskClient, addresses: list[Address]) -> None:
    pages = "".join(look(client, path) for path in list_readers_paths(addresses))
    sheets = set(re.findall(r'<link rel="stylesheet" href="([^"]+)"', pages))
    assert len(sheets) > 5
    for sheet in sheets:
        answer = client.get(sheet)
        rules = re.sub(r"/\*.*?\*/", "", answer.text, flags=re.DOTALL)
        answer.close()
        assert SIDES.findall(rules) == [], sheet


@pytest.mark.parametrize(
    "fault", ["margin-left: 1px", "{right: 0", "float:left", "text-align: right", "inset: 0 1px 2px 3px"]
)
def test_a_planted_side_is_seen(fault: str) -> None:
    assert SIDES.search(fault)
    assert not SIDES.search("margin-inline: 1px; inset-inline-end: 0; text-align: end; inset: 0 1px; copyright: 1")
