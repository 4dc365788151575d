"""Header lines as bytes. Owns folding, encoding and the refusal of smuggled lines; never which headers a mail has.

Written by hand because ``email.policy.SMTP`` folds a long List-Unsubscribe into encoded words, which are not allowed
there (cpython #85725), and receivers then drop the button.
"""

import re
import unicodedata
from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime

from service.errors import BadInput

_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_WORD_BYTES = 45  # RFC 2047 §2: an encoded word has at most 75 characters; 45 bytes are 60 in base64
_LINE = 76


def text_header(name: str, value: str) -> bytes:
    """Return one unstructured header line (Subject): RFC 2047 words where the value is not ASCII, folded at spaces."""
    refuse_line_breaks(name, value)
    plain = value.isascii() and "=?" not in value and max(map(len, value.split(" "))) < _LINE
    return _fold(name, value.split(" ") if plain else _encoded_words(value), " ")


def address_header(name: str, display: str, address: str) -> bytes:
    """Return a From, To or Reply-To line with one address. ``address`` is ASCII, from ``service.addresses``."""
    refuse_line_breaks(name, display + address)
    if not display:
        return _fold(name, [address], " ")
    if "=?" in display:
        words = _encoded_words(display)
    elif _PHRASE.fullmatch(display):
        words = display.split(" ")
    elif display.isascii():
        words = ['"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"']
    else:
        words = _encoded_words(display)
    return _fold(name, [*words, f"<{address}>"], " ")


def token_header(name: str, *tokens: str, separator: str = ", ") -> bytes:
    """Return a structured line of ASCII tokens, folded only after the separator (RFC 2369 §2 for List-*)."""
    refuse_line_breaks(name, "".join(tokens))
    joined = [token + separator.rstrip() for token in tokens[:-1]] + [tokens[-1]]
    return _fold(name, joined, " ")


def date_header(moment: datetime) -> bytes:
    """Return the Date line for an aware ``moment`` (RFC 5322 §3.3)."""
    return token_header("Date", format_datetime(moment))


def refuse_line_breaks(name: str, value: str) -> None:
    """Raise ``BadInput`` if ``value`` holds anything that could end a header line or hide in one."""
    for char in value:
        if unicodedata.category(char) in {"Cc", "Zl", "Zp"}:
            raise BadInput(f"{name}: the character U+{ord(char):04X} can't stand in a mail header.")


def _encoded_words(value: str) -> list[str]:
    words, piece = [], b""
    for char in value:
        raw = char.encode()
        if len(piece) + len(raw) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += raw
    return [f"=?utf-8?b?{b64encode(word).decode()}?=" for word in [*words, piece]]


def _fold(name: str, tokens: list[str], separator: str) -> bytes:
    lines, line = [], f"{name}:"
    for token in tokens:
        if len(line) + len(separator) + len(token) > _LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += separator + token
    return "\r\n".join([*lines, line]).encode("ascii") + b"\r\n"
