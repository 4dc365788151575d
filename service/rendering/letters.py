"""Transactional mail, one letter to one person: HTML and text from a pair of templates and a few values.

Owns which kinds of letter there are and which of their values are one reader's own. A letter is laid out once for all
its readers and then filled, so that one more costs no child process. Never sends.

A new kind is a line in ``_OWN_VALUES`` and its sentences in ``templates/email``. To a reader, it is a name in
``_TO_READERS`` too, and ``<kind>.words.jinja`` in the languages of the catalogues; ``reader.mjml.jinja`` and
``reader.txt.jinja`` (its first line is the subject) print it. To a giver, ``<kind>.<language>.jinja``, printed by
``letter.mjml.jinja`` and ``letter.txt.jinja``. A kind in ``_OWN_SHEETS`` has ``<kind>.mjml.jinja`` and
``<kind>.txt.jinja`` instead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

from service.languages.choosing import LANGUAGES, choose
from service.languages.direction import direction_of
from service.rendering import design
from service.rendering.attachments import Attachment, join_mixed
from service.rendering.checks import check_mail_html
from service.rendering.content import clean_line, clean_text
from service.rendering.encoded import encode_part, join_alternative, make_boundary
from service.rendering.jinja import render_template
from service.rendering.layout import lay_out
from service.rendering.mjml_rules import BadLayout
from service.rendering.slots import Marks, Slot, SlotKind, make_marks
from service.rendering.wrap import wrap

_TO_A_READER: Final = frozenset({"button_url"})
_TO_A_GIVER: Final = frozenset({"donor_name", "button_url"})
_ABOUT_A_GIFT: Final = _TO_A_GIVER | {"amount", "fund", "method"}

# Each kind of letter, with those of its values that differ from reader to reader.
_OWN_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "confirm": _TO_A_READER,
    "already_subscribed": _TO_A_READER,
    "self_service": _TO_A_READER,
    "address_old": _TO_A_READER | {"new_address"},
    "address_new": _TO_A_READER,
    "alarm": frozenset({"sentence", "raised_at", "desk_url"}),
    "receipt": _ABOUT_A_GIFT
    | {"number", "given_on", "paid", "refunded", "fee_cover", "benefit", "fair_value", "deductible"}
    | {"statement", "tribute"},
    "receipt_voided": _TO_A_GIVER | {"number", "amount", "given_on"},
    "statement": _TO_A_GIVER | {"year", "gifts", "amount", "deductible"},
    "gift_pending": _ABOUT_A_GIFT | {"begun_on"},
    "gift_failed": _ABOUT_A_GIFT,
    "renewal_failed": _ABOUT_A_GIFT | {"tries", "tried_on", "next_try_on"},
    "renewal_notice": _ABOUT_A_GIFT | {"charge_on"},
    "recurring_changed": _ABOUT_A_GIFT | {"previous", "charge_on", "resumes_on"},
    "recurring_ended": _ABOUT_A_GIFT | {"ended_on"},
    "donor_sign_in": _TO_A_GIVER | {"minutes"},
}
_TO_READERS: Final = frozenset({"confirm", "already_subscribed", "self_service", "address_old", "address_new"})
_OWN_SHEETS: Final = frozenset({"alarm"})
_GIVERS_LANGUAGES: Final = ("en", "ru", "zh")  # that letters about gifts have sentences in

# What anybody on the web may have typed: shown short and plain, and in no subject line.
_TYPED_BY_STRANGERS: Final = frozenset({"donor_name", "tribute"})
_LONGEST_TYPED: Final = 120  # characters
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")  # these would turn our own words around
_LIKE_A_LINK: Final = re.compile(r"(?<=\w)(\.|://)(?=\w\w)")  # mail programs make "a.test" a link


@dataclass(frozen=True)
class RenderedLetter:
    """One letter in words."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class EncodedLetter:
    """One letter as bytes: a MIME body with CRLF line ends, and the Content-Type that goes with it."""

    content_type: str
    body: bytes


def render_letter(kind: str, context: Mapping[str, str]) -> RenderedLetter:
    """Render the letter ``kind`` for one reader, with a string in ``context`` for each value that its templates name.

    A letter to a reader takes ``newsletters`` (a name a line), ``publisher``, ``postal_address``, ``button_url`` and
    ``language`` (the reader's; English when we have no words in it); ``self_service`` also ``hours``, ``address_old``
    also ``new_address``. Letters about gifts take ``organisation`` and what ``donations.letters`` and
    ``receipts.letters`` say; there an empty value leaves its line out. Raises KeyError for an unknown kind or a missing
    value of the reader's own, jinja2.UndefinedError for another missing value, BadLayout when it cannot be laid out.
    """
    own = {name: _clean_own(name, context[name]) for name in _OWN_VALUES[kind]}
    shared = tuple(sorted((name, clean_text(value)) for name, value in context.items() if name not in own))
    marks, letter = _lay_out_letter(kind, shared, frozenset(name for name, value in own.items() if value))
    text = _fill(marks, letter.text, own)
    return RenderedLetter(
        subject=_fill(marks, letter.subject, own),
        html=_fill(marks, letter.html, {name: escape(value) for name, value in own.items()}),
        text="\n".join(wrap(text)) + "\n",
    )


def encode_letter(letter: RenderedLetter, attachments: tuple[Attachment, ...] = ()) -> EncodedLetter:
    """Return ``letter`` as a MIME body, with ``attachments`` after it. The same input always gives the same bytes."""
    text, html = encode_part("plain", [letter.text]), encode_part("html", [letter.html])
    nonce = make_marks(letter).nonce
    boundary = make_boundary(nonce)
    body = join_alternative(boundary, [(part, part.fill(_no_value)) for part in (text, html)])
    content_type = f'multipart/alternative; boundary="{boundary}"'
    if not attachments:
        return EncodedLetter(content_type, body)
    outer = make_boundary(f"mixed_{nonce}")
    return EncodedLetter(f'multipart/mixed; boundary="{outer}"', join_mixed(outer, content_type, body, attachments))


@lru_cache(maxsize=256)
def _lay_out_letter(
    kind: str, shared: tuple[tuple[str, str], ...], present: frozenset[str]
) -> tuple[Marks, RenderedLetter]:
    """Return a letter with marks where one reader's own values go: those that are ``present``; the others are empty.

    ``shared`` are its other values, by name.
    """
    marks = make_marks(kind, shared)
    given = dict(shared)
    language = choose([given.pop("language")], LANGUAGES if kind in _TO_READERS else _GIVERS_LANGUAGES)
    values = {
        **given,
        **{name: marks.write(Slot(SlotKind.VALUE, name)) if name in present else "" for name in _OWN_VALUES[kind]},
        "kind": kind,
        "design": design,
        "direction": direction_of(language),
    }
    sheet = "reader" if kind in _TO_READERS else kind if kind in _OWN_SHEETS else "letter"
    html = lay_out(render_template(f"{sheet}.mjml.jinja", language=language, **values))
    check_mail_html(html, hosts=())
    subject, _, text = render_template(f"{sheet}.txt.jinja", language=language, **values).strip().partition("\n")
    _check_subject(marks, subject)
    return marks, RenderedLetter(clean_line(subject), html, text.strip())


def _check_subject(marks: Marks, subject: str) -> None:
    for piece in marks.split(subject):
        if isinstance(piece, Slot) and piece.argument in _TYPED_BY_STRANGERS:
            raise BadLayout(f"The subject of a letter holds “{piece.argument}”, which anybody may have typed.")


def _clean_own(name: str, value: str) -> str:
    line = clean_line(value)
    if name not in _TYPED_BY_STRANGERS:
        return line
    line = _LIKE_A_LINK.sub(r"\1 ", _TURNING.sub("", line))
    return line if len(line) <= _LONGEST_TYPED else f"{line[: _LONGEST_TYPED - 1]}…"


def _fill(marks: Marks, text: str, values: Mapping[str, str]) -> str:
    return "".join(piece if isinstance(piece, str) else values[piece.argument] for piece in marks.split(text))


def _no_value(slot: Slot) -> str:
    raise AssertionError(f"a finished letter has no holes, but here is {slot}")
