"""Transactional mail, one letter to one person: HTML and text from a pair of templates and a few values.

Owns which kinds of letter there are and which of their values are one reader's own. A letter is laid out once for all
its readers and then filled, so that one more costs no child process. Never sends.

A new kind is a line in ``_OWN_VALUES`` and, in ``templates/email``, ``<kind>.mjml.jinja``, ``<kind>.txt.jinja`` (its
first line is the subject) and ``<kind>.<language>.jinja`` with the sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

from service.rendering import design
from service.rendering.checks import check_mail_html
from service.rendering.content import clean_line, clean_text
from service.rendering.encoded import encode_part, join_alternative, make_boundary
from service.rendering.jinja import render_template
from service.rendering.layout import lay_out
from service.rendering.slots import Marks, Slot, SlotKind, make_marks
from service.rendering.words import direction, words_for
from service.rendering.wrap import wrap

# Each kind of letter, with those of its values that differ from reader to reader.
_OWN_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "confirm": frozenset({"confirm_url"}),
}


@dataclass(frozen=True)
class RenderedLetter:
    """One letter in words."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class EncodedLetter:
    """One letter as bytes: a multipart/alternative body with CRLF line ends, and the Content-Type that goes with it."""

    content_type: str
    body: bytes


def render_letter(kind: str, context: Mapping[str, str]) -> RenderedLetter:
    """Render the letter ``kind`` for one reader, with a string in ``context`` for each value that its templates name.

    ``confirm``, the double opt-in, takes ``newsletter``, ``publisher``, ``postal_address``, ``confirm_url`` and
    ``language`` (the reader's; English when we have no words in it). Raises KeyError for an unknown kind or a missing
    value of the reader's own, jinja2.UndefinedError for another missing value, BadLayout when it cannot be laid out.
    """
    own = {name: context[name] for name in _OWN_VALUES[kind]}
    shared = tuple(sorted((name, clean_text(value)) for name, value in context.items() if name not in own))
    marks, letter = _lay_out_letter(kind, shared)
    return RenderedLetter(
        subject=letter.subject,
        html=_fill(marks, letter.html, {name: escape(value) for name, value in own.items()}),
        text=_fill(marks, letter.text, own),
    )


def encode_letter(letter: RenderedLetter) -> EncodedLetter:
    """Return ``letter`` as a MIME body. The same letter always gives the same bytes."""
    text, html = encode_part("plain", [letter.text]), encode_part("html", [letter.html])
    boundary = make_boundary(make_marks(letter).nonce)
    body = join_alternative(boundary, [(part, part.fill(_no_value)) for part in (text, html)])
    return EncodedLetter(f'multipart/alternative; boundary="{boundary}"', body)


@lru_cache(maxsize=64)
def _lay_out_letter(kind: str, shared: tuple[tuple[str, str], ...]) -> tuple[Marks, RenderedLetter]:
    """Return a letter with marks where one reader's own values go. ``shared`` are its other values, by name."""
    marks = make_marks(kind, shared)
    given = dict(shared)
    words = words_for(given["language"])
    values = {
        **given,
        **{name: marks.write(Slot(SlotKind.VALUE, name)) for name in _OWN_VALUES[kind]},
        "design": design,
        "words": words,
        "language": words.language,
        "direction": direction(words.language),
    }
    html = lay_out(render_template(f"{kind}.mjml.jinja", **values))
    check_mail_html(html, hosts=())
    subject, _, text = render_template(f"{kind}.txt.jinja", **values).strip().partition("\n")
    return marks, RenderedLetter(clean_line(subject), html, "\n".join(wrap(text.strip())) + "\n")


def _fill(marks: Marks, text: str, values: Mapping[str, str]) -> str:
    return "".join(piece if isinstance(piece, str) else values[piece.argument] for piece in marks.split(text))


def _no_value(slot: Slot) -> str:
    raise AssertionError(f"a finished letter has no holes, but here is {slot}")
