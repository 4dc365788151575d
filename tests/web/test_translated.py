"""No word of ours on a reader’s page stays English: each comes from the catalogues, or says its own language."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest
from babel.support import NullTranslations
from flask.testing import FlaskClient
from jinja2 import Environment

from service.languages import catalogues
from service.languages.choosing import LANGUAGES
from service.settings import ROOT
from tests.web.publication import ACTIVE
from tests.web.readers_pages import list_readers_paths, look
from tests.web.routes import Address

FORM = "/crossings/subscribe"
PAGE_CLASS = "reader"  # what layout.html puts into the attribute of base.html
PUBLIC = sorted(path for path in (ROOT / "templates/web/public").glob("*.html") if not path.name.startswith("give"))
# What the test's publication and its readers say of themselves, and the languages' own names.
DATA = (
    *("Crossings", "Northern Institute", "Patience Station", "Where routes meet", "Postrider"),
    *("Eleven signatures for one container, and what the charts say.", ACTIVE, *LANGUAGES.values()),
)
# What stands in a field was typed or is to be copied; a time is written by the machinery of dates.
NOT_SAID = {"script", "style", "time", "textarea"}


class Marked(NullTranslations):
    """Translates every sentence into itself between brackets."""

    def gettext(self, message: str) -> str:
        """Return the sentence in brackets."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form that English has for the number, in brackets."""
        return f"⟦{super().ngettext(msgid1, msgid2, n)}⟧"

    ugettext, ungettext = gettext, ngettext


class Reader(HTMLParser):
    """Collects what a person sees or hears of a page, but for parts that say their own language."""

    HEARD: ClassVar = ("aria-label", "title", "alt", "placeholder")
    VOID: ClassVar = frozenset({"meta", "link", "input", "br", "img", "hr", "circle", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._stack: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that are heard, and whether the inside is of another language."""
        given = dict(attrs)
        is_foreign = any(self._stack) or (tag != "html" and "lang" in given) or tag in NOT_SAID
        if not is_foreign:
            self.heard += [given[name] or "" for name in self.HEARD if name in given]
            if tag == "meta" and given.get("name") == "description":
                self.heard.append(given["content"] or "")
        if tag not in self.VOID:
            self._stack.append(is_foreign)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element; a branch of a template may close what another has opened."""
        if tag not in self.VOID and self._stack:
            self._stack.pop()

    def handle_data(self, data: str) -> None:
        """Note words."""
        if not any(self._stack):
            self.heard.append(data)


def list_leaks(page: str) -> list[str]:
    """Return the words of ``page`` that no catalogue has seen."""
    reader = Reader()
    reader.feed(page)
    text = "\n".join(reader.heard)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    for known in DATA:
        text = text.replace(known, "")
    return re.findall(r"[^\W\d_]+", text)


@pytest.fixture
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every catalogue answer in brackets."""
    monkeypatch.setattr(catalogues, "load", lambda _: Marked())


@pytest.mark.usefixtures("_marked")
def test_no_word_of_a_readers_page_escapes_the_catalogues(client: FlaskClient, addresses: list[Address]) -> None:
    shown = {path: page for path in list_readers_paths(addresses) if (page := look(client, path))}
    assert len(shown) > 5
    assert [(path, " ".join(leaks)) for path, page in shown.items() if (leaks := list_leaks(page))] == []


@pytest.mark.parametrize("address", ["new@example.org", "no address"])
@pytest.mark.usefixtures("publication", "_marked")
def test_no_word_of_the_answer_to_a_sign_up_escapes_the_catalogues(client: FlaskClient, address: str) -> None:
    answer = client.post(FORM, data={"address": address}, headers={"Accept-Language": "ru"})
    assert list_leaks(answer.text) == []


def list_own_words(template: str) -> list[str]:
    """Return the words that a template says without a catalogue, whichever branch of it is shown."""
    text = "".join(value for _, kind, value in Environment().lex(template) if kind == "data")  # noqa: S701 - renders nothing
    reader = Reader()
    reader.feed(text)
    return [word for word in re.findall(r"[^\W\d_]+", " ".join(reader.heard)) if word not in (*DATA, PAGE_CLASS)]


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_no_branch_of_a_readers_template_says_a_word_of_its_own(path: Path) -> None:
    assert list_own_words(path.read_text()) == []


def test_a_planted_word_of_a_branch_is_seen() -> None:
    page = '{% if a %}<p class="x">Told</p>{% else %}<p lang="en">not</p>{{ _("nor this") }}{% endif %}'
    assert list_own_words(page) == ["Told"]


def test_a_planted_word_is_seen() -> None:
    page = '<html lang="en"><p title="Seen">⟦A “<bdi lang="x">name</bdi>”, ⟦whole⟧⟧</p><p>Told <i lang="en">not</i></p>'
    assert list_leaks(page) == ["Seen", "Told"]
