"""A parsed text as plain text: paragraphs at 72 columns, lists, quotations, notes, and every link's address.

A link's address stands under the paragraph that it is in, with the words that were linked, so that the sentence stays
readable. Owns the text form of an item's body; the parts around it are ``plaintext.py``'s.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from markdown_it.token import Token

from service.rendering.markdown import Link, Prose, plain_text
from service.rendering.words import Words
from service.rendering.wrap import WIDTH, display_width, wrap

_LEAST_WIDTH = 24  # columns left for words however deep the lists are
_WRAPPERS = {"em_open": "_", "em_close": "_", "strong_open": "*", "strong_close": "*"}


@dataclass(frozen=True)
class TextVoice:
    """How an item speaks as plain text: ``href`` gives a link's address, ``name`` the reader's name for a fallback,
    ``measure`` the columns of a piece that may hold marks."""

    words: Words
    href: Callable[[Link], str]
    name: Callable[[str], str]
    measure: Callable[[str], int] = display_width


def render_prose_text(prose: Prose, voice: TextVoice) -> list[str]:
    """Return the body of ``prose`` as lines, with one empty line between blocks and none at either end."""
    return _Writer(voice).write(prose.tokens)


def render_notes_text(prose: Prose, voice: TextVoice) -> list[str]:
    """Return the notes of ``prose`` as lines, each note with its number and a hanging indent."""
    lines: list[str] = []
    for note in prose.notes:
        lines += [""] if lines else []
        writer = _Writer(voice)
        writer.enter(f"[{note.number}] ", " " * len(f"[{note.number}] "))
        lines.extend(writer.write(note.tokens))
    return lines


def render_link(label: str, address: str, indent: str, measure: Callable[[str], int] = display_width) -> list[str]:
    """Return the lines that name a link and give its address, which is never broken."""
    address = address.removeprefix("mailto:")
    if label == address:
        return [indent + address]
    return [*wrap(f"{label}:", first=indent, measure=measure), indent + address]


@dataclass
class _Writer:
    """Walks block tokens.

    ``margins`` are the prefixes of the open lists and quotations; ``bullet`` is the prefix of the next line where that
    differs, and ``outside`` the margin before it. ``counters`` hold the next number of each open list, None for a
    bulleted one. ``apart`` tells that an empty line must come before the next block.
    """

    voice: TextVoice
    lines: list[str] = field(default_factory=list)
    margins: list[str] = field(default_factory=list)
    bullet: str | None = None
    outside: str = ""
    counters: list[int | None] = field(default_factory=list)
    apart: bool = False
    underline: str = ""

    def write(self, tokens: Iterable[Token]) -> list[str]:
        handlers: dict[str, Callable[[Token], None]] = {
            "inline": self._paragraph,
            "blockquote_open": lambda _: self.enter("> ", "> "),
            "blockquote_close": self._leave,
            "list_item_open": self._item,
            "list_item_close": self._leave,
            "bullet_list_open": self._open_list,
            "ordered_list_open": self._open_list,
            "bullet_list_close": self._close_list,
            "ordered_list_close": self._close_list,
            "code_block": self._code,
            "fence": self._code,
            "hr": lambda _: self._block(["* * *"]),
            "paragraph_open": self._note_looseness,
            "heading_open": self._note_heading,
        }
        for token in tokens:
            if token.type in handlers:
                handlers[token.type](token)
        return self.lines

    def enter(self, bullet: str, margin: str) -> None:
        """Open a list item or quotation: its first line starts with ``bullet``, the others with ``margin``."""
        if self.bullet is None:
            self.bullet = self.outside = self._margin()
        self.bullet += bullet
        self.margins.append(margin)

    def _leave(self, _: Token) -> None:
        if self.bullet is not None:  # an empty item still shows
            self._block([""])
        self.margins.pop()

    def _item(self, _: Token) -> None:
        number = self.counters[-1]
        bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.counters[-1] = number + 1
        self.enter(bullet, " " * len(bullet))

    def _open_list(self, token: Token) -> None:
        self.apart = not self.counters
        self.counters.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)

    def _close_list(self, _: Token) -> None:
        self.counters.pop()
        self.apart = not self.counters

    def _note_looseness(self, token: Token) -> None:
        self.apart = self.apart or not token.hidden

    def _note_heading(self, token: Token) -> None:
        self.apart = True
        self.underline = "-" if token.tag == "h3" else ""

    def _margin(self) -> str:
        return "".join(self.margins)

    def _block(self, lines: list[str]) -> None:
        """Add one block's ``lines`` (without margins), after an empty line unless it begins an item of a tight list."""
        if self.lines and (self.apart or self.bullet is None):
            self.lines.append((self._margin() if self.bullet is None else self.outside).rstrip(" "))
        self.apart = False
        for line in lines:
            prefix = self._margin() if self.bullet is None else self.bullet
            self.bullet = None
            self.lines.append((prefix + line).rstrip(" "))

    def _paragraph(self, token: Token) -> None:
        margin = self.voice.measure(self._margin())
        children = token.children or []
        lines = wrap(self._inline(children), measure=self.voice.measure, width=max(WIDTH - margin, _LEAST_WIDTH))
        if self.underline:
            lines.append(self.underline * max(map(self.voice.measure, lines)))
            self.underline = ""
        links = [line for link in _links(children) if not _names_itself(link) for line in self._link(link)]
        self._block([*lines, *([""] if links and not self.counters else []), *links])

    def _link(self, link: Link) -> list[str]:
        return render_link(link.label.removeprefix("mailto:"), self.voice.href(link), "    ", self.voice.measure)

    def _code(self, token: Token) -> None:
        self._block(["    " + line for line in token.content.rstrip("\n").split("\n")])

    def _inline(self, children: Iterable[Token]) -> str:
        """Return the words; an address that is its own label stands among them as the reader's link."""
        words, own_link = [], False
        for child in children:
            if child.type == "link_open" and _names_itself(child.meta["link"]):
                own_link = True
                words.append(self.voice.href(child.meta["link"]))
            elif child.type == "link_close":
                own_link = False
            elif not own_link:
                words.append(self._word(child))
        return "".join(words)

    def _word(self, token: Token) -> str:
        match token.type:
            case "softbreak":
                return " "
            case "hardbreak":
                return "\n"
            case "merge_name":
                return self.voice.name(token.content)
            case "footnote_ref":
                return f"[{token.meta['number']}]"
            case "image":
                described = plain_text(token.children or ())
                return f"[{self.voice.words.image}: {described}]" if described else ""
            case _:
                return _WRAPPERS.get(token.type, token.content)


def _links(children: Iterable[Token]) -> Iterator[Link]:
    return (child.meta["link"] for child in children if child.type == "link_open")


def _names_itself(link: Link) -> bool:
    return link.label == link.url
