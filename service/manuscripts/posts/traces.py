"""What another house left in a post for one reader: ways to leave its list, counters of clicks and opens, its buttons.

It takes them out of the tree and tells staff of each kind once. Whose reader it was is never written down: of an
address only its host is told.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from service.manuscripts.html_tree import Comment, Element, Text
from service.manuscripts.manuscript import Aside
from service.manuscripts.posts.merge_words import has_merge_words, take_out_merge_words
from service.manuscripts.source import Source

LEAVING: Final = "A link by which one reader could leave the other house’s list or see their account; it is taken out."
COUNTER: Final = "A link through a counter of one reader’s clicks; the words stay, the link is taken out."
PIXEL: Final = "A picture that counted who opened the mail; it is taken out."
PERSONAL: Final = "A link that said which reader it was for; it leads to the same page without that."
MERGED: Final = "A word that was filled in for each reader; its fallback stays, or nothing."
BUTTON: Final = "A button of the other house, to sign up, share or comment there; it is taken out."

_LEAVING: Final = re.compile(
    r"unsubscribe|disable_email|opt[-_]?out\b|email[-_]preferences|manage[-_](?:your[-_])?subscription"
    r"|/account(?:/|\?|$)|#/portal|/action/(?:disable|unsub)|list-manage\.com/profile|/members/\?",
    re.IGNORECASE,
)
# Counters in front of the true address, by the houses whose archives we read and those through which they mail:
# Substack's redirect, Mailgun's and SendGrid's click domains, Mailchimp's, beehiiv's and HubSpot's.
_COUNTER: Final = re.compile(
    r"^https?://(?:[^/]*\.)?(?:substack\.com/redirect/|list-manage\.com/track/|mail\.beehiiv\.com/"
    r"|[^/]*/(?:c/eJ|ls/click\?|e3t/|uni/ss/))|^https?://email\.[^/]+/c/",
    re.IGNORECASE,
)
_PIXEL: Final = re.compile(
    r"^https?://(?:eotrx\.|[^/]*/o/eJ|[^/]*/wf/open\?|[^/]*/track/open|email\.[^/]+/o/)|[/_]open\.(?:gif|png|aspx|php)",
    re.IGNORECASE,
)
_BUTTON: Final = re.compile(
    r"%%\w+%%|/subscribe(?:[?/]|$)|/share(?:[?/]|$)|[?&]action=share|/(?:leave_)?comments?(?:[?/]|$)|/gift-a-sub"
    r"|substack\.com/(?:app|refer)",
    re.IGNORECASE,
)
_BUTTON_HOLDERS: Final = frozenset({"button-wrapper", "captioned-button-wrap", "kg-button-card"})
_WIDGETS: Final = frozenset(
    {"subscription-widget-wrap", "subscription-widget-wrap-editor", "subscription-widget", "subscribe-widget"}
    | {"install-substack-app-embed", "poll-embed", "kg-signup-card", "community-chat", "paywall-jump"}
)
# Names of what tells one reader from another in an address. ``r`` is Substack's mark of who passed a link on.
_PERSONAL: Final = frozenset(
    {"token", "uuid", "email", "jwt", "key", "subscriber", "subscriber_id", "subscriber_uuid", "member_uuid"}
    | {"mc_eid", "ck_subscriber_id", "_hsenc", "_hsmi", "vero_id", "utm_term_id"}
)


def take_out_traces(document: Element, source: Source) -> None:
    """Remove from the tree what was meant for one reader; tell staff in ``source.doubts`` once for each kind."""
    told: dict[str, tuple[Element | Text, int]] = {}

    def tell(reason: str, node: Element | Text) -> None:
        first, count = told.get(reason, (node, 0))
        told[reason] = (first, count + 1)

    for node in list(document.walk()):
        if isinstance(node, Text):
            _fill_in(node, tell)
        else:
            _look_at(node, tell)
    for reason, (node, count) in told.items():
        more = f" ({count} of them.)" if count > 1 else ""
        source.doubts.append(Aside((node.line, node.line), _describe(node), reason + more))


Tell = Callable[[str, Element | Text], None]


def _fill_in(text: Text, tell: Tell) -> None:
    if isinstance(text, Comment):
        return
    kept, found = take_out_merge_words(text.data)
    text.data = kept
    if found:
        tell(MERGED, text)


def _look_at(element: Element, tell: Tell) -> None:
    if element.name == "a":
        _look_at_link(element, tell)
    elif element.name == "img" and _is_pixel(element):
        _take_out(element, PIXEL, tell)
    elif not _WIDGETS.isdisjoint(element.get("class").lower().split()):
        _take_out(element, BUTTON, tell)


def _look_at_link(link: Element, tell: Tell) -> None:
    address = link.get("href")
    if _is_button(link) and _BUTTON.search(address):
        _take_out(link, BUTTON, tell)
    elif _LEAVING.search(address):
        _take_out(link, LEAVING, tell)
    elif _COUNTER.search(address) or has_merge_words(address):
        _drop_address(link, COUNTER, tell)
    elif (bare := without_reader(address)) != address:
        link.attributes = {**link.attributes, "href": bare}
        tell(PERSONAL, link)


def without_reader(address: str) -> str:
    """Return a link's address without those parts of its query that say which reader it was for."""
    try:
        parts = urlsplit(address)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return address
    names = _PERSONAL | {"r"} if (parts.hostname or "").endswith("substack.com") else _PERSONAL
    kept = [(name, value) for name, value in asked if name.lower() not in names]
    return address if len(kept) == len(asked) else urlunsplit(parts._replace(query=urlencode(kept)))


def _is_button(link: Element) -> bool:
    holders = [link, *([link.parent] if link.parent else [])]
    classes = {name for holder in holders for name in holder.get("class").lower().split()}
    return "button" in classes or not _BUTTON_HOLDERS.isdisjoint(classes)


def _is_pixel(image: Element) -> bool:
    sizes = {image.get("width").strip().removesuffix("px"), image.get("height").strip().removesuffix("px")}
    return not sizes.isdisjoint({"0", "1"}) or _PIXEL.search(image.get("src")) is not None


def _take_out(element: Element, reason: str, tell: Tell) -> None:
    if element.parent is not None and element in element.parent.children:
        element.parent.removeChild(element)
        tell(reason, element)


def _drop_address(link: Element, reason: str, tell: Tell) -> None:
    link.attributes = {name: value for name, value in link.attributes.items() if name != "href"}
    tell(reason, link)


def _describe(node: Element | Text) -> str:
    words = node.data if isinstance(node, Text) else node.words()
    return " ".join(words.split())[:200]
