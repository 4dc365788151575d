"""Markdown as the author typed it: markdown-it says where each block is, and the block's own characters are kept.

Nothing is rendered and written back, so emphasis, links and escapes stay as they were. It never reads inline markup
except to move the address of a reference link into the link, because items are stored apart from each other.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from service.manuscripts.bylines import parse_byline
from service.manuscripts.html import read_html_piece
from service.manuscripts.manuscript import Aside, Lines
from service.manuscripts.markup import plain_words
from service.manuscripts.raw_html import disarm
from service.manuscripts.scripts import take_out_scripts
from service.manuscripts.source import BOLD_LEVEL, Passage, Shape, Source

# Indented code is off: authors indent paragraphs, and a newsletter has no programs in it.
_PARSER = (
    MarkdownIt("commonmark")
    .use(footnote_plugin, inline=False, move_to_end=False)
    .disable(["code", "inline", "text_join"])
)
_HASHES = re.compile(r"^\s{0,3}(#{1,6})(?:\s+|$)|(?:^|\s+)(#+)\s*$")
_QUOTE_MARK = re.compile(r"^\s{0,3}>\s?")
_NOTE_MARK = re.compile(r"^\s{0,3}(\[\^[^\]]+\]:)\s*")
_BOLD_LINE = re.compile(r"(\*\*|__)(?=\S)[^*_\n]{1,160}\1[:：]?")
_IMAGE_LINE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|\[!\[[^\]\n]*\]\([^)\n]*\)\]\([^)\n]*\)")
_REFERENCE = re.compile(r"(?<![\\!\]])\[([^\[\]\n]{1,300})\](?:\[([^\[\]\n]{0,300})\])?(?![\[(:])")
_FIELD = re.compile(r"[\w][\w -]{0,40}:.*|\s+\S.*|- .*")
_LONGEST_FRONT_MATTER = 50
_LONG_LINE = 160
"""A line longer than this was not wrapped by hand: each such line is a paragraph."""


def read_markdown(text: str, source: Source) -> Source:
    """Add the passages of a Markdown text to ``source`` and return it; every line is in a passage or set aside."""
    lines = _take_out_front_matter(take_out_scripts(text, source).splitlines(), source)
    environment: dict[str, Any] = {}
    tokens = _PARSER.parse("\n".join(lines), environment)
    source.headed = any(token.type == "heading_open" for token in tokens)
    references = _references(environment)
    covered = 0
    for first, end, token, inside in _top_blocks(tokens):
        _add_uncovered(lines, range(covered, first), references, source)
        source.passages += _read_block(lines, first, end, token, inside, source)
        covered = max(covered, end)
    _add_uncovered(lines, range(covered, len(lines)), references, source)
    addresses = {label: entry["href"] for label, entry in environment.get("references", {}).items()}
    source.passages = [disarm(_with_addresses(passage, addresses), source) for passage in source.passages]
    return source


def _take_out_front_matter(lines: list[str], source: Source) -> list[str]:
    """Set aside the fields between two ``---`` lines that site generators read; the line numbers stay."""
    end = next((n for n, line in enumerate(lines[1:_LONGEST_FRONT_MATTER], 1) if not _FIELD.fullmatch(line)), 0)
    if not lines or lines[0].rstrip() != "---" or end < 2 or lines[end].rstrip() != "---":
        return lines
    aside = Aside((1, end + 1), "\n".join(lines[: end + 1]), "fields of the file, not text")
    source.asides.append(aside)
    source.doubts.append(
        replace(aside, text=aside.text[:200], reason="Fields of the file were left out: is a title in them?")
    )
    return [""] * (end + 1) + lines[end + 1 :]


def _references(environment: dict[str, Any]) -> set[int]:
    """Return the lines, 0-based, that only say where reference links lead."""
    entries = [*environment.get("references", {}).values(), *environment.get("duplicate_refs", [])]
    return {number for entry in entries for number in range(*entry["map"])}


def _top_blocks(tokens: Sequence[Token]) -> Iterator[tuple[int, int, Token, str]]:
    """Yield first line, end line (0-based, exclusive), opening token and inline content of each outermost block."""
    depth = 0
    for index, token in enumerate(tokens):
        if depth == 0 and token.map:
            following = tokens[index + 1] if index + 1 < len(tokens) else token
            yield token.map[0], token.map[1], token, following.content if following.type == "inline" else ""
        depth += token.nesting


def _read_block(lines: list[str], first: int, end: int, token: Token, inside: str, source: Source) -> list[Passage]:
    while end > first + 1 and not lines[end - 1].strip():
        end -= 1
    raw = "\n".join(lines[first:end])
    span = (first + 1, end)
    match token.type:
        case "html_block":
            source.asides.append(Aside(span, raw, "HTML as it was typed; its words are in the text"))
            return read_html_piece(raw, first + 1, source)
        case "paragraph_open":
            return list(_paragraphs(lines[first:end], first + 1))
        case _:
            return [_whole(raw, span, token, inside)]


def _whole(raw: str, span: Lines, token: Token, inside: str) -> Passage:
    """Return a block that is one passage."""
    match token.type:
        case "heading_open":
            return _heading(raw, span, int(token.tag[1]), inside)
        case "blockquote_open":
            return _quote(raw, span)
        case "bullet_list_open" | "ordered_list_open":
            return Passage(span, raw.strip(), _plain_lines(raw), Shape.LIST, raw=raw)
        case "footnote_reference_open":
            return _note(raw, span, token.meta["label"])
        case "hr":
            return Passage(span, raw, raw, Shape.DIVIDER, raw=raw)
        case _:
            return Passage(span, raw, raw, raw=raw)


def _heading(raw: str, span: Lines, level: int, inside: str) -> Passage:
    marks = "".join(part for match in _HASHES.finditer(raw) for part in match.groups() if part)
    if not marks:
        marks = raw.rsplit("\n", 1)[-1].strip()
    text = " ".join(inside.split("\n"))
    return Passage(span, text, plain_words(text), Shape.HEADING, level, raw=raw, marks=marks)


def _quote(raw: str, span: Lines) -> Passage:
    lines = raw.split("\n")
    marks = ">" * sum(_QUOTE_MARK.match(line) is not None for line in lines)
    text = "\n".join(_QUOTE_MARK.sub("", line).rstrip() for line in lines).strip("\n")
    return Passage(span, text, _plain_lines(text), Shape.QUOTE, raw=raw, marks=marks)


def _note(raw: str, span: Lines, label: str) -> Passage:
    mark = _NOTE_MARK.match(raw)
    words = raw[mark.end() :] if mark else raw
    text = "\n".join(line.strip() for line in words.split("\n")).strip()
    marks = mark[1] if mark else ""
    return Passage(span, text, plain_words(text), Shape.NOTE, label=label, raw=raw, marks=marks)


def _paragraphs(lines: list[str], number: int) -> Iterator[Passage]:
    """One paragraph, unless its lines are paragraphs by themselves or its first line is a byline or headline."""
    stripped = [line.strip() for line in lines]
    if len(lines) > 1 and (max(map(len, stripped)) > _LONG_LINE or _stands_alone(stripped[0])):
        alone = len(lines) if max(map(len, stripped)) > _LONG_LINE else 1
        for offset, line in enumerate(stripped[:alone]):
            if line:
                yield _paragraph(line, (number + offset, number + offset))
        lines, stripped, number = lines[alone:], stripped[alone:], number + alone
    if lines:
        # Two spaces at a line's end are a line break in Markdown, so only the beginnings are stripped.
        text = "\n".join(line.lstrip() for line in lines).strip()
        yield _paragraph(text, (number, number + len(lines) - 1))


def _stands_alone(line: str) -> bool:
    return _BOLD_LINE.fullmatch(line) is not None or parse_byline(plain_words(line)) is not None


def _paragraph(text: str, span: Lines) -> Passage:
    passage = Passage(span, text, plain_words(text), raw=text)
    if _IMAGE_LINE.fullmatch(text):
        return replace(passage, shape=Shape.IMAGE)
    if _BOLD_LINE.fullmatch(text):
        return replace(passage, level=BOLD_LEVEL)
    return passage


def _plain_lines(text: str) -> str:
    return "\n".join(plain_words(line) for line in text.split("\n"))


def _add_uncovered(lines: list[str], numbers: range, references: set[int], source: Source) -> None:
    """Lines in no block: addresses of reference links, and what lies deeper than the parser looks."""
    for number in numbers:
        line = lines[number].strip()
        span = (number + 1, number + 1)
        if number in references:
            source.asides.append(Aside(span, line, "address of a link, now in the link"))
        elif line:
            source.passages.append(Passage(span, line, plain_words(line), raw=line))


def _with_addresses(passage: Passage, addresses: dict[str, str]) -> Passage:
    if not addresses or "[" not in passage.text:
        return passage

    def link(match: re.Match[str]) -> str:
        label = match[2] or match[1]
        address = addresses.get(normalizeReference(label))
        if address is None:
            return match[0]
        return f"[{match[1]}](<{address}>)" if "(" in address or ")" in address else f"[{match[1]}]({address})"

    text = _REFERENCE.sub(link, passage.text)
    # The label of a full reference [words][label] is no longer in the text.
    labels = "".join(match[2] or "" for match in _REFERENCE.finditer(passage.text))
    return replace(passage, text=text, plain=plain_words(text), marks=passage.marks + labels + "[]" * bool(labels))
