"""Which parts of a web page are not the author's text: programs, hidden parts, navigation, share rows, comments.

It takes them out of the tree and lists them with a reason and their line. Wording is not looked at here; `clean` does.
"""

import re

from service.manuscripts.clean import READERS_COMMENT
from service.manuscripts.furniture import NAVIGATION, SHARE_ROW, SIGN_UP
from service.manuscripts.html_tree import Comment, Element, Text
from service.manuscripts.manuscript import Aside
from service.manuscripts.source import Source

_HIDDEN = "hidden on the page"
_PROGRAM_TAGS = {
    "script": "script, not text",
    "style": "style, not text",
    "template": "template, not text",
    "noscript": "shown only without scripts, not text",
    "iframe": "embedded page, not text",
    "object": "embedded object, not text",
    "embed": "embedded object, not text",
    "svg": "drawing, not text",
    "math": "formula in MathML: type it into the text",
    "canvas": "drawing, not text",
    "audio": "player, not text",
    "video": "player, not text",
    "title": "name of the page",
    "nav": NAVIGATION,
    "button": "button, not text",
    "select": "form, not text",
    "textarea": "form, not text",
    "input": "form, not text",
    "label": "form, not text",
    "dialog": "dialog, not text",
}
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)|mso-hide"
)
_HIDING_CLASSES = frozenset(
    {"sr-only", "visually-hidden", "screen-reader-text", "hidden", "visuallyhidden", "preheader"}
)
_ROLES = {
    "navigation": NAVIGATION,
    "search": NAVIGATION,
    "menu": NAVIGATION,
    "menubar": NAVIGATION,
    "dialog": "dialog, not text",
    "alertdialog": "dialog, not text",
}
# Whole words of class names and ids, with the largest share of the page's text that such a part may hold:
# a word may also stand on the element around everything ("has-sidebar", "comments-open").
_CLASS_WORDS: tuple[tuple[str, frozenset[str], float], ...] = (
    (READERS_COMMENT, frozenset({"comments", "commentlist", "disqus", "discussion"}), 0.8),
    (SHARE_ROW, frozenset({"share", "sharing", "sharedaddy", "social", "ufi", "restack", "likes"}), 0.2),
    (SIGN_UP, frozenset({"subscribe", "subscription", "signup", "newsletter-form", "paywall", "optin"}), 0.2),
    (
        NAVIGATION,
        frozenset(
            {"nav", "navbar", "navigation", "menu", "breadcrumb", "breadcrumbs", "toolbar", "pagination", "pager"}
            | {"sidebar", "related", "recommended", "recommendations", "cookie", "cookies", "skip", "advert", "ads"}
        ),
        0.3,
    ),
)
_NEVER = frozenset({"#document", "html", "body", "main", "article"})
_WORD = re.compile(r"[a-z]+")


def take_out_page_parts(document: Element, source: Source) -> None:
    """Remove from the tree what is not the author's text; list it in ``source.asides``, scripts also in ``doubts``."""
    total = max(1, _count(document.words()))
    _remove(document, source, total)
    _doubt_scripts(source)
    article = _find_article(document)
    if article is not None:
        _remove_around(article, source)


def _remove(document: Element, source: Source, total: int) -> None:
    waiting: list[Element] = [document]
    while waiting:
        element = waiting.pop()
        kept: list[Element | Text] = []
        for child in element.children:
            reason = _comment_reason(child) if isinstance(child, Text) else _reason(child, total)
            if not reason:
                kept.append(child)
                if isinstance(child, Element):
                    waiting.append(child)
                continue
            aside = _aside(child, reason)
            if aside.text:
                source.asides.append(aside)
        element.children = kept


def _doubt_scripts(source: Source) -> None:
    """One warning for all: a saved page brings dozens, and none of them is ever kept."""
    scripts = [aside for aside in source.asides if aside.reason == _PROGRAM_TAGS["script"]]
    if scripts:
        count = "A script was" if len(scripts) == 1 else f"{len(scripts)} scripts were"
        reason = f"{count} in the page and left out; none was run."
        source.doubts.append(Aside(scripts[0].lines, scripts[0].text[:200], reason))


def _comment_reason(node: Text) -> str:
    return "comment in the markup, not text" if isinstance(node, Comment) else ""


def _reason(element: Element, total: int) -> str:
    if element.name in _NEVER:
        return ""
    if element.name in _PROGRAM_TAGS:
        return _PROGRAM_TAGS[element.name]
    if _is_hidden(element):
        return _HIDDEN
    if element.get("role").lower() in _ROLES:
        return _ROLES[element.get("role").lower()]
    words = set(_WORD.findall(f"{element.get('class')} {element.get('id')}".lower()))
    names = words | set(element.get("class").lower().split())
    for reason, marks, largest in _CLASS_WORDS:
        if names & marks and _count(element.words()) <= largest * total:
            return reason
    return ""


def _is_hidden(element: Element) -> bool:
    return (
        "hidden" in element.attributes
        or _HIDING_STYLE.search(element.get("style").lower()) is not None
        or not _HIDING_CLASSES.isdisjoint(element.get("class").lower().split())
    )


def _aside(node: Element | Text, reason: str) -> Aside:
    texts = [node] if isinstance(node, Text) else [part for part in node.walk() if isinstance(part, Text)]
    spoken = [text for text in texts if text.data.strip()]
    lines = (node.line, node.line)
    if spoken:
        lines = (spoken[0].line, max(text.line + text.data.count("\n") for text in spoken))
    return Aside(lines, " ".join(text.data.strip() for text in spoken), reason)


def _count(words: str) -> int:
    return sum(map(len, words.split()))


def _find_article(document: Element) -> Element | None:
    """Return the page's only article, if it holds most of the words that are left."""
    for name in ("article", "main"):
        found = [element for element in document.elements() if element.name == name]
        if len(found) == 1 and 2 * _count(found[0].words()) > _count(document.words()):
            return found[0]
    return None


def _remove_around(article: Element, source: Source) -> None:
    """Take out what stands beside the article at every level above it."""
    inside: Element = article
    while inside.parent is not None:
        parent = inside.parent
        for child in parent.children:
            if child is not inside:
                aside = _aside(child, "page around the article, not text")
                if aside.text:
                    source.asides.append(aside)
        parent.children = [inside]
        inside = parent
