"""What every page owes everybody, as a real browser sees it: the one place of the tests that asks axe-core.

Every look waits until its page is whole: a press returns as soon as the next page begins to come, and half a page has
no heading yet. Never says which pages there are.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Look: TypeAlias = tuple[int, Literal["light", "dark"]]

NARROWEST: Final = 320  # pixels: WCAG 2.2, 1.4.10
LOOKS: Final[tuple[Look, ...]] = ((NARROWEST, "dark"), (1200, "light"))

_AXE: Final = Axe().axe_script
_RUN_AXE: Final = """rules => axe.run({resultTypes: ["violations"], rules}).then((told) =>
    told.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html.slice(0, 120))]))"""
_OPEN_FOLDS: Final = "for (const folded of document.querySelectorAll('details')) folded.open = true"


def wait_until_whole(page: Page) -> None:
    """Wait until the page in view, or the one that is coming in its place, is loaded and has its heading."""
    page.wait_for_load_state("load")
    page.locator("h1").first.wait_for(state="attached")


def list_violations(page: Page, *also: str) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds fault with on a loaded page: the rule's name, and the parts that break it.

    Args:
        also: rules that axe-core leaves off by itself, by its names of them.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    return [(rule, parts) for rule, parts in page.evaluate(_RUN_AXE, {rule: {"enabled": True} for rule in also})]


def assert_suits_everybody(page: Page) -> None:
    """Nothing that axe-core finds fault with, and no scrolling sideways."""
    wait_until_whole(page)
    faults = [f"{rule}: {' '.join(parts)}" for rule, parts in list_violations(page)]
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        faults.append("scrolls sideways")
    assert not faults, "\n".join([f"{page.url} at {page.viewport_size}", *faults])


def assert_suits_every_screen(page: Page, looks: Iterable[Look] = LOOKS) -> None:
    """The page in view suits everybody on narrow and wide screens, in dark and light, with all folds open."""
    wait_until_whole(page)
    page.evaluate(_OPEN_FOLDS)
    for width, scheme in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        assert_suits_everybody(page)
