"""One address's forms: as typed, as mailed, and as the key by which two spellings are one person. Never sends.

What holds an address and more than that is refused, never cleaned in silence; the refusal offers what is left of it.

Domains become A-labels by IDNA 2008 (UTS 46, non-transitional); the standard library's codec is IDNA 2003 and turns
``straße.de`` into another domain.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple

import idna
from email_validator import EmailNotValidError, validate_email

from service.errors import BadInput

FORBIDDEN = {
    '"': "quotes",
    "(": "comments",
    "=?": "encoded words",
    "[": "an IP address",
    "%": "a route by %",  # RFC 1123 §5.2.16: gateways read "a%b@relay" and "b!a@relay" as mail for somebody else
    "!": "a route by !",
}
LONGEST = 254  # RFC 5321 §4.5.3.1.3 less the angle brackets

# The address of nearly everybody, for which the long way (300 µs, far too much for a file of a million) would change
# nothing but the case of the domain; a test holds the two ways together. At 64 characters no part can be too long.
# Possessive are only the classes: a possessive group does not match before Python 3.11.5 (python/cpython#106052).
_PLAIN = re.compile(
    r"[A-Za-z0-9_+'-]++(?:\.[A-Za-z0-9_+'-]++)*@"
    r"(?:[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*\.)+"
    r"(?!(?i:arpa|invalid|local|localhost|onion|test)\Z)[A-Za-z]{2,}"
)
_PLAIN_LONGEST = 64


class Fault(StrEnum):
    """What stands around or between addresses that are good by themselves."""

    MAILTO = "mailto"  # a link, RFC 6068
    NAMED = "named"  # a mail program's "Name <address>"
    SIGNS = "signs"
    WIDE_AT = "wide_at"  # as a keyboard for Chinese or Japanese may type it
    SEVERAL = "several"


_SAID: Final = {
    Fault.MAILTO: "Please write only the address itself, without “mailto:”.",
    Fault.NAMED: "Please write only the address itself, without a name and without < and >.",
    Fault.SIGNS: "Please write only the address itself, without the signs before or after it.",
    Fault.WIDE_AT: "Please write the plain @ in the address, not the wide one.",
    Fault.SEVERAL: "Please write one address only.",
}
_LONGEST_EXPLAINED: Final = 1000
_WIDE_AT: Final = str.maketrans("＠﹫", "@@")
_BETWEEN: Final = re.compile(r"[\s,;，；、]+")
_OPENING: Final = " ,;:<([{'\"“”„‘’«»‹›「《，；："
_CLOSING: Final = " .,;:>)]}'\"“”„‘’«»‹›」》。，；：、"


class BadAddress(BadInput):
    """Around an address stands what is none of it: ``fault`` says what, ``offered`` is the address itself.

    With several addresses none is offered: which of them is meant, nobody can know.
    """

    def __init__(self, fault: Fault, offered: str) -> None:
        super().__init__(_SAID[fault])
        self.fault = fault
        self.offered = offered


class Address(NamedTuple):
    """``mailed`` is the envelope's form (A-label domain); ``key`` tells one person from another."""

    typed: str
    mailed: str
    key: str


def parse_address(raw: str) -> Address:
    """Return the forms of one plain address.

    Refuses what a mail program could read as two addresses: quotes, comments, encoded words, controls, IP literals.

    Raises:
        BadAddress: when it is an address and something around it.
        BadInput: with a sentence that says what is wrong.
    """
    typed = raw.strip()
    if len(typed) <= _PLAIN_LONGEST and _PLAIN.fullmatch(typed):
        key = typed.lower()
        if key == typed:
            return Address(typed, typed, typed)
        local, _, domain = typed.rpartition("@")
        return Address(typed, f"{local}@{domain.lower()}", key)
    whole = unicodedata.normalize("NFC", typed)
    try:
        return _parse_at_length(whole)
    except BadInput as refusal:
        raise _explain(whole) or refusal from refusal.__cause__


def _parse_at_length(typed: str) -> Address:
    if not typed:
        raise BadInput("Please write an e-mail address.")
    _refuse_odd(typed)
    try:
        checked = validate_email(typed, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as problem:
        raise BadInput(f"“{typed[:80]}” is not an e-mail address we can mail: {problem}") from problem
    domain = idna.encode(checked.domain, uts46=True, transitional=False).decode().lower()
    return Address(typed, f"{checked.local_part}@{domain}", f"{checked.local_part.casefold()}@{domain}")


def _refuse_odd(typed: str) -> None:
    if len(typed) > LONGEST:
        raise BadInput(f"An e-mail address has at most {LONGEST} characters; this one has {len(typed)}.")
    if any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Zs"} for char in typed):
        raise BadInput("An e-mail address has no spaces or control characters in it.")
    if typed.count("@") != 1:
        raise BadInput("An e-mail address has exactly one @.")
    if not typed.partition("@")[0].isascii():  # SMTPUTF8, RFC 6531: few servers speak it
        raise BadInput("Before the @ of this address stand letters other than a to z, which few mail servers take.")
    for sign, name in FORBIDDEN.items():
        if sign in typed:
            raise BadInput(f"An e-mail address with {name} in it can't be mailed safely.")


def _explain(refused: str) -> BadAddress | None:
    """Return what is wrong where taking it away leaves an address; None where it would not."""
    if len(refused) > _LONGEST_EXPLAINED:
        return None
    parts = [part for part in _BETWEEN.split(refused) if part]
    if len(parts) > 1 and all(map(_is_address, parts)):
        return BadAddress(Fault.SEVERAL, "")
    fault, rest = _peel(refused)
    return BadAddress(fault, rest) if rest != refused and _is_address(rest) else None


def _peel(typed: str) -> tuple[Fault, str]:
    """Return what stands around an address most plainly, and the rest without all of it."""
    fault, rest = Fault.SIGNS, typed
    if "@" not in rest:
        fault, rest = Fault.WIDE_AT, rest.translate(_WIDE_AT)
    name, bracket, inner = rest.partition("<")
    if bracket and "@" not in name:  # a name with an @ may be another address: whose is meant, nobody can know
        fault, rest = Fault.NAMED, inner
    rest = rest.lstrip(_OPENING).rstrip(_CLOSING)
    if rest[:7].lower() == "mailto:":
        fault, rest = Fault.MAILTO, rest[7:].partition("?")[0]
    return fault, rest


def _is_address(text: str) -> bool:
    try:
        _parse_at_length(text)
    except BadInput:
        return False
    return True
