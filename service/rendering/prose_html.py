"""A parsed text as HTML, for mail and for the web alike. Owns the markup of an item's body and its notes.

Only tags named here can appear, every text and attribute is escaped, and the result is well-formed XML, because MJML
reads it as such. What differs between mail and web (styles, addresses, names) comes in through ``HtmlVoice``.
"""

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from service.rendering.markdown import Link, Note, Prose, plain_text
from service.rendering.words import Words

_BACK_ARROW: Final = "↩\ufe0e"  # with the selector that keeps it a letter: some systems would draw an emoji


@dataclass(frozen=True)
class HtmlVoice:
    """How one item speaks in one medium.

    ``position`` (from 1) makes ids unique among the items of a page. ``attributes`` gives tags their further
    attributes, already escaped. ``href`` gives a link's address and ``name`` the reader's name for a fallback, both
    unescaped.
    """

    position: int
    words: Words
    attributes: Mapping[str, str]
    href: Callable[[Link], str]
    name: Callable[[str], str]


def render_prose_html(prose: Prose, voice: HtmlVoice) -> str:
    """Return the body of ``prose`` as HTML blocks, without its notes."""
    return _render(prose.tokens, voice)


def render_notes_html(prose: Prose, voice: HtmlVoice) -> str:
    """Return the notes of ``prose`` as one ordered list with links back to the text; empty when there are none."""
    if not prose.notes:
        return ""
    items = (f'<li id="n-{voice.position}-{note.number}">{_note(note, voice)}</li>' for note in prose.notes)
    return _open("ol", voice) + "".join(items) + "</ol>"


def escape_attribute(value: str) -> str:
    """Return ``value`` for a double-quoted attribute; tabs and line ends survive an XML parser as references."""
    escaped = html.escape(value, quote=True)
    return escaped.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _render(tokens: Iterable[Token], voice: HtmlVoice) -> str:
    return "".join(_LEAVES.get(token.type, _element)(token, voice) for token in tokens)


def _element(token: Token, voice: HtmlVoice) -> str:
    if token.hidden:
        return ""
    if token.nesting == -1:
        return f"</{token.tag}>"
    extra = f' start="{int(token.attrs["start"])}"' if "start" in token.attrs else ""
    return _open(token.tag, voice, extra)


def _open(tag: str, voice: HtmlVoice, extra: str = "") -> str:
    styled = voice.attributes.get(tag, "")
    return f"<{tag}{extra}{' ' if styled else ''}{styled}>"


def _link(token: Token, voice: HtmlVoice) -> str:
    link: Link = token.meta["link"]
    title = f' title="{escape_attribute(str(token.attrs["title"]))}"' if "title" in token.attrs else ""
    return _open("a", voice, f' href="{escape_attribute(voice.href(link))}"{title}')


def _image(token: Token, voice: HtmlVoice) -> str:
    title = f' title="{escape_attribute(str(token.attrs["title"]))}"' if "title" in token.attrs else ""
    alternative = escape_attribute(plain_text(token.children or ()))
    source = escape_attribute(str(token.attrs["src"]))
    return _open("img", voice, f' src="{source}" alt="{alternative}"{title}')[:-1] + " />"


def _code(token: Token, voice: HtmlVoice) -> str:
    return f"{_open('code', voice)}{html.escape(token.content, quote=False)}</code>"


def _code_block(token: Token, voice: HtmlVoice) -> str:
    return f"{_open('pre', voice)}{html.escape(token.content.rstrip(), quote=False)}</pre>"


def _reference(token: Token, voice: HtmlVoice) -> str:
    number, occurrence = token.meta["number"], token.meta["occurrence"]
    label = escape_attribute(voice.words.note_reference.format(number))
    place = _reference_id(voice.position, number, occurrence)
    extra = f' href="#n-{voice.position}-{number}" id="{place}" role="doc-noteref" aria-label="{label}"'
    return f"{_open('sup', voice)}{_open('a', voice, extra)}{number}</a></sup>"


def _note(note: Note, voice: HtmlVoice) -> str:
    label = escape_attribute(voice.words.note_back.format(note.number))
    links = []
    for occurrence in range(1, note.references + 1):
        place = _reference_id(voice.position, note.number, occurrence)
        links.append(
            _open("a", voice, f' href="#{place}" role="doc-backlink" aria-label="{label}"') + _BACK_ARROW + "</a>"
        )
    body = _render(note.tokens, voice)
    back = " " + " ".join(links)
    ending = "</p>"
    return body.removesuffix(ending) + back + ending if body.endswith(ending) else body + back


def _reference_id(position: int, number: int, occurrence: int) -> str:
    return f"r-{position}-{number}" + (f"-{occurrence}" if occurrence > 1 else "")


_LEAVES: Final[Mapping[str, Callable[[Token, HtmlVoice], str]]] = {
    "inline": lambda token, voice: _render(token.children or (), voice),
    "text": lambda token, _: html.escape(token.content, quote=False),
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: "<br />",
    "hr": lambda _, voice: _open("hr", voice)[:-1] + " />",
    "merge_name": lambda token, voice: html.escape(voice.name(token.content), quote=False),
    "link_open": _link,
    "image": _image,
    "code_inline": _code,
    "code_block": _code_block,
    "fence": _code_block,
    "footnote_ref": _reference,
}
