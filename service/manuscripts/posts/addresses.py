"""The links of a post once it has left its site: each leads somewhere on the web, or only its words stay.

Programs in addresses are not its business: ``html`` drops those and says so.
"""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from service.manuscripts.html_inline import is_unsafe
from service.manuscripts.html_tree import Element
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

HOMELESS: Final = "Links to other pages of the old site lost their address: say where that site is, and they keep it."
NOWHERE: Final = "A link that leads to no page of the web; its words stay."
_HOST: Final = re.compile(r"[\w.:-]+")


def mend_links(document: Element, source: Source, base: str = "") -> None:
    """Complete links without a host by ``base`` (``https://…``, "" where nobody knows), and drop what leads nowhere.

    What was dropped is told in ``source.doubts``, once for each reason.
    """
    told: set[str] = set()
    for link in [element for element in document.elements() if element.name == "a"]:
        address = link.get("href").strip()
        if not address or address.startswith("#") or is_unsafe(address):
            continue
        kept, reason = _mend(address, base)
        if not kept or not link.words().strip():
            link.attributes = {name: value for name, value in link.attributes.items() if name != "href"}
        else:
            link.attributes = {**link.attributes, "href": kept}
        if reason and reason not in told:
            told.add(reason)
            source.doubts.append(Aside((link.line, link.line), link.words().strip()[:200], reason))


def _mend(address: str, base: str) -> tuple[str, str]:
    """Return the whole address and "", or "" and why there is none."""
    try:
        scheme = urlsplit(address).scheme
        whole = address if scheme else urljoin(f"{base}/", address) if base else ""
        parts = urlsplit(whole)
        is_page = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or "") is not None
    except ValueError:
        return "", NOWHERE
    if is_page or (parts.scheme == "mailto" and parts.path):
        return whole, ""
    return "", NOWHERE if scheme or base else HOMELESS
