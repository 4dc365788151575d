"""Money as integers: minor units of a currency, read from and written for people. Never a float.

Minor units are those of the card processor, so that one integer means the same in a form, in the ledger and on the wire
(docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special case" currencies).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from service.errors import BadInput

BASIS: Final = 10_000  # basis points in a whole


@dataclass(frozen=True)
class Currency:
    """One currency. ``places`` are the decimals of its minor unit; amounts are multiples of ``step``."""

    code: str
    symbol: str
    places: int
    step: int = 1


CURRENCIES: Final = {
    currency.code: currency
    for currency in (
        Currency("usd", "$", 2),
        Currency("eur", "€", 2),
        Currency("gbp", "£", 2),
        Currency("cad", "CA$", 2),
        Currency("aud", "A$", 2),
        Currency("chf", "CHF ", 2),
        Currency("sek", "SEK ", 2),
        Currency("pln", "PLN ", 2),
        Currency("nok", "NOK ", 2),
        Currency("dkk", "DKK ", 2),
        Currency("czk", "CZK ", 2),
        Currency("nzd", "NZ$", 2),
        Currency("sgd", "S$", 2),
        Currency("hkd", "HK$", 2),
        Currency("mxn", "MX$", 2),
        Currency("brl", "R$", 2),
        Currency("inr", "₹", 2),
        Currency("ils", "₪", 2),
        Currency("zar", "ZAR ", 2),
        Currency("huf", "HUF ", 2),  # charged with two decimals; only payouts must be whole
        Currency("twd", "NT$", 2),  # the same
        Currency("isk", "ISK ", 2, step=100),  # no decimals left, yet kept as two for older programs
        Currency("ugx", "UGX ", 2, step=100),  # the same
        Currency("jpy", "¥", 0),
        Currency("krw", "₩", 0),
        Currency("vnd", "₫", 0),
        Currency("clp", "CLP ", 0),
        Currency("xaf", "FCFA ", 0),
        Currency("xof", "CFA ", 0),
        Currency("pyg", "PYG ", 0),
        Currency("rwf", "RWF ", 0),
        Currency("bhd", "BHD ", 3, step=10),  # the last digit is always 0
        Currency("jod", "JOD ", 3, step=10),
        Currency("kwd", "KWD ", 3, step=10),
        Currency("omr", "OMR ", 3, step=10),
        Currency("tnd", "TND ", 3, step=10),
    )
}

_LONGEST: Final = 15  # digits: below 2**53, so that no program on the way turns an amount into another
_AMOUNT: Final = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?")


def get_currency(code: str) -> Currency:
    """Return the currency with this ISO 4217 code, in either case.

    Raises:
        BadInput: when it is not in the table; guessing its decimals would be wrong by a factor of 100.
    """
    currency = CURRENCIES.get(code.lower())
    if currency is None:
        raise BadInput(f"We can’t take gifts in “{code[:10]}”.")
    return currency


def parse_amount(raw: str, code: str = "usd") -> int:
    """Return what a person typed (``50``, ``$1,250.50``) in minor units.

    Raises:
        BadInput: when it is no amount of this currency; the sentence says why.
    """
    currency = get_currency(code)
    typed = unicodedata.normalize("NFKC", raw).strip()
    bare = typed.removeprefix(currency.symbol.strip()).removesuffix(currency.code.upper()).strip()
    match = _AMOUNT.fullmatch(bare)
    if match is None:
        raise BadInput(f"“{raw.strip()[:40]}” is not an amount. Please write digits, such as 50 or 12.50.")
    part = match["part"] or ""
    if len(part) > currency.places:
        raise BadInput(f"An amount in {currency.code.upper()} has at most {currency.places} digits after the point.")
    digits = match["whole"].replace(",", "") + part.ljust(currency.places, "0")
    if len(digits.lstrip("0")) > _LONGEST:
        raise BadInput("That is more than we can take at once.")
    minor = int(digits)
    if minor % currency.step:
        raise BadInput(f"An amount in {currency.code.upper()} can’t be this fine.")
    return minor


def write_amount(minor: int, code: str = "usd", *, short: bool = False) -> str:
    """Return an amount for people: ``$1,250.50``, ``−$3.00``; ``short`` leaves out decimals that are all 0.

    An amount in a currency outside the table, which only others can have charged, is written as the processor has it.
    """
    currency = CURRENCIES.get(code.lower())
    if currency is None:
        return f"{code.upper()} {minor} (minor units)".replace("-", "−")
    whole, part = divmod(abs(minor), 10**currency.places)
    decimals = f".{part:0{currency.places}}" if currency.places and not (short and part == 0) else ""
    sign = "−" if minor < 0 else ""
    return f"{sign}{currency.symbol}{whole:,}{decimals}"


def write_plain(minor: int, code: str = "usd") -> str:
    """Return an amount for programs: ``1250.50``, ``-3.00``; no symbol and no separators; minor units if unlisted."""
    currency = CURRENCIES.get(code.lower()) or Currency(code, "", 0)
    whole, part = divmod(abs(minor), 10**currency.places)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{part:0{currency.places}}" if currency.places else f"{sign}{whole}"


def fee_to_cover(minor: int, basis_points: int, fixed_minor: int, code: str = "usd") -> int:
    """Return what a giver adds so that the fee on the whole leaves ``minor``, rounded up to a payable amount.

    The fee is ``basis_points`` of the whole and ``fixed_minor``.
    """
    step = get_currency(code).step
    whole = -(-(minor + fixed_minor) * BASIS // (BASIS - basis_points))
    return -(-(whole - minor) // step) * step
