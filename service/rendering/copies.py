"""The inner loop of sending: one reader's body from what is constant for the issue, a name and a few tokens.

Owns speed only: where each token stands is found by asking ``template.py`` what it would write, and the bytes are
always those of ``CompiledTemplate.join``.
"""

import re
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

from service.rendering.base64lines import Base64Lines
from service.rendering.content import clean_line
from service.rendering.encoded import EncodedPart, border_before, last_border
from service.rendering.slots import Slot, SlotKind
from service.rendering.stencil import Stencil
from service.rendering.template import CompiledForm, CompiledTemplate, ReaderValues, write_value
from service.rendering.transfer import LINE, SOFT_BREAK

# Names of letters in any script, which nothing escapes and no part changes but by quoting their bytes. Most names are
# such, and the others take ten times as long.
_PLAIN_NAME: Final = re.compile(r"(?!From )[^\W_][\w.,-]*(?: [\w.,-]+)*")
_NAME: Final = Slot(SlotKind.NAME)
_NAMELESS: Final = (None, None)

Write = Callable[[Sequence[str]], ReaderValues]


class _Cut(NamedTuple):
    """A part of a token: quoted-printable may break a line inside it, always at the same place."""

    token: int
    start: int
    end: int


class _Broken(NamedTuple):
    """A part of a token that a soft break is in, so that a token in two lines is one hole and not two."""

    token: int
    start: int
    middle: int
    end: int


class _Name(NamedTuple):
    """Where the reader's name goes in one part, or the fallback, already encoded."""

    subtype: str
    fallback: bytes


_Hole = _Cut | _Broken | _Name


class CompiledCopies:
    """Makes the bodies of one issue. Safe to share between threads; kept for the life of the issue in a process.

    ``write`` gives the values of a reader whose tokens it is given, and ``widths`` are their lengths: tokens are
    letters, digits, ``-`` and ``_``, so that neither escaping nor encoding ever changes one.
    """

    def __init__(self, template: CompiledTemplate, write: Write, widths: Sequence[int]) -> None:
        self.content_type = template.content_type
        self._asks = _Form(template.boundary, template.asks, write, widths)
        self._thanks = _Form(template.boundary, template.thanks, write, widths) if template.thanks else self._asks

    def fill(self, name: str | None, tokens: Sequence[bytes], *, is_thanked: bool) -> list[bytes]:
        """Return the body for the reader of this name and these tokens as pieces to join, which give the bytes of
        ``CompiledTemplate.join``."""
        return (self._thanks if is_thanked else self._asks).fill(name, tokens)


class _Form:
    """The two parts of one form: what is constant in them, and what stands between."""

    def __init__(self, boundary: str, form: CompiledForm, write: Write, widths: Sequence[int]) -> None:
        self._parts = (form.text, form.html)
        inner = [[*_join_broken(_find_holes(part, write, widths))] for part in self._parts]
        holes = [*dict.fromkeys(piece for pieces in inner for piece in pieces if not isinstance(piece, bytes))]
        self._cuts = tuple(hole for hole in holes if isinstance(hole, _Cut))
        self._broken = tuple(hole for hole in holes if isinstance(hole, _Broken))
        self._names = tuple(hole for hole in holes if isinstance(hole, _Name))
        places = {hole: place for place, hole in enumerate((*self._cuts, *self._broken, *self._names))}
        text, html = ([piece if isinstance(piece, bytes) else places[piece] for piece in pieces] for pieces in inner)
        self._fillers = _make_fillers(boundary, form, text, html)

    def fill(self, name: str | None, tokens: Sequence[bytes]) -> list[bytes]:
        """Return the two parts, with the borders around them, as pieces to join."""
        values = [tokens[token][start:end] for token, start, end in self._cuts]
        for token, start, middle, end in self._broken:
            whole = tokens[token]
            values.append(whole[start:middle] + SOFT_BREAK + whole[middle:end])
        values += self._write_names(name)
        if len(self._fillers) == 1:
            return self._fillers[0].fill(values)
        return [piece for filler in self._fillers for piece in filler.fill(values)]

    def _write_names(self, name: str | None) -> list[bytes]:
        text, html = self._encode_name(name) if name else _NAMELESS
        if text is None or html is None:
            return [fallback for _, fallback in self._names]
        return [html if subtype == "html" else text for subtype, _ in self._names]

    def _encode_name(self, name: str) -> tuple[bytes, bytes] | tuple[None, None]:
        """Return a name as each part writes it."""
        text, html = self._parts
        if _PLAIN_NAME.fullmatch(name):
            plain = name.encode()
            quoted = plain if name.isascii() else b2a_qp(plain)
            if len(quoted) < LINE:
                return quoted if _is_quoted(text) else plain, quoted if _is_quoted(html) else plain
        line = clean_line(name)
        return (text.encode_value(_NAME, line), html.encode_value(_NAME, escape(line))) if line else _NAMELESS


def _make_fillers(
    boundary: str, form: CompiledForm, text: list[bytes | int], html: list[bytes | int]
) -> Sequence[Stencil | Base64Lines]:
    before_text, before_html = border_before(boundary, form.text), b"\r\n" + border_before(boundary, form.html)
    end = b"\r\n" + last_border(boundary)
    if _is_quoted(form.text) and _is_quoted(form.html):
        return [Stencil([before_text, *text, before_html, *html, end])]
    return [_fill_alone(form.text, text, before_text, b""), _fill_alone(form.html, html, before_html, end)]


def _fill_alone(part: EncodedPart, pieces: list[bytes | int], before: bytes, after: bytes) -> Stencil | Base64Lines:
    return Stencil([before, *pieces, after]) if _is_quoted(part) else Base64Lines(pieces, before, after)


def _is_quoted(part: EncodedPart) -> bool:
    return part.encoding == "quoted-printable"


def _join_broken(pieces: Iterable[bytes | _Hole]) -> Iterable[bytes | _Hole]:
    """Yield the pieces with each two cuts of a token that only a soft break parts as one hole."""
    joined: list[bytes | _Hole] = []
    for piece in pieces:
        before = joined[-2] if len(joined) > 1 and joined[-1] == SOFT_BREAK else None
        if isinstance(before, _Cut) and isinstance(piece, _Cut) and before[::2] == (piece.token, piece.start):
            joined[-2:] = [_Broken(before.token, before.start, before.end, piece.end)]
        else:
            joined.append(piece)
    return joined


def _find_holes(part: EncodedPart, write: Write, widths: Sequence[int]) -> Iterable[bytes | _Hole]:
    """Yield the part's constants and holes in order."""
    position = 0
    for index, slot in part.holes:
        yield from part.pieces[position:index]
        if slot.kind is SlotKind.NAME:
            yield _Name(part.subtype, part.encode_value(slot, write_value(part.subtype, _nobody(write, widths), slot)))
        else:
            yield from _find_cuts(part, slot, write, widths)
        position = index + 1
    yield from part.pieces[position:]


def _nobody(write: Write, widths: Sequence[int], changed: int | None = None) -> ReaderValues:
    """Return the values of a nameless reader whose tokens are all one letter, the ``changed`` one another letter."""
    return write([("b" if place == changed else "a") * width for place, width in enumerate(widths)])


def _find_cuts(part: EncodedPart, slot: Slot, write: Write, widths: Sequence[int]) -> Iterable[bytes | _Cut]:
    """Yield what fills a slot: its constants, and the cuts of tokens, found by changing one token at a time."""

    def encode(changed: int | None = None) -> bytes:
        return part.encode_value(slot, write_value(part.subtype, _nobody(write, widths, changed), slot))

    plain = encode()
    owners: list[int | None] = [None] * len(plain)
    for token, width in enumerate(widths):
        changed = encode(token)
        places = [place for place, (a, b) in enumerate(zip(plain, changed, strict=True)) if a != b]
        if len(places) not in (0, width):
            raise AssertionError(f"a token does not stand once and whole in {slot}")
        for place in places:
            owners[place] = token
    yield from _group(plain, owners, len(widths))


def _group(plain: bytes, owners: list[int | None], tokens: int) -> Iterable[bytes | _Cut]:
    used, start = [0] * tokens, 0
    for end in range(1, len(plain) + 1):
        if end < len(plain) and owners[end] == owners[start]:
            continue
        owner = owners[start]
        if owner is None:
            yield plain[start:end]
        else:
            yield _Cut(owner, used[owner], used[owner] + end - start)
            used[owner] += end - start
        start = end
