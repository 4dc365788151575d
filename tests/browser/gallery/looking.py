"""What is wrong with a page as a browser shows it, in sentences. Owns the measures; never which pages there are.

Most of it is asked of a page that is loaded once and then shown narrow, wide, dark and with larger letters.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from playwright.sync_api import Browser, Page, Request, ViewportSize

from tests.web.suiting import list_violations

NARROW: Final[ViewportSize] = {"width": 320, "height": 800}  # WCAG 2.2, 1.4.10
WIDE: Final[ViewportSize] = {"width": 1200, "height": 900}
TARGET_SIZE: Final = "target-size"  # WCAG 2.2, 2.5.8; axe-core leaves it off by itself
MOST_TOLD: Final = 3  # parts of a page: what one pushes out takes others along
SCREENS: Final[Mapping[str, ViewportSize]] = {"wide": WIDE, "narrow": NARROW}
SCHEMES: Final[Mapping[str, Literal["light", "dark"]]] = {"ru": "dark"}
# In which language axe-core looks at which screen: what it finds hangs on neither words nor their length.
LOOKS: Final = {"en": "narrow", "ru": "narrow", "zh": "wide"}
_CHANGES: Final = {
    "dir = 'rtl'": "turned around",
    "style.fontSize = '200%'": "turned around, with large letters",  # WCAG 2.2, 1.4.4
}
_CHANGE_BACK: Final = "document.documentElement.dir = 'ltr'; document.documentElement.style.fontSize = ''"

_DESCRIBE: Final = """() => ({
    lang: document.documentElement.lang,
    title: document.title.trim(),
    headings: document.querySelectorAll("h1").length,
})"""

# A part that starts before the page's edge can't be scrolled to, so the page's width does not tell of it.
_CUT_OFF: Final = """() => [...document.body.querySelectorAll("*")]
    .filter((part) => part.checkVisibility({opacityProperty: true}))
    .filter((part) => !part.closest(".visually-hidden, .skip-link, svg"))
    .filter((part) => {
        const box = part.getBoundingClientRect();
        const clips = getComputedStyle(part).overflow !== "visible" && !part.matches("input, select, textarea");
        return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1
            || (clips && (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1)));
    })
    .filter((part, _, all) => !all.some((other) => other !== part && part.contains(other)))
    .map((part) => part.outerHTML.slice(0, 120))
    .concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])"""

# What the keyboard must come to, in the order of the page; of radio buttons that belong together, one.
_LIST_CONTROLS: Final = """() => {
    const groups = new Set();
    const found = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((part) => {
        if (part.disabled || part.tabIndex < 0 || !part.checkVisibility({visibilityProperty: true})) return false;
        if (part.type !== "radio") return true;
        const group = [...part.form.elements[part.name]];
        if (group.some((other) => other.checked) ? !part.checked : groups.has(part.name)) return false;
        return groups.add(part.name);
    });
    found.forEach((part, place) => (part.dataset.place = place));
    document.activeElement.blur();
    return found.map((part) => part.outerHTML.slice(0, 120));
}"""

_FOCUSED: Final = """() => {
    const part = document.activeElement;
    const box = part.getBoundingClientRect();
    const style = getComputedStyle(part);
    const above = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 12));
    const isOurs = (other) => part.contains(other) || other.contains(part) || part.labels?.[0] === other;
    return {
        place: Number(part.dataset.place ?? -1),
        isMarked: style.outlineStyle === "auto" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isSeen: box.top >= 0 && box.bottom <= innerHeight + 1 || box.height > innerHeight,
        isOnTop: Boolean(above && isOurs(above)),
    };
}"""


def open_page(browser: Browser, language: str) -> Page:
    """Return a page of a browser that reads one language."""
    return browser.new_page(locale=language, color_scheme=SCHEMES.get(language), viewport=NARROW)


def list_foreign_calls(page: Page, site: str) -> list[str]:
    """Return a list that gets a sentence for everything that the page asks of any other host, from now on."""
    calls: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{site}/", "data:")):
            calls.append(f"asks a foreign host: {request.url}")

    page.on("request", note)
    return calls


def list_faults(page: Page, language: str, *, is_mail: bool) -> Iterator[str]:
    """Yield what is wrong with the page that is shown now: on a desk, on a phone, turned around, with large letters."""
    told = page.evaluate(_DESCRIBE)
    if told["lang"] != language or not told["title"] or told["headings"] != 1:
        yield f"says of itself {told}"
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        yield from _list_cut_off(page, screen)
        if LOOKS.get(language) == screen:
            yield from _list_violations(page)
    if not is_mail:
        for change, screen in _CHANGES.items():
            page.evaluate(f"document.documentElement.{change}")
            yield from _list_cut_off(page, screen)
        page.evaluate(_CHANGE_BACK)


def list_keyboard_faults(page: Page) -> Iterator[str]:
    """Yield what the Tab key does not come to in the order of the page, or comes to without being seen."""
    controls: list[str] = page.evaluate(_LIST_CONTROLS)
    for place, control in enumerate(controls):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused["place"] != place:
            yield f"the keyboard comes to {focused['place']} of {len(controls)} instead of {place}, {control}"
            return
        unseen = [name for name in ("isMarked", "isSeen", "isOnTop") if not focused[name]]
        if unseen:
            yield f"not {', '.join(unseen)} by keyboard: {control}"


def _list_cut_off(page: Page, screen: str) -> Iterator[str]:
    for part in page.evaluate(_CUT_OFF)[:MOST_TOLD]:
        yield f"{screen}, cut off: {part}"


def _list_violations(page: Page) -> Iterator[str]:
    for rule, parts in list_violations(page, TARGET_SIZE):
        yield f"{rule}: {parts}"
