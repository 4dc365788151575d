"""Sentences are found where pages say them, and a catalogue keeps what is translated when it is brought up to date."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import TemplateSyntaxError

from service.languages.extracting import extract_messages, list_untranslated, renew_catalogue

CODE = """
# Translators: on the button
WORDING = gettext("Yes, send it")
OLD = for_readers(
    "Too old. "
    "Sign up afresh."
)
ngettext("%(num)s week", "%(num)s weeks", count)
"not a sentence for readers", log("nor this")
"""
PAGE = """{% extends "base.html" %}{% block main %}
{# Translators: above the list #}
<h1>{{ _("Your choices") }}</h1>
{% call page.empty(_("Nothing yet")) %}{% endcall %}
{% endblock %}"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one file of code and one page."""
    for name, content in {"service/web/pages.py": CODE, "templates/web/page.html": PAGE}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_sentences_are_found_with_their_place_and_note(tree: Path) -> None:
    found = {message.id: message for message in extract_messages(tree) if message.id}
    assert set(found) == {
        "Yes, send it",
        "Too old. Sign up afresh.",
        ("%(num)s week", "%(num)s weeks"),
        "Your choices",
        "Nothing yet",
    }
    assert found["Yes, send it"].auto_comments == ["on the button"]
    assert found["Your choices"].auto_comments == ["above the list"]
    assert found["Your choices"].locations[0][0] == "templates/web/page.html"


def test_a_page_that_cannot_be_read_is_not_left_out(tree: Path) -> None:
    (tree / "templates/web/page.html").write_text("{{ _('half")
    with pytest.raises(TemplateSyntaxError):
        extract_messages(tree)


def test_what_is_translated_stays_and_what_is_gone_goes(tree: Path) -> None:
    catalogue = Catalog(locale="ru")
    catalogue.add("Your choices", "Ваш выбор")
    catalogue.add("Your old choices", "Ваш прежний выбор")
    written = renew_catalogue(catalogue, extract_messages(tree))
    renewed = read_po(BytesIO(written), locale="ru")
    assert renewed["Your choices"].string == "Ваш выбор"
    assert "Your old choices" not in renewed
    assert "Ваш прежний выбор" not in written.decode()
    assert len(list_untranslated(renewed)) == 4
    assert renew_catalogue(renewed, extract_messages(tree)) == written
