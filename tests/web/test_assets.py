"""Static files: kept for ever under the URL that names their content, asked for again under any other."""

import re

from flask import Flask
from flask.testing import FlaskClient

from service.rendering.design import css_variables

FOR_EVER = "public, max-age=31536000, immutable"


def test_every_file_of_a_page_may_be_kept_for_ever(client: FlaskClient) -> None:
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert any("tokens.css" in file for file in files)
    for file in files:
        answer = client.get(file, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOR_EVER), file


def test_another_version_is_asked_for_again(client: FlaskClient) -> None:
    for path in ("/static/base.css", "/static/base.css?v=old", "/static/tokens.css?v=old"):
        answer = client.get(path, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache"), path


def test_the_version_is_of_the_content(app: Flask, client: FlaskClient) -> None:
    page = client.get("/").text
    versions = dict(re.findall(r"/static/([\w.]+)\?v=([0-9a-f]{12})", page))
    assert len(set(versions.values())) == len(versions) > 3
    assert app.test_client().get("/").text == page


def test_the_tokens_are_those_of_the_mail(client: FlaskClient) -> None:
    answer = client.get("/static/tokens.css")
    assert (answer.mimetype, answer.text) == ("text/css", css_variables())
