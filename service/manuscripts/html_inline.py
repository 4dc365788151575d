"""The words of one paragraph of a page, as Markdown: emphasis and links kept, everything else escaped.

It takes nodes and gives text. It never decides where a paragraph begins, and never lets a program's address through.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from service.manuscripts.html_tree import Element, Text
from service.manuscripts.markup import can_open_and_close, escape_positions, insert_backslashes

_BOLD = frozenset({"b", "strong"})
_ITALIC = frozenset({"i", "em", "cite", "dfn", "var"})
_SPACES = re.compile(r"[ \t\n\r\f]+")
_POWER_BEFORE = re.compile(r"(?:\d|\b[kcdmмкс]?[mм])$")
_BREAK = "\n"
_UNSAFE = re.compile(r"^\s*(?:javascript|vbscript|data|file)\s*:", re.IGNORECASE)
_WEB = re.compile(r"^(?:https?|mailto|tel):", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>]+$")
_PLACEHOLDER = "\ufffc"
"""Stands for a picture or marker while the words around it are escaped: the object replacement character."""
_ENCODED = {" ": "%20", "\t": "", "\n": "", "\r": "", "<": "%3C", ">": "%3E", "\\": "%5C"}
_ENTITY_LIKE = re.compile(r"&(?=[#A-Za-z][A-Za-z0-9]*;)")


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one style. ``verbatim`` is Markdown that stands for itself: a picture or a note's marker."""

    words: str
    bold: bool = False
    italic: bool = False
    link: str = ""
    verbatim: str = ""
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Inline:
    """One paragraph's Markdown, its plain words, and whether all of it is bold."""

    text: str
    plain: str
    bold: bool


def read_inline(nodes: Sequence[Element | Text]) -> Inline:
    """Return the Markdown of these nodes; "" when there are no words and no pictures in them."""
    runs = _tidy(list(_settle_raised([run for node in nodes for run in _runs(node, Run(""))])))
    plain = "".join(run.words for run in runs)
    spoken = [run for run in runs if run.words.strip()]
    bold = bool(spoken) and all(run.bold for run in spoken)
    return Inline(_write(runs), plain, bold)


def is_unsafe(address: str) -> bool:
    """Return whether a link's address would run a program or open a file instead of a page."""
    return _UNSAFE.match(address) is not None


def _runs(node: Element | Text, style: Run) -> Iterator[Run]:
    if isinstance(node, Text):
        yield replace(style, words=_SPACES.sub(" ", node.data))
        return
    match node.name:
        case "br":
            yield replace(style, words=_BREAK, link="")
        case "img":
            yield Run("", link=style.link, verbatim=_image(node))
        case "note-marker":
            yield Run("", verbatim=f"[^{node.get('label')}]")
        case _:
            inner = _style(node, style)
            for child in node.children:
                yield from _runs(child, inner)


def _style(node: Element, style: Run) -> Run:
    if node.name in _BOLD:
        return replace(style, bold=True)
    if node.name == "sup":
        return replace(style, raised=True)
    if node.name in _ITALIC:
        return replace(style, italic=True)
    if node.name == "a" and not is_unsafe(node.get("href")) and not node.get("href").startswith("#"):
        return replace(style, link=node.get("href").strip())
    return style


def _settle_raised(runs: Sequence[Run]) -> Iterator[Run]:
    """A raised number after a word marks a note; after a number or a unit it is a power."""
    before = ""
    for run in runs:
        words = run.words.strip()
        if run.raised and words.isdecimal() and len(words) <= 3:
            settled = f"^{words}" if _POWER_BEFORE.search(before) else f"[{words}]"
            yield replace(run, words=settled, link="", raised=False)
        else:
            yield replace(run, raised=False)
        before = (before + run.words)[-4:]


def _image(node: Element) -> str:
    source = node.get("src").strip()
    words = " ".join(node.get("alt").split())
    alternative = insert_backslashes(words, escape_positions(words, styled=True))
    return f"![{alternative}]({_address(source) if _WEB.match(source) else ''})"


def _tidy(runs: Sequence[Run]) -> list[Run]:
    """Collapse spaces across runs, trim both ends and each line, and join neighbours of one style."""
    tidy: list[Run] = []
    at_gap = True
    for run in runs:
        words = run.words.lstrip(" ") if at_gap else run.words
        if words == _BREAK:
            tidy = _trim_end(tidy)
        if not (words or run.verbatim) or (words == _BREAK and (not tidy or tidy[-1].words == _BREAK)):
            continue
        tidy.append(replace(run, words=words))
        at_gap = words.endswith((" ", _BREAK))
    while tidy and tidy[-1].words == _BREAK:
        tidy.pop()
    joined = []
    for style, group in groupby(_trim_end(tidy), key=lambda run: replace(run, words="")):
        members = list(group)
        joined += members if style.verbatim else [replace(style, words="".join(run.words for run in members))]
    return joined


def _trim_end(runs: list[Run]) -> list[Run]:
    if runs and runs[-1].words.endswith(" "):
        words = runs[-1].words.rstrip(" ")
        return runs[:-1] + ([replace(runs[-1], words=words)] if words else [])
    return runs


def _write(runs: Sequence[Run]) -> str:
    whole = "".join(run.words or _PLACEHOLDER for run in runs)
    styled = any(run.bold or run.italic or run.link for run in runs)
    positions = escape_positions(whole, styled=styled)
    written, offset = "", 0
    for link, group in groupby(runs, key=lambda run: run.link):
        start, inside = len(written), written + ("[" if link else "")
        members = list(group)
        for run in members:
            length = len(run.words or _PLACEHOLDER)
            local = {position - offset for position in positions if offset <= position < offset + length}
            offset += length
            inside += run.verbatim or _emphasise(run, local, inside[-1:], whole[offset : offset + 1])
        written = inside + f"]({_address(link)})" if link else inside
        if link and _is_bare(members, link):
            written = written[:start] + f"<{link}>"
    return written


def _emphasise(run: Run, positions: set[int], before: str, after: str) -> str:
    """Return the words with stars around them where CommonMark would read the stars as emphasis, else without."""
    words = insert_backslashes(run.words, positions).replace(_BREAK, "\\" + _BREAK)
    mark = "*" * (2 * run.bold + run.italic)
    core = words.strip(" \u00a0\u3000")
    if not mark or not core or before == "*" or core.startswith("\\\n") or core.endswith("\\"):
        return words
    head, tail = words[: words.index(core)], words[words.index(core) + len(core) :]
    left, right = (head or before or " ")[-1], (tail or after or " ")[0]
    line = f"{left}{mark}{core}{mark}{right}"
    opens, _ = can_open_and_close(line, 1, 1 + len(mark))
    _, closes = can_open_and_close(line, len(line) - 1 - len(mark), len(line) - 1)
    return f"{head}{mark}{core}{mark}{tail}" if opens and closes else words


def _is_bare(runs: Sequence[Run], link: str) -> bool:
    return "".join(run.words for run in runs) == link and _BARE.match(link) is not None


def _address(address: str) -> str:
    """Return an address as CommonMark wants it between parentheses: 6.3."""
    address = _ENTITY_LIKE.sub(r"\&", "".join(_ENCODED.get(character, character) for character in address))
    if address.count("(") != address.count(")") or address.find(")") < address.find("("):
        address = address.replace("(", "%28").replace(")", "%29")
    return address
