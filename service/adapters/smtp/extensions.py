"""What a relay says it can, in its answer to EHLO (RFC 5321 §4.1.1.1). Owns the reading of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extensions:
    """The service extensions we use. ``size`` is the largest mail in bytes, None where none is named (RFC 1870)."""

    pipelining: bool = False
    starttls: bool = False
    smtp_utf8: bool = False
    size: int | None = None
    sign_in: frozenset[str] = frozenset()


def read_extensions(text: bytes) -> Extensions:
    """Return what the lines of an EHLO reply announce; the first line is the relay's name."""
    offers: dict[str, list[str]] = {}
    for line in text.decode("ascii", "replace").upper().split("\n")[1:]:
        # "AUTH=PLAIN" is the form of old servers.
        name, *values = line[4:].replace("=", " ", 1).split() or [""]
        offers.setdefault(name, []).extend(values)
    size = offers.get("SIZE", [])
    return Extensions(
        pipelining="PIPELINING" in offers,
        starttls="STARTTLS" in offers,
        smtp_utf8="SMTPUTF8" in offers,
        size=_positive(size[0]) if size else None,
        sign_in=frozenset(offers.get("AUTH", [])),
    )


def _positive(digits: str) -> int | None:
    """Return the number; 0 means "no fixed limit" (RFC 1870 §4), as does what is no number."""
    return (int(digits) or None) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
