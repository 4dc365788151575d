"""An item's text, parsed once: CommonMark with footnotes and the merge field, as tokens to write HTML and text from.

Owns the grammar and its limits. Raw HTML is text here, tables are off, and a link, image, note or merge field that
cannot be honoured is refused with a sentence, never dropped. Never writes HTML.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from unicodedata import east_asian_width
from urllib.parse import urlsplit

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from service.errors import BadInput

MAX_CHARACTERS: Final = 60_000  # per item; a mail that is not clipped has fewer
MAX_DEPTH: Final = 40  # elements inside one another
_HIGHEST_HEADING: Final = 3
_PARSER_DEPTH: Final = 64  # the parser silently drops what is nested deeper, so ours must be the smaller limit

_MERGE_FIELD: Final = re.compile(r"\{\{ *name *\| *([^{}|\n]{1,80}?) *\}\}")
# From each bracket the parser looks for its end through the whole text (markdown-it-py 4, mdit-py-plugins 0.7): without
# these two limits 60,000 characters of brackets take minutes.
_MAX_BRACKETS: Final = 2_000
_UNCLOSED_NOTE: Final = re.compile(r"\[\^[^\] \n]{60}")
_LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_HOST: Final = re.compile(r"[\w.:-]+")  # names in any script, and bare IPv6 addresses


@dataclass(frozen=True)
class Link:
    """One link of a text, in reading order. ``label`` is what the reader sees; only web links are tracked."""

    index: int
    url: str
    label: str

    @property
    def tracked(self) -> bool:
        """Whether a click on it may be counted: a mail address never is."""
        return not self.url.startswith("mailto:")


@dataclass(frozen=True)
class Note:
    """One footnote: its number in the item, its text, and how many places of the text point to it."""

    number: int
    tokens: tuple[Token, ...]
    references: int


@dataclass(frozen=True)
class Prose:
    """A parsed text. ``link_open`` tokens carry their ``Link`` in ``meta["link"]``, ``footnote_ref`` tokens theirs in
    ``meta["number"]`` and ``meta["occurrence"]`` (both from 1), ``merge_name`` tokens the fallback in ``content``."""

    tokens: tuple[Token, ...]
    notes: tuple[Note, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[str, ...] = field(default=())


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - the name and argument are markdown-it's
        return True  # it would turn a bad link into literal text; ``_check_link`` says what is wrong instead


def parse_markdown(text: str) -> Prose:
    """Parse one item's text, clean as ``content.clean_text`` leaves it.

    Its highest heading becomes an ``h3``, below the issue's and the item's titles; lower ones follow without a gap.
    Raises BadInput, with half a sentence that the caller begins with the item's name, when the text breaks a rule.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"the text has {len(text):,} characters; one item may have {MAX_CHARACTERS:,}")
    _check_brackets(text)
    environment: dict[str, Any] = {}
    tokens = _PARSER.parse(text, environment)
    _check_depth(tokens)
    _join_wide_lines(tokens)
    _number_headings(tokens)
    body, definitions = _take_definitions(tokens)
    notes = _order_notes(environment, definitions)
    kept = [*body, *(token for note in notes for token in note.tokens)]
    _number_references(kept)
    return Prose(tuple(body), notes, tuple(_number_links(kept)), tuple(_check_images(kept)))


def plain_text(tokens: Iterable[Token]) -> str:
    """Return the words of inline ``tokens`` without their markup; a merge field gives its fallback."""
    parts = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(plain_text(token.children or ()))
        elif token.type != "footnote_ref":
            parts.append(token.content)
    return "".join(parts)


def _merge_field(state: StateInline, silent: bool) -> bool:  # noqa: FBT001, RUF100 - the signature is markdown-it's
    if not state.src.startswith("{{", state.pos):
        return False
    match = _MERGE_FIELD.match(state.src, state.pos)
    if match is None:
        shown = state.src[state.pos : state.pos + 30].partition("\n")[0]
        raise BadInput(f"“{shown}” is not a merge field that we know; write {{{{name|friend}}}} with a fallback")
    if not silent:
        state.push("merge_name", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _make_parser() -> _Parser:
    parser = _Parser("commonmark", {"html": False, "linkify": True, "maxNesting": _PARSER_DEPTH})
    parser.enable("linkify")
    # An address that stands in the text becomes a link only where it says what it is: "node.js" is no address.
    addresses = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})
    parser.linkify = addresses.add("ftp:", None).add("//", None)
    # Every [^…] becomes a reference, so that one without a note can be named; definitions are ordered here.
    parser.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    parser.inline.ruler.before("emphasis", "merge_field", _merge_field)
    return parser


_PARSER: Final = _make_parser()


def _inline(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _check_brackets(text: str) -> None:
    if text.count("[") > _MAX_BRACKETS:
        raise BadInput(f"the text has more than {_MAX_BRACKETS:,} opening square brackets")
    if unclosed := _UNCLOSED_NOTE.search(text):
        raise BadInput(f"the note mark “{unclosed[0][:20]}…” has no end; a note is marked [^1]")


def _check_depth(tokens: Sequence[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += token.nesting
        inner = depth
        deepest = inner
        for child in token.children or ():
            inner += child.nesting
            deepest = max(deepest, inner)
        if deepest > MAX_DEPTH:
            raise BadInput(f"quotations, lists or emphasis are nested more than {MAX_DEPTH} deep")


def _join_wide_lines(tokens: Iterable[Token]) -> None:
    """Chinese and Japanese have no space at a line end: a browser would show the source's line break as one."""
    for token in tokens:
        children = token.children or []
        for before, between, after in zip(children, children[1:], children[2:], strict=False):
            if between.type == "softbreak" and _is_wide(before.content[-1:]) and _is_wide(after.content[:1]):
                between.type, between.content = "text", ""


def _is_wide(character: str) -> bool:
    return character != "" and east_asian_width(character) in "WF"


def _number_headings(tokens: Iterable[Token]) -> None:
    opened = [token for token in tokens if token.type == "heading_open"]
    written = sorted({token.tag for token in opened})
    level = previous = _HIGHEST_HEADING - 1
    for token in tokens:
        if token.type == "heading_open":
            previous = level = min(_HIGHEST_HEADING + written.index(token.tag), previous + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _take_definitions(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, tuple[Token, ...]]]:
    body: list[Token] = []
    definitions: dict[str, tuple[Token, ...]] = {}
    label, current = "", body
    for token in tokens:
        if token.type == "footnote_reference_open":
            if current is not body:
                raise BadInput(f"note [^{token.meta['label']}] stands inside note [^{label}]")
            label, current = token.meta["label"], []
        elif token.type == "footnote_reference_close":
            if label in definitions:
                raise BadInput(f"note [^{label}] is written twice")
            definitions[label], current = tuple(current), body
        else:
            current.append(token)
    return body, definitions


def _order_notes(environment: dict[str, Any], definitions: dict[str, tuple[Token, ...]]) -> tuple[Note, ...]:
    listed = environment.get("footnotes", {}).get("list", {})
    references = {entry["label"]: entry["count"] for entry in listed.values()}
    for label in references:
        if label not in definitions:
            raise BadInput(f"the text points to note [^{label}], but there is no such note")
    for label in definitions:
        if label not in references:
            raise BadInput(f"nothing in the text points to note [^{label}]")
    return tuple(
        Note(number, definitions[label], count) for number, (label, count) in enumerate(references.items(), start=1)
    )


def _number_references(tokens: Iterable[Token]) -> None:
    for child in _inline(tokens):
        if child.type == "footnote_ref":
            child.meta = {"number": child.meta["id"] + 1, "occurrence": child.meta["subId"] + 1}


def _number_links(tokens: Iterable[Token]) -> Iterator[Link]:
    index = 0
    for token in tokens:
        children = token.children or []
        for place, child in enumerate(children):
            if child.type != "link_open":
                continue
            end = next(later for later in range(place, len(children)) if children[later].type == "link_close")
            link = Link(index, str(child.attrs["href"]), plain_text(children[place + 1 : end]).strip())
            _check_link(link)
            child.meta["link"] = link
            index += 1
            yield link


def _check_link(link: Link) -> None:
    if not link.label:
        raise BadInput(f"the link to {link.url} has no words to press")
    if not is_address(link.url, _LINK_SCHEMES):
        raise BadInput(
            f"the link “{link.label}” goes to “{link.url[:80]}”; a link starts with https://, http:// or mailto:"
        )


def _check_images(tokens: Iterable[Token]) -> Iterator[str]:
    for child in _inline(tokens):
        if child.type == "image":
            source = str(child.attrs["src"])
            if not is_address(source, frozenset({"https"})):
                raise BadInput(f"the image “{source[:80]}” cannot be shown; an image's address starts with https://")
            yield source


def is_address(url: str, schemes: frozenset[str]) -> bool:
    """Return whether ``url`` has one of ``schemes`` and names somebody: a host, or for mailto a mailbox."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return "mailto" in schemes and parts.path != ""
    return parts.scheme in schemes and _HOST.fullmatch(parts.hostname or "") is not None
