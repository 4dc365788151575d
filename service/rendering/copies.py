"""The inner loop of sending: one reader's body from what is constant for the issue, a name and a few tokens.

Owns speed only: where each token stands is found by asking ``template.py`` what it would write, and the bytes are
always those of ``CompiledTemplate.join``.
"""

import re
from binascii import b2a_qp
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from service.rendering.base64lines import Base64Lines
from service.rendering.content import clean_line
from service.rendering.encoded import EncodedPart, border_before, last_border
from service.rendering.slots import Slot, SlotKind
from service.rendering.stencil import Stencil
from service.rendering.template import CompiledForm, CompiledTemplate, ReaderValues, write_value
from service.rendering.transfer import LINE

# Names of letters in any script, which nothing escapes and no part changes but by quoting their bytes. Most names are
# such, and the others take ten times as long.
_PLAIN_NAME: Final = re.compile(r"(?!From )[^\W_][\w.,-]*(?: [\w.,-]+)*")
_NAME: Final = Slot(SlotKind.NAME)
_NAMELESS: Final = (None, None)

Write = Callable[[Sequence[str]], ReaderValues]


@dataclass(frozen=True)
class _Cut:
    """A part of a token: quoted-printable may break a line inside it, always at the same place."""

    token: int
    start: int
    end: int


@dataclass(frozen=True)
class _Name:
    """Where the reader's name goes, or the fallback, already encoded."""

    fallback: bytes


class CompiledCopies:
    """Makes the bodies of one issue. Safe to share between threads; kept for the life of the issue in a process.

    ``write`` gives the values of a reader whose tokens it is given, and ``widths`` are their lengths: tokens are
    letters, digits, ``-`` and ``_``, so that neither escaping nor encoding ever changes one.
    """

    def __init__(self, template: CompiledTemplate, write: Write, widths: Sequence[int]) -> None:
        self.content_type = template.content_type
        self._asks = _Form(template.boundary, template.asks, write, widths)
        self._thanks = _Form(template.boundary, template.thanks, write, widths) if template.thanks else self._asks

    def join(self, name: str | None, tokens: Sequence[bytes], *, is_thanked: bool) -> bytes:
        """Return the body for the reader of this name and these tokens, as ``CompiledTemplate.join`` would."""
        form = self._thanks if is_thanked else self._asks
        text, html = form.encode_name(name) if name else _NAMELESS
        return b"".join([*form.text.fill(text, tokens), *form.html.fill(html, tokens)])


class _Form:
    """The two parts of one form, each with the borders around it."""

    def __init__(self, boundary: str, form: CompiledForm, write: Write, widths: Sequence[int]) -> None:
        end = b"\r\n" + last_border(boundary)
        self.text = _Part(form.text, border_before(boundary, form.text), b"\r\n", write, widths)
        self.html = _Part(form.html, border_before(boundary, form.html), end, write, widths)

    def encode_name(self, name: str) -> tuple[bytes, bytes] | tuple[None, None]:
        """Return a name as each part writes it."""
        if _PLAIN_NAME.fullmatch(name):
            plain = name.encode()
            quoted = plain if name.isascii() else b2a_qp(plain)
            if len(quoted) < LINE:
                return quoted if self.text.is_quoted else plain, quoted if self.html.is_quoted else plain
        line = clean_line(name)
        return (self.text.encode_name(line), self.html.encode_name(line)) if line else _NAMELESS


class _Part:
    """One part: what is constant in it, and in which order the cuts of tokens and the name stand between."""

    def __init__(self, part: EncodedPart, before: bytes, after: bytes, write: Write, widths: Sequence[int]) -> None:
        self._part = part
        inner = [*_find_holes(part, write, widths)]
        holes = dict.fromkeys(piece for piece in inner if not isinstance(piece, bytes))
        self._cuts = tuple((hole.token, hole.start, hole.end) for hole in holes if isinstance(hole, _Cut))
        self._fallbacks = [hole.fallback for hole in holes if isinstance(hole, _Name)]
        order = sorted(holes, key=lambda hole: isinstance(hole, _Name))  # as ``fill`` lists their values
        pieces = [piece if isinstance(piece, bytes) else order.index(piece) for piece in inner]
        self._filled: Stencil | Base64Lines = (
            Stencil([before, *pieces, after]) if self.is_quoted else Base64Lines(pieces, before, after)
        )

    @property
    def is_quoted(self) -> bool:
        """Whether the part is in quoted-printable."""
        return self._part.encoding == "quoted-printable"

    def encode_name(self, name: str) -> bytes:
        """Return a name as this part writes it."""
        return self._part.encode_value(_NAME, escape(name) if self._part.subtype == "html" else name)

    def fill(self, name: bytes | None, tokens: Sequence[bytes]) -> list[bytes]:
        """Return the part as pieces to join; ``name`` is encoded already, None where there is none."""
        values = [tokens[token][start:end] for token, start, end in self._cuts]
        values += self._fallbacks if name is None else [name] * len(self._fallbacks)
        return self._filled.fill(values)


def _find_holes(part: EncodedPart, write: Write, widths: Sequence[int]) -> Iterable[bytes | _Cut | _Name]:
    """Yield the part's constants and holes in order."""
    position = 0
    for index, slot in part.holes:
        yield from part.pieces[position:index]
        if slot.kind is SlotKind.NAME:
            yield _Name(part.encode_value(slot, write_value(part.subtype, _nobody(write, widths), slot)))
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
