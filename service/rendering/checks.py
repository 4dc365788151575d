"""What compiled mail must look like before anyone may send it. Owns the last look at the HTML; changes nothing.

It repeats in the result what the parts before it promise one by one, so that a new version of the engine or a slip in
a template is a refused issue, not a broken mailing.
"""

import re
from collections.abc import Collection
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from service.rendering.mjml_rules import BadLayout

WARN_BYTES: Final = 85_000
CLIP_BYTES: Final = 102_000  # Gmail hides the rest of a longer HTML part behind a link

_ENGINE_LEFTOVERS: Final = ("\\u{", "<mj-", "{{")
_FORBIDDEN_TAGS: Final = frozenset(
    {
        "applet",
        "base",
        "button",
        "embed",
        "form",
        "frame",
        "iframe",
        "input",
        "link",
        "object",
        "script",
        "svg",
        "video",
    }
)
_CSS_ADDRESS: Final = re.compile(r"url\(|@import", re.IGNORECASE)


def check_mail_html(page: str, *, hosts: Collection[str]) -> None:
    """Raise BadLayout, naming what is wrong, unless ``page`` is HTML that we are willing to send.

    ``hosts`` are the only hosts that its addresses may name; our own addresses are still marks at this point.
    """
    for leftover in _ENGINE_LEFTOVERS:
        if leftover in page:
            raise BadLayout(f"The laid-out mail still holds “{leftover}”, which readers would see.")
    opened, closed = count_outlook_comments(page)
    if opened != closed:
        raise BadLayout(f"The laid-out mail opens {opened} parts for Outlook and closes {closed}.")
    look = _Look(frozenset(hosts))
    look.feed(page)
    look.close()


def count_outlook_comments(page: str) -> tuple[int, int]:
    """Return how many conditional comments ``page`` opens and closes; no later step may change either."""
    return page.count("<!--[if"), page.count("<![endif]")


class _Look(HTMLParser):
    def __init__(self, hosts: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._hosts = hosts
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN_TAGS:
            raise BadLayout(f"The laid-out mail holds <{tag}>, which mail may not.")
        self._in_style = tag == "style"
        values = dict(attrs)
        self._check_style(values.get("style") or "")
        if tag == "img" and "alt" not in values:
            raise BadLayout(f"The image {values.get('src')} has no alternative text.")
        for name, value in values.items():
            if name.startswith("on"):
                raise BadLayout(f"The laid-out mail holds a script in the attribute “{name}”.")
            if name in ("href", "src", "background", "action") and value is not None:
                self._check_address(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._check_style(data)

    def _check_style(self, style: str) -> None:
        if _CSS_ADDRESS.search(style):
            raise BadLayout("The laid-out mail's style sheet fetches something.")

    def _check_address(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme == "mailto" or not (parts.scheme or parts.netloc):
            return
        if parts.scheme not in ("http", "https") or parts.hostname not in self._hosts:
            raise BadLayout(f"The laid-out mail names an address that is not the author's: {address[:80]}.")
