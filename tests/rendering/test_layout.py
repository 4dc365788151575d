"""The engine behind its guard: what goes in comes out, and nothing that happens to the child happens to us."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Unavailable
from service.rendering import layout
from service.rendering.checks import count_outlook_comments
from service.rendering.content import clean_text
from service.rendering.layout import lay_out
from service.rendering.mjml_rules import BadLayout
from service.rendering.prose_html import escape_attribute

_PAGE = (
    '<mjml lang="en" dir="ltr"><mj-head><mj-title>{title}</mj-title></mj-head><mj-body><mj-section><mj-column>{inner}'
    "</mj-column></mj-section></mj-body></mjml>"
)
_AWKWARD = "\u00a0\u200d\u200c\u00ad\u0301\ufe0f\u180b\t\n\\\"'<>&{}%$`潮é👍"


class _Reader(HTMLParser):
    """Collects every attribute of images and links, as a mail reader understands it."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[dict[str, str | None]] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs))
        if dict(attrs).get("role") == "article":
            self.titles.append(dict(attrs).get("aria-label") or "")


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


@settings(max_examples=12, deadline=None)  # each example is one child process with thirty values
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text(alphabet=_AWKWARD), min_size=1, max_size=10)
)
def test_any_attribute_survives_the_engine(values: list[str]) -> None:
    values = [clean_text(value) for value in values]
    inner = "".join(
        f'<mj-image src="https://a.test/i.png" alt="{escape_attribute(value)}" />'
        f'<mj-text><a href="https://a.test/{escape_attribute(value)}" title="{escape_attribute(value)}">x</a></mj-text>'
        for value in values
    )
    page = lay_out(_PAGE.format(title=escape_attribute(values[0]), inner=inner))
    reader = _read(page)
    assert [image["alt"] for image in reader.images] == values
    assert [link["title"] for link in reader.links] == values
    assert [link["href"] for link in reader.links] == [f"https://a.test/{value}" for value in values]
    assert reader.titles == [values[0].strip()]
    assert "\\u{" not in page


def test_the_page_has_its_language_twice_its_landmark_and_balanced_outlook_parts() -> None:
    page = lay_out(_PAGE.format(title="T", inner="<mj-text>x</mj-text>"))
    assert '<html lang="en" dir="ltr"' in page
    assert page.count('lang="en" dir="ltr"') == 3
    assert page.count('role="main"') == 1
    opened, closed = count_outlook_comments(page)
    assert opened == closed > 0


def test_nothing_is_fetched_from_a_font_host() -> None:
    assert "fonts.googleapis" not in lay_out(_PAGE.format(title="T", inner='<mj-text font-family="Ubuntu">x</mj-text>'))


def test_a_crash_of_the_engine_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = _PAGE.format(title="T", inner="<mj-text>" + "<b>" * 30_000 + "</b>" * 30_000 + "</mj-text>")
    monkeypatch.setattr(layout, "check_mjml", lambda source: source)
    with pytest.raises(BadLayout, match=r"its layout program stopped \(status -\d+\)"):
        lay_out(deep)


def test_a_refusal_of_the_engine_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "check_mjml", lambda source: source)
    with pytest.raises(BadLayout, match=r"cannot be laid out: .+"):
        lay_out("<mjml><mj-body>")


def test_a_page_of_an_unknown_shape_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = tmp_path / "engine.py"
    engine.write_text("print('<p>something else</p>')")
    monkeypatch.setattr(layout, "_PROGRAM", engine)
    with pytest.raises(BadLayout, match="a shape that we do not know"):
        lay_out(_PAGE.format(title="T", inner=""))


def test_an_engine_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "WALL_SECONDS", 0.000_1)
    with pytest.raises(BadLayout, match="took longer than"):
        lay_out(_PAGE.format(title="T", inner=""))


def test_an_engine_that_cannot_be_started_is_worth_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unavailable, match="could not be started"):
        lay_out(_PAGE.format(title="T", inner=""))


def test_the_child_limits_its_own_memory() -> None:
    program = Path(layout.__file__).with_name("mjml.py")
    code = f"import runpy, sys; sys.argv = ['x']; m = runpy.run_path({str(program)!r}); m['main'](); bytearray(2**30)"
    done = subprocess.run([sys.executable, "-P", "-c", code], input=b"<mjml></mjml>", capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
