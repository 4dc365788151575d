"""One address's forms: as typed, as mailed, and as the key by which two spellings are one person. Never sends.

Domains become A-labels by IDNA 2008 (UTS 46, non-transitional); the standard library's codec is IDNA 2003 and turns
``straße.de`` into another domain.
"""

import re
import unicodedata
from typing import NamedTuple

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
_PLAIN = re.compile(
    r"[A-Za-z0-9_+'-]++(?:\.[A-Za-z0-9_+'-]++)*+@"
    r"(?:[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+\.)++"
    r"(?!(?i:arpa|invalid|local|localhost|onion|test)\Z)[A-Za-z]{2,}"
)
_PLAIN_LONGEST = 64


class Address(NamedTuple):
    """``mailed`` is the envelope's form (A-label domain); ``key`` tells one person from another."""

    typed: str
    mailed: str
    key: str


def parse_address(raw: str) -> Address:
    """Return the forms of one plain address.

    Refuses what a mail program could read as two addresses: quotes, comments, encoded words, controls, IP literals.

    Raises:
        BadInput: with a sentence that says what is wrong.
    """
    typed = raw.strip()
    if len(typed) <= _PLAIN_LONGEST and _PLAIN.fullmatch(typed):
        local, _, domain = typed.rpartition("@")
        return Address(typed, f"{local}@{domain.lower()}", typed.lower())
    return _parse_at_length(unicodedata.normalize("NFC", typed))


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
    for sign, name in FORBIDDEN.items():
        if sign in typed:
            raise BadInput(f"An e-mail address with {name} in it can't be mailed safely.")
