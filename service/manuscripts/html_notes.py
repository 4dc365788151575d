"""Footnotes of web pages and Word documents: a link to a note that links back. They become notes and markers.

Pairs are found by their links alone, so any site's class names will do. It never looks at typed numbers; `notes` does.
"""

import re

from service.manuscripts.html_tree import Element

_MARK = re.compile(r"[\[(]?\s*(?:\d{1,3}|[*†‡§¶]{1,3}|[ivxlc]{1,6}|[a-z])\s*[\])]?\.?", re.IGNORECASE)
_BACK = re.compile(r"[\s↩↑⏎^︎️\d.\[\]]*|back(?: to text)?|jump back.{0,60}", re.IGNORECASE)
_CONTAINERS = frozenset({"li", "p", "div", "dd", "td", "section", "aside"})


def link_notes(document: Element) -> dict[str, Element]:
    """Replace each footnote link by a ``note-marker`` element and take the notes out of the tree.

    Returns the element that holds each note's words by the note's label, "1" and up in the order of the markers.
    """
    by_id = _by_id(document)
    links_in: dict[int, set[str]] = {}
    notes: dict[str, Element] = {}
    labels: dict[int, str] = {}
    for link in [element for element in document.elements() if element.name == "a"]:
        note = _find_note(link, by_id)
        if note is None or not _points_back(note, link, links_in):
            continue
        label = labels.setdefault(id(note), str(len(labels) + 1))
        notes[label] = note
        _replace_by_marker(link, label)
    for note in notes.values():
        _drop_back_links(note)
        if note.parent is not None:
            note.parent.removeChild(note)
    return notes


def _by_id(document: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in document.elements():
        for name in (element.get("id"), element.get("name") if element.name == "a" else ""):
            if name:
                found.setdefault(name, element)
    return found


def _find_note(link: Element, by_id: dict[str, Element]) -> Element | None:
    """Return the element that holds the words that a short link inside the page leads to."""
    address = link.get("href")
    if not _MARK.fullmatch(link.words().strip()) or "#" not in address:
        return None
    holder = by_id.get(address.rpartition("#")[2])
    while holder is not None and holder.name not in _CONTAINERS:
        holder = holder.parent
    return None if holder is None or _holds(holder, link) else holder


def _points_back(note: Element, link: Element, links_in: dict[int, set[str]]) -> bool:
    if id(note) not in links_in:
        anchors = [element for element in (note, *note.elements()) if element.name == "a"]
        links_in[id(note)] = {anchor.get("href").rpartition("#")[2] for anchor in anchors} - {""}
    names = {link.get("id"), link.get("name"), link.parent.get("id") if link.parent else ""}
    names |= {child.get("id") for child in link.elements()}
    return not names.isdisjoint(links_in[id(note)])


def _holds(element: Element, node: Element) -> bool:
    inside: Element | None = node
    while inside is not None and inside is not element:
        inside = inside.parent
    return inside is element


def _replace_by_marker(link: Element, label: str) -> None:
    outer: Element = link
    while outer.parent is not None and outer.parent.name == "sup" and len(outer.parent.children) == 1:
        outer = outer.parent
    if outer.parent is None:
        return
    marker = Element("note-marker")
    marker.attributes = {"label": label, "typed": link.words().strip()}
    marker.line = link.line
    marker.parent = outer.parent
    children = outer.parent.children
    children[children.index(outer)] = marker


def _drop_back_links(note: Element) -> None:
    """Take out the links back and keep what they said as the note's mark, so that it is accounted for."""
    said = []
    for link in [element for element in note.elements() if element.name == "a"]:
        words = link.words()
        if link.get("href").startswith("#") and _BACK.fullmatch(words.strip()) and link.parent is not None:
            link.parent.removeChild(link)
            said.append(words)
    note.attributes = {**note.attributes, "said": "".join("".join(said).split())}
