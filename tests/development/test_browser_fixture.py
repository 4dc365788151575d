"""The watched browser: what a page must not do is noticed, and what it may do is not."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.fixtures import chromium
from tests.fixtures.browser import watch
from tests.fixtures.chromium import NoBrowser, find_chromium

pytestmark = pytest.mark.browser


def _page(html: str) -> str:
    return f"data:text/html;charset=utf-8,{quote(f'<!doctype html><title>Проба</title>{html}')}"


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<script>console.error('it is broken')</script>", "console: it is broken"),
        ("<script>no_such_thing()</script>", "script: "),
        ("<img src='http://pictures.example/a.png'>", "foreign host: http://pictures.example/a.png"),
        ("<script src='https://cdn.example/a.js'></script>", "foreign host: https://cdn.example/a.js"),
    ],
)
def test_what_a_page_must_not_do_is_noticed(browser: Browser, html: str, problem: str) -> None:
    problems: list[str] = []
    context = browser.new_context()
    watch(context, problems)
    context.new_page().goto(_page(html))
    context.close()

    assert [found for found in problems if found.startswith(problem)]


def test_a_quiet_page_passes(page: Page, page_problems: list[str]) -> None:
    page.goto(_page("<h1>Привет</h1><script>console.log('hello')</script>"))

    assert page.get_by_role("heading").inner_text() == "Привет"
    assert page_problems == []


@pytest.fixture
def server(browser: Browser) -> Iterator[Browser]:
    """Stands for a server: once it goes, no page may be there that still loads from it."""
    yield browser
    assert browser.contexts == []


def test_a_page_is_gone_before_its_server_though_a_test_names_it_first(page: Page, server: Browser) -> None:
    assert server.contexts == [page.context]


class _Browsers:
    """Stands where Playwright says which browser is its own."""

    def __init__(self, executable_path: Path) -> None:
        self.executable_path = str(executable_path)

    @property
    def chromium(self) -> "_Browsers":
        """The one browser."""
        return self


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Playwright:
    """A Playwright on a machine without any browser, where nothing can be installed."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "which", lambda _: None)
    monkeypatch.setattr(chromium, "APPLICATIONS", ())
    monkeypatch.setattr(chromium, "install", lambda: None)
    return _Browsers(tmp_path / "ms-playwright" / "chromium-1" / "chrome-linux64" / "chrome")  # type: ignore[return-value] # a stand-in


def test_without_any_browser_the_tests_fail_and_say_what_to_type(bare_machine: Playwright) -> None:
    with pytest.raises(NoBrowser, match="apt-get install chromium"):
        find_chromium(bare_machine)


def test_a_named_browser_that_is_not_there_is_an_error(
    bare_machine: Playwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")

    with pytest.raises(NoBrowser, match="CHROMIUM names /no/such/browser"):
        find_chromium(bare_machine)


def test_a_browser_is_installed_where_there_is_none(
    bare_machine: Playwright, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shell = tmp_path / "ms-playwright" / "chromium_headless_shell-1" / "linux64" / "headless_shell"

    def install() -> None:
        shell.parent.mkdir(parents=True)
        shell.touch(stat.S_IRWXU)

    monkeypatch.setattr(chromium, "install", install)

    assert find_chromium(bare_machine) == shell
