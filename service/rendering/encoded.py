"""One part of a mail body, encoded ahead of time: pieces of bytes with holes between them.

Filling is the sender's inner loop, so it copies a list and sets its holes; nothing is searched or parsed. Owns where
the cuts are and which encoding a part takes; what fills a hole, and how it is escaped, is ``template.py``'s.
"""

import quopri
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from service.rendering.slots import Slot, SlotKind
from service.rendering.transfer import LINE, SOFT_BREAK, base64_length, quote, wrap_base64

Subtype = Literal["plain", "html"]
Encoding = Literal["quoted-printable", "base64"]

_NUMBER_ROOM: Final = 8  # columns that stay free on the last line of a link's prefix, for its number


@dataclass(frozen=True)
class EncodedPart:
    """``pieces`` in order, an empty one at the index of each of ``holes``.

    Quoted-printable pieces are encoded already. Base64 pieces are UTF-8, because base64 runs across the cuts and can be
    made only when the values are in. A click's number is a piece of its own, right after its hole.
    """

    subtype: Subtype
    encoding: Encoding
    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, Slot], ...]

    @cached_property
    def heading(self) -> bytes:
        """The part's own header lines and the empty line after them."""
        return (
            f"Content-Type: text/{self.subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {self.encoding}\r\n\r\n"
        ).encode()

    def fill(self, value: Callable[[Slot], str]) -> list[bytes]:
        """Return the encoded part as pieces to join. ``value`` gives the text of a slot, escaped for this subtype; for
        clicks it is asked once, with an empty argument, for what stands before the number."""
        pieces = list(self.pieces)
        for slot, indexes in self._groups:
            filled = self.encode_value(slot, value(slot))
            for index in indexes:
                pieces[index] = filled
        return pieces if self.encoding == "quoted-printable" else [wrap_base64(b"".join(pieces))]

    def encode_value(self, slot: Slot, text: str) -> bytes:
        """Return what fills a slot, escaped already, as this part encodes it."""
        if self.encoding == "base64":
            return _canonical(text)
        return quote(text, room=LINE - 1 - _NUMBER_ROOM if slot.kind is SlotKind.CLICK else LINE - 1)

    def read(self, value: Callable[[Slot], str]) -> str:
        """Return the part decoded, its line ends ``\\n``. Here ``value`` is asked for each click by its number."""
        quoted = self.encoding == "quoted-printable"
        pieces = list(self.pieces)
        for index, slot in self.holes:
            pieces[index] = quote(value(slot)) if quoted else _canonical(value(slot))
            if slot.kind is SlotKind.CLICK:
                pieces[index + 1] = b""
        joined = b"".join(pieces)
        return (quopri.decodestring(joined) if quoted else joined).decode().replace("\r\n", "\n")

    def to_plain_data(self) -> dict[str, Any]:
        """Return the part as data that JSON can hold."""
        return {
            "subtype": self.subtype,
            "encoding": self.encoding,
            "pieces": [piece.decode() for piece in self.pieces],
            "holes": [[index, slot.kind.value, slot.argument] for index, slot in self.holes],
        }

    @classmethod
    def from_plain_data(cls, data: dict[str, Any]) -> "EncodedPart":
        """Return the part that ``to_plain_data`` described."""
        return cls(
            data["subtype"],
            data["encoding"],
            tuple(piece.encode() for piece in data["pieces"]),
            tuple((index, Slot(SlotKind(kind), argument)) for index, kind, argument in data["holes"]),
        )

    @cached_property
    def _groups(self) -> tuple[tuple[Slot, tuple[int, ...]], ...]:
        """The holes that take the same bytes, together."""
        groups: dict[Slot, list[int]] = {}
        for index, slot in self.holes:
            shared = Slot(SlotKind.CLICK) if slot.kind is SlotKind.CLICK else slot
            groups.setdefault(shared, []).append(index)
        return tuple((slot, tuple(indexes)) for slot, indexes in groups.items())


def make_boundary(nonce: str) -> str:
    """Return a boundary that can stand in neither encoding: none writes "=_" (RFC 2045 section 6.7)."""
    return f"=_postrider_{nonce}"


def join_alternative(boundary: str, parts: Iterable[tuple[EncodedPart, list[bytes]]]) -> bytes:
    """Return a multipart/alternative body of ``parts``, each with its filled pieces, the plainest first."""
    pieces = []
    for part, filled in parts:
        pieces += [border_before(boundary, part), *filled, b"\r\n"]
    return b"".join([*pieces, last_border(boundary)])


def border_before(boundary: str, part: EncodedPart) -> bytes:
    """Return what stands before ``part`` in a multipart body."""
    return f"--{boundary}\r\n".encode() + part.heading


def last_border(boundary: str) -> bytes:
    """Return the end of a multipart body."""
    return f"--{boundary}--\r\n".encode()


def encode_part(subtype: Subtype, cuts: Iterable[str | Slot]) -> EncodedPart:
    """Encode ``cuts``, strings and slots in order, in the shorter of the two encodings.

    Quoted-printable keeps Latin text readable and short; Cyrillic and Chinese take a third less in base64.
    """
    cuts = tuple(cuts)
    text = "".join(cut for cut in cuts if isinstance(cut, str))
    encoding: Encoding = "base64" if base64_length(text) < len(quote(text)) else "quoted-printable"
    pieces: list[bytes] = []
    holes: list[tuple[int, Slot]] = []
    for cut in cuts:
        if isinstance(cut, str):
            pieces.append(_canonical(cut) if encoding == "base64" else _between_soft_breaks(cut))
            continue
        holes.append((len(pieces), cut))
        pieces.append(b"")
        if cut.kind is SlotKind.CLICK:
            pieces.append(cut.argument.encode())
    if encoding == "quoted-printable":  # the outer edges need no break
        pieces[0] = pieces[0].removeprefix(SOFT_BREAK)
        pieces[-1] = pieces[-1].removesuffix(SOFT_BREAK)
    return EncodedPart(subtype, encoding, tuple(pieces), tuple(holes))


def _between_soft_breaks(text: str) -> bytes:
    return SOFT_BREAK + quote(text) + SOFT_BREAK


def _canonical(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
