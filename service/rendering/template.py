"""An issue compiled once and joined per reader: the bytes of a multipart/alternative body (RFC 2046 section 5.1.4).

Owns what fills each hole, how it is escaped where it stands, and which form a reader gets: the one that asks for a
gift, or the one that gives thanks for it. The message's own headers are the mail room's.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any, Final

from service.errors import BadInput
from service.rendering.content import clean_line
from service.rendering.encoded import EncodedPart, Subtype, encode_part, join_alternative, make_boundary
from service.rendering.issue import RenderedIssue
from service.rendering.slots import Marks, Slot, SlotKind

# Of ``dump``: a sealed issue keeps the bytes that it was sealed with. A program that knows only the first would ask
# those who are to be thanked, so it must refuse the second.
_ONE_FORM: Final = 1
_TWO_FORMS: Final = 2
_PIXEL: Final = '<img src="{}" alt="" width="1" height="1" style="display:block;border:0" />'


@dataclass(frozen=True)
class ReaderValues:
    """What one reader's copy is filled with: absolute addresses, unescaped. A link's number directly follows
    ``click_url_prefix``. Without a ``name`` each fallback is used; without a ``pixel_url`` there is no image. Whoever
    ``is_thanked`` reads thanks where others are asked for a gift."""

    name: str | None
    unsubscribe_url: str
    view_url: str
    click_url_prefix: str
    pixel_url: str | None
    is_thanked: bool = False


@dataclass(frozen=True)
class CompiledForm:
    """The two parts of a body in one of its forms."""

    text: EncodedPart
    html: EncodedPart

    def to_plain_data(self) -> dict[str, Any]:
        """Return the form as data that JSON can hold."""
        return {"text": self.text.to_plain_data(), "html": self.html.to_plain_data()}

    @classmethod
    def from_plain_data(cls, data: dict[str, Any]) -> "CompiledForm":
        """Return the form that ``to_plain_data`` described."""
        return cls(EncodedPart.from_plain_data(data["text"]), EncodedPart.from_plain_data(data["html"]))


@dataclass(frozen=True)
class CompiledTemplate:
    """The body of one issue for any reader. Safe to share between threads and to keep for the life of a worker.

    ``thanks`` is the form of those who are thanked; None when everybody reads the same.
    """

    boundary: str
    asks: CompiledForm
    thanks: CompiledForm | None = None

    @property
    def content_type(self) -> str:
        """The value of the message's Content-Type header."""
        return f'multipart/alternative; boundary="{self.boundary}"'

    def join(self, reader: ReaderValues) -> bytes:
        """Return the complete body for ``reader``, with CRLF line ends and no line over 76 characters.

        No line starts with a dot, so it may go to SMTP's DATA as it is. The same values always give the same bytes.
        """
        form = self._form(reader)
        text = form.text.fill(partial(_text_value, reader))
        html = form.html.fill(partial(_html_value, reader))
        return join_alternative(self.boundary, [(form.text, text), (form.html, html)])

    def view_html(self, reader: ReaderValues, links: Mapping[int, str]) -> str:
        """Return ``reader``'s HTML for a browser: links go straight to their targets and there is no image to count.

        ``links`` gives each link's target by its number.
        """
        untracked = replace(reader, pixel_url=None)
        return self._form(reader).html.read(
            lambda slot: (
                escape(links[int(slot.argument)]) if slot.kind is SlotKind.CLICK else _html_value(untracked, slot)
            )
        )

    def view_text(self, reader: ReaderValues, links: Mapping[int, str]) -> str:
        """Return ``reader``'s plain text with every link's own target; ``links`` as for ``view_html``."""
        return self._form(reader).text.read(
            lambda slot: links[int(slot.argument)] if slot.kind is SlotKind.CLICK else _text_value(reader, slot)
        )

    def dump(self) -> bytes:
        """Return the template as JSON, to be stored with the sealed issue."""
        data = {"format": _ONE_FORM, "boundary": self.boundary, **self.asks.to_plain_data()}
        if self.thanks:
            data |= {"format": _TWO_FORMS, "thanks": self.thanks.to_plain_data()}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, dumped: bytes) -> "CompiledTemplate":
        """Return the template that ``dump`` wrote, now or years ago. Raises BadInput when its format is unknown."""
        data = json.loads(dumped)
        if data.get("format") not in (_ONE_FORM, _TWO_FORMS):
            raise BadInput(
                f"The stored mail has format {data.get('format')}; this version reads {_ONE_FORM} and {_TWO_FORMS}."
            )
        thanks = CompiledForm.from_plain_data(data["thanks"]) if "thanks" in data else None
        return cls(data["boundary"], CompiledForm.from_plain_data(data), thanks)

    def _form(self, reader: ReaderValues) -> CompiledForm:
        return self.thanks if self.thanks and reader.is_thanked else self.asks


def compile_template(
    rendered: RenderedIssue, thanks: RenderedIssue | None = None, *, track_clicks: bool = True
) -> CompiledTemplate:
    """Encode ``rendered`` for sending, and its other form for those who are thanked when there is one.

    Without ``track_clicks`` every link goes straight to its target.
    """
    return CompiledTemplate(
        boundary=make_boundary(rendered.nonce),
        asks=_compile_form(rendered, track_clicks=track_clicks),
        thanks=_compile_form(thanks, track_clicks=track_clicks) if thanks else None,
    )


def _compile_form(rendered: RenderedIssue, *, track_clicks: bool) -> CompiledForm:
    marks = Marks(rendered.nonce)
    targets = {} if track_clicks else {str(link.number): link.url for link in rendered.links}
    return CompiledForm(
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


def write_value(subtype: Subtype, reader: ReaderValues, slot: Slot) -> str:
    """Return what ``reader`` has in a slot of a part, escaped as that part needs it."""
    return _html_value(reader, slot) if subtype == "html" else _text_value(reader, slot)


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
