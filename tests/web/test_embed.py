"""The form for other sites: plain HTML without scripts, and a path that it can walk to the end."""

from html import unescape

import pytest
from flask.testing import FlaskClient

from service.wiring import Services

EMBED = "/crossings/subscribe/embed"


@pytest.mark.usefixtures("publication")
def test_the_snippet_is_shown_as_text_and_needs_nothing_from_us(client: FlaskClient, services: Services) -> None:
    page = client.get(EMBED).text
    snippet = unescape(page.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>", 1)[0]).strip()
    assert snippet.startswith(f'<form action="{services.settings.public_url}/crossings/subscribe" method="post"')
    assert snippet.endswith("</form>")
    assert not [word for word in ("<script", "<style", "style=", "src=", "mark", "cookie") if word in snippet]
    assert {'name="address"', 'name="website"'} <= set(snippet.replace(">", " ").split())


@pytest.mark.usefixtures("publication")
def test_the_snippet_speaks_and_leads_on_in_the_language_of_the_page(client: FlaskClient) -> None:
    snippet = unescape(client.get(f"{EMBED}?lang=fr").text)
    assert "/crossings/subscribe?lang=fr" in snippet
    assert "<form action=" in snippet
    assert 'lang="fr"' in snippet.split("<form action=", 1)[1]
