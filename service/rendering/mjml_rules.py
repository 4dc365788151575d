"""Which MJML may reach the engine: our own list of tags, attributes and nesting, checked and rewritten in one walk.

The engine accepts unknown tags, attributes and nesting in silence, writes attribute values through Rust's debug format,
and dies on deep nesting (measured on mjml-python 1.4.2, mrml 6.0.1). So nothing unlisted passes, every character that
debug format would change leaves here as a numeric reference, and depth is capped. Never runs the engine.
"""

import re
from typing import Final, NoReturn
from xml.parsers import expat

from service.errors import BadInput

MAX_BYTES: Final = 300_000
MAX_DEPTH: Final = 100

_BLOCKS: Final = ("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer")
_SHAPES: Final = ("mj-wrapper", "mj-section", "mj-column")

# Which tags each MJML tag may hold; "html" stands for running text and the HTML tags below.
_CHILDREN: Final[dict[str, frozenset[str]]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset({"mj-title", "mj-preview", "mj-attributes", "mj-breakpoint", "mj-style", "mj-raw"}),
    "mj-title": frozenset({"text"}),
    "mj-preview": frozenset({"text"}),
    "mj-style": frozenset({"text"}),
    "mj-raw": frozenset({"meta"}),
    "mj-attributes": frozenset({"mj-all", "mj-body", *_SHAPES, *_BLOCKS}),
    "mj-body": frozenset({"mj-wrapper", "mj-section"}),
    "mj-wrapper": frozenset({"mj-section"}),
    "mj-section": frozenset({"mj-column"}),
    "mj-column": frozenset(_BLOCKS),
    "mj-text": frozenset({"text", "html"}),
    "mj-button": frozenset({"text", "html"}),
}

_FONT: Final = frozenset(
    {"align", "color", "font-family", "font-size", "font-style", "font-weight", "letter-spacing", "line-height"}
)
_BOX: Final = frozenset({"css-class", "padding", "padding-top", "padding-right", "padding-bottom", "padding-left"})
_EDGE: Final = frozenset({"border", "border-top", "border-bottom", "border-left", "border-right", "border-radius"})
_GROUND: Final = frozenset({"background-color"})

_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-breakpoint": frozenset({"width"}),
    "mj-body": frozenset({"width", "css-class"}) | _GROUND,
    "mj-wrapper": _BOX | _EDGE | _GROUND | {"text-align", "direction", "full-width"},
    "mj-section": _BOX | _EDGE | _GROUND | {"text-align", "direction", "full-width"},
    "mj-column": _BOX | _EDGE | _GROUND | {"width", "vertical-align", "direction"},
    "mj-text": _BOX | _FONT | {"container-background-color", "height"},
    "mj-button": _BOX | _FONT | _EDGE | _GROUND | {"container-background-color", "href", "inner-padding", "width"},
    "mj-image": _BOX | {"align", "alt", "container-background-color", "height", "href", "src", "title", "width"},
    "mj-divider": _BOX | {"border-color", "border-style", "border-width", "container-background-color", "width"},
    "mj-spacer": _BOX | {"container-background-color", "height"},
    "mj-all": _FONT | _BOX,
    "meta": frozenset({"name", "content"}),
}

_HTML_TAGS: Final = frozenset(
    "a abbr b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong sub sup table tbody td tr ul".split()  # noqa: SIM905, E501 - one word per tag reads best
)
_HTML_ATTRIBUTES: Final = frozenset(
    {"aria-hidden", "aria-label", "class", "dir", "id", "lang", "role", "style", "title"}
)
_HTML_OWN_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "ol": frozenset({"start"}),
    "table": frozenset({"border", "cellpadding", "cellspacing", "width"}),
    "td": frozenset({"align", "valign", "width"}),
}
_VOID: Final = frozenset({"br", "hr", "img", "meta"})

_ADDRESS: Final = re.compile(r"https?://|mailto:|#|[0-9A-Za-z]+\Z", re.IGNORECASE)
# A bare 0 makes the engine forget the padding when it works out Outlook's column width (mrml 6.0.1).
_PADDING: Final = re.compile(r"\d+px( \d+px){0,3}")
# What Rust's debug format leaves as it is, less the characters that end a value or an attribute.
_DEBUG_SAFE: Final = re.compile(r"[^ !#$%'()*+,\-./0-9:;=?@A-Z\[\]^_`a-z|~]")


class BadLayout(BadInput):
    """The mail's layout cannot be built; the sentence names the block."""

    code = "bad_layout"


def check_mjml(source: str) -> str:
    """Return ``source`` rewritten so that the engine renders it faithfully.

    ``source`` is one well-formed MJML document of at most 300 kB, nested at most 100 deep. Raises BadLayout, naming the
    block and the line, for anything that is not on our lists.
    """
    if "\0" in source:
        raise BadLayout("The mail's layout holds a NUL character.")
    try:
        encoded = source.encode()
    except UnicodeEncodeError as error:
        raise BadLayout(f"The mail's layout holds a broken character at place {error.start}.") from error
    if len(encoded) > MAX_BYTES:
        raise BadLayout(f"The mail is too large to lay out: {len(encoded):,} bytes, and {MAX_BYTES:,} are allowed.")
    return _Walk().run(encoded)


class _Walk:
    """One pass over the document: checks each tag against the lists and writes it again."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = lambda *_: self._refuse("a document type is not allowed")
        self._parser.ProcessingInstructionHandler = lambda *_: self._refuse("a processing instruction is not allowed")
        self._open: list[str] = []
        self._names: list[str] = []
        self._written: list[str] = []

    def run(self, encoded: bytes) -> str:
        """Return the document written again, or raise BadLayout."""
        try:
            self._parser.Parse(encoded, True)  # noqa: FBT003, RUF100 - expat takes no keyword
        except expat.ExpatError as error:
            self._refuse(f"{expat.ErrorString(error.code)} (line {error.lineno}, column {error.offset + 1})")
        return "".join(self._written)

    def _start(self, tag: str, flat: list[str]) -> None:
        attributes = dict(zip(flat[::2], flat[1::2], strict=True))
        self._check_place(tag)
        self._open.append(tag)
        self._names.append(attributes.get("css-class") or attributes.get("id") or "")
        if len(self._open) > MAX_DEPTH:
            self._refuse(f"the elements are nested more than {MAX_DEPTH} deep")
        self._check_attributes(tag, attributes)
        written = "".join(f' {name}="{_reference(value)}"' for name, value in attributes.items())
        self._written.append(f"<{tag}{written}{' /' if tag in _VOID else ''}>")

    def _end(self, tag: str) -> None:
        if tag not in _VOID:
            self._written.append(f"</{tag}>")
        self._open.pop()
        self._names.pop()

    def _text(self, text: str) -> None:
        parent = self._open[-1] if self._open else ""
        if parent == "mj-style":
            if "<" in text:
                self._refuse("a style sheet may not hold “<”")
            self._written.append(text)
        elif parent == "mj-title":
            self._written.append(_reference(text.strip()))  # the engine repeats the title in an attribute
        elif parent in _HTML_TAGS - _VOID or "text" in _CHILDREN.get(parent, ()):
            self._written.append(_escape(text))
        elif text.strip():
            self._refuse(f"the words “{text.strip()[:40]}” stand outside a text block")

    def _check_place(self, tag: str) -> None:
        parent = self._open[-1] if self._open else ""
        if parent in _VOID:
            self._refuse(f"<{parent}> may not hold <{tag}>")
        allowed = frozenset({"html"}) if parent in _HTML_TAGS else _CHILDREN.get(parent, frozenset())
        if tag not in allowed and not (tag in _HTML_TAGS and "html" in allowed):
            self._refuse(f"<{tag[:40]}> is not allowed here")

    def _check_attributes(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _HTML_TAGS:
            allowed = _HTML_ATTRIBUTES | _HTML_OWN_ATTRIBUTES.get(tag, frozenset())
        else:
            allowed = _ATTRIBUTES.get(tag, frozenset())
        for name, value in attributes.items():
            if name not in allowed:
                self._refuse(f"the attribute “{name[:40]}” is not allowed")
            if name.startswith(("padding", "inner-padding")) and not _PADDING.fullmatch(value):
                self._refuse(f"the {name} “{value[:40]}” must be one to four lengths in px")
            if name in ("href", "src") and not _ADDRESS.match(value):
                self._refuse(f"“{value[:60]}” is not an address that mail may hold")
        if tag in ("img", "mj-image") and "alt" not in attributes:
            self._refuse("the image has no alternative text (write an empty one if it only decorates)")
        if tag == "table" and attributes.get("role") != "presentation":
            self._refuse('a table must say role="presentation"')

    def _refuse(self, problem: str) -> NoReturn:
        steps = [f"{tag} “{name}”" if name else tag for tag, name in zip(self._open, self._names, strict=True)]
        raise BadLayout(f"The mail cannot be laid out: in {' › '.join(steps[-4:]) or 'the document'}: {problem}.")


def _escape(text: str) -> str:
    # A brace as a reference, so that literal “{{” in a text can be told from a template that was left unexpanded.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("{", "&#123;")


def _reference(value: str) -> str:
    return _DEBUG_SAFE.sub(lambda match: f"&#{ord(match[0])};", value)
