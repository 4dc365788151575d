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
# One address without quotes or comments: nothing that has a meaning in a list of addresses (RFC 5322 section 3.2.3).
_ADDRESS = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\]\\]+@[A-Za-z0-9.-]+")
_LINE = 76  # RFC 2047 §2: no line with an encoded word in it is longer
_FRAME = len("=?utf-8?b??=")


def text_header(name: str, value: str) -> bytes:
    """Return one unstructured header line (Subject): RFC 2047 words where the value is not ASCII, folded at spaces."""
    refuse_line_breaks(name, value)
    plain = not value or (value.isascii() and "=?" not in value and _can_be_folded(value.split(" ")))
    return _fold(name, value.split(" ") if plain else _encoded_words(name, value), " ")


def address_header(name: str, display: str, address: str) -> bytes:
    """Return a From, To or Reply-To line with one address. ``address`` is ASCII, from ``service.addresses``."""
    refuse_line_breaks(name, display + address)
    if not display:
        return _fold(name, [address], " ")
    quoted = '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if "=?" in display or not display.isascii():
        words = _encoded_words(name, display)
    elif _PHRASE.fullmatch(display) and _can_be_folded(display.split(" ")):
        words = display.split(" ")
    else:
        words = [quoted] if len(f"{name}: {quoted}") <= _LINE else _encoded_words(name, display)
    return _fold(name, [*words, f"<{address}>"], " ")


def recipient_header(address: str) -> bytes:
    """Return the To line of one bare address. A local part in another script stands there as it is (RFC 6532): such a
    mail goes only to a relay that takes SMTPUTF8.

    Raises:
        BadInput: when a mail program could read it as anything but one address.
    """
    if not _ADDRESS.fullmatch(address) or (not address.isascii() and any(map(_is_unseen, address))):
        raise BadInput("To: this address can't stand in a mail header.")
    return f"To: {address}\r\n".encode()


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


def _can_be_folded(words: list[str]) -> bool:
    """Whether every line that these words are folded into holds something and is short enough."""
    return all(0 < len(word) < _LINE for word in words)


def _is_unseen(char: str) -> bool:
    """Whether a character is a control, a blank or half of one: nothing that a local part is written with."""
    return unicodedata.category(char)[0] in "CZ"


def _encoded_words(name: str, value: str) -> list[str]:
    """Return ``value`` in words each of which fits on the line that begins with the header's name."""
    room = (_LINE - len(f"{name}: ") - _FRAME) // 4 * 3
    words, piece = [], b""
    for char in value:
        raw = char.encode()
        if len(piece) + len(raw) > room:
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
