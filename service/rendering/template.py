"""An issue compiled once and joined per reader: the bytes of a multipart/alternative body (RFC 2046 section 5.1.4).

Owns what fills each hole and how it is escaped where it stands. The message's own headers are the mail room's.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Final

from service.errors import BadInput
from service.rendering.content import clean_line
from service.rendering.encoded import EncodedPart, encode_part, join_alternative, make_boundary
from service.rendering.issue import RenderedIssue
from service.rendering.slots import Marks, Slot, SlotKind

_FORMAT: Final = 1  # of ``dump``: a sealed issue keeps the bytes that it was sealed with
_PIXEL: Final = '<img src="{}" alt="" width="1" height="1" style="display:block;border:0" />'


@dataclass(frozen=True)
class ReaderValues:
    """What one reader's copy is filled with: absolute addresses, unescaped. A link's number directly follows
    ``click_url_prefix``. Without a ``name`` each fallback is used; without a ``pixel_url`` there is no image."""

    name: str | None
    unsubscribe_url: str
    view_url: str
    click_url_prefix: str
    pixel_url: str | None


@dataclass(frozen=True)
class CompiledTemplate:
    """The body of one issue for any reader. Safe to share between threads and to keep for the life of a worker."""

    boundary: str
    text: EncodedPart
    html: EncodedPart

    @property
    def content_type(self) -> str:
        """The value of the message's Content-Type header."""
        return f'multipart/alternative; boundary="{self.boundary}"'

    def join(self, reader: ReaderValues) -> bytes:
        """Return the complete body for ``reader``, with CRLF line ends and no line over 76 characters.

        No line starts with a dot, so it may go to SMTP's DATA as it is. The same values always give the same bytes.
        """
        text = self.text.fill(partial(_text_value, reader))
        html = self.html.fill(partial(_html_value, reader))
        return join_alternative(self.boundary, [(self.text, text), (self.html, html)])

    def view_html(self, reader: ReaderValues, links: Mapping[int, str]) -> str:
        """Return ``reader``'s HTML for a browser: links go straight to their targets and there is no image to count.

        ``links`` gives each link's target by its number.
        """
        untracked = replace(reader, pixel_url=None)
        return self.html.read(
            lambda slot: (
                escape(links[int(slot.argument)]) if slot.kind is SlotKind.CLICK else _html_value(untracked, slot)
            )
        )

    def view_text(self, reader: ReaderValues, links: Mapping[int, str]) -> str:
        """Return ``reader``'s plain text with every link's own target; ``links`` as for ``view_html``."""
        return self.text.read(
            lambda slot: links[int(slot.argument)] if slot.kind is SlotKind.CLICK else _text_value(reader, slot)
        )

    def dump(self) -> bytes:
        """Return the template as JSON, to be stored with the sealed issue."""
        data = {
            "format": _FORMAT,
            "boundary": self.boundary,
            "text": self.text.to_plain_data(),
            "html": self.html.to_plain_data(),
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, dumped: bytes) -> "CompiledTemplate":
        """Return the template that ``dump`` wrote. Raises BadInput when it is of a format that we do not know."""
        data = json.loads(dumped)
        if data.get("format") != _FORMAT:
            raise BadInput(f"The stored mail has format {data.get('format')}; this version reads format {_FORMAT}.")
        return cls(
            data["boundary"],
            EncodedPart.from_plain_data(data["text"]),
            EncodedPart.from_plain_data(data["html"]),
        )


def compile_template(rendered: RenderedIssue, *, track_clicks: bool = True) -> CompiledTemplate:
    """Encode ``rendered`` for sending. Without ``track_clicks`` every link goes straight to its target."""
    marks = Marks(rendered.nonce)
    targets = {} if track_clicks else {str(link.number): link.url for link in rendered.links}
    return CompiledTemplate(
        boundary=make_boundary(rendered.nonce),
        text=encode_part("plain", _settle(marks.split(rendered.text), targets, str)),
        html=encode_part("html", _settle(marks.split(rendered.html), targets, escape)),
    )


def _settle(
    cuts: Iterator[str | Slot], targets: Mapping[str, str], write: Callable[[str], str]
) -> Iterator[str | Slot]:
    """Yield ``cuts`` with each click that is in ``targets`` written out, strings and slots still in turn."""
    text = ""
    for cut in cuts:
        if isinstance(cut, str):
            text += cut
        elif cut.kind is SlotKind.CLICK and cut.argument in targets:
            text += write(targets[cut.argument])
        else:
            yield text
            yield cut
            text = ""
    yield text


def _text_value(reader: ReaderValues, slot: Slot) -> str:
    match slot.kind:
        case SlotKind.NAME:
            return clean_line(reader.name or "") or slot.argument
        case SlotKind.CLICK:
            return reader.click_url_prefix
        case SlotKind.UNSUBSCRIBE:
            return reader.unsubscribe_url
        case SlotKind.VIEW:
            return reader.view_url
        case _:
            return ""


def _html_value(reader: ReaderValues, slot: Slot) -> str:
    if slot.kind is SlotKind.PIXEL:
        return _PIXEL.format(escape(reader.pixel_url)) if reader.pixel_url else ""
    return escape(_text_value(reader, slot))
