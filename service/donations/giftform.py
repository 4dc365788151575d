"""What a giver typed becomes what a giver wants. Owns the rules of each field; stores nothing and asks nobody.

Only the fields named here are read: the currency, the limits and the fee are the organisation's, whatever a form says.
Each fault is a word, so that a page can say it in the giver's language beside the field.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from service.addresses import Address, parse_address
from service.donations.models import Fund
from service.donations.states import Frequency
from service.errors import BadInput
from service.money import fee_to_cover, get_currency, parse_amount
from service.organisation.models import Organisation

FIELDS: Final = (
    *("frequency", "amount", "other_amount", "cover_fee", "fund", "name", "address"),
    *("tribute_kind", "tribute_name", "anonymous", "employer"),
)
OTHER: Final = "other"
TRIBUTES: Final = ("honour", "memory")
LONGEST_LINE: Final = 120  # characters of a name, an employer or an honoured person, as receipts have room for
_MINOR: Final = re.compile(r"[0-9]{1,15}")  # what our own buttons send; anything else was not made by them
# Joiners within words of Persian, Hindi and other scripts; all other invisible marks could make a name read as another.
_JOINERS: Final = frozenset({"\u200c", "\u200d"})
T = TypeVar("T")


class Fault(StrEnum):
    """What is wrong with one field."""

    AMOUNT_MISSING = "amount_missing"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_TOO_LARGE = "amount_too_large"
    FREQUENCY_UNKNOWN = "frequency_unknown"
    FUND_CLOSED = "fund_closed"
    NAME_MISSING = "name_missing"
    ADDRESS_MISSING = "address_missing"
    ADDRESS_WRONG = "address_wrong"
    TRIBUTE_KIND_MISSING = "tribute_kind_missing"
    TRIBUTE_NAME_MISSING = "tribute_name_missing"


class BadGift(BadInput):
    """Some fields can't be taken. ``faults`` holds one word for each of them, by the field's name."""

    code = "bad_gift"

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(f"Some fields of the form need another look: {', '.join(faults)}.")
        self.faults = dict(faults)


@dataclass(frozen=True)
class Wish:
    """What a giver wants, checked. ``amount_minor`` is the gift, ``fee_cover_minor`` is added to it."""

    amount_minor: int
    fee_cover_minor: int
    currency: str
    frequency: Frequency
    fund_id: int
    address: Address
    name: str
    is_anonymous: bool
    tribute_kind: str
    tribute_name: str
    employer: str


def read_wish(form: Mapping[str, str], organisation: Organisation, funds: Sequence[Fund]) -> Wish:
    """Return what the form asks for; ``funds`` are the open ones.

    Raises:
        BadGift: naming every field that can't be taken, all at once.
    """
    faults: dict[str, Fault] = {}

    def take(field: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except _Wrong as wrong:
            faults[wrong.field or field] = wrong.fault
            return None

    amount = take("amount", lambda: _read_amount(form, organisation))
    frequency = take("frequency", lambda: _read_frequency(form))
    fund_id = take("fund", lambda: _read_fund(form, funds))
    name = take("name", lambda: _read_name(form))
    address = take("address", lambda: _read_address(form))
    tribute = take("tribute_name", lambda: _read_tribute(form))
    if amount is None or frequency is None or fund_id is None or name is None or address is None or tribute is None:
        raise BadGift(faults)
    return Wish(
        amount_minor=amount,
        fee_cover_minor=cover_of(organisation, amount) if form.get("cover_fee") else 0,
        currency=organisation.currency,
        frequency=frequency,
        fund_id=fund_id,
        address=address,
        name=name,
        is_anonymous=bool(form.get("anonymous")),
        tribute_kind=tribute[0],
        tribute_name=tribute[1],
        employer=clean_line(form.get("employer", "")),
    )


def cover_of(organisation: Organisation, amount_minor: int) -> int:
    """Return what covering the fee adds to a gift of ``amount_minor``."""
    return fee_to_cover(
        amount_minor, organisation.fee_basis_points, organisation.fee_fixed_minor, organisation.currency
    )


def clean_line(typed: str) -> str:
    """Return one line of somebody's words: no control or invisible marks, single spaces, at most 120 characters."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", typed))
    shown = "".join(char for char in spaced if char in _JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Cs"})
    return " ".join(shown.split())[:LONGEST_LINE].rstrip()


class _Wrong(Exception):  # noqa: N818 - reads as a sentence where it is raised
    def __init__(self, fault: Fault, field: str = "") -> None:
        super().__init__(fault)
        self.fault, self.field = fault, field


def _read_amount(form: Mapping[str, str], organisation: Organisation) -> int:
    chosen, typed = form.get("amount", OTHER), form.get("other_amount", "").strip()
    if chosen == OTHER:
        minor = _parse_typed(typed, organisation.currency)
    elif _MINOR.fullmatch(chosen):
        minor = int(chosen)
    else:
        raise _Wrong(Fault.AMOUNT_UNREADABLE)
    if minor < organisation.smallest_minor:
        raise _Wrong(Fault.AMOUNT_TOO_SMALL)
    if minor > organisation.largest_minor:
        raise _Wrong(Fault.AMOUNT_TOO_LARGE)
    if minor % get_currency(organisation.currency).step:
        raise _Wrong(Fault.AMOUNT_UNREADABLE)
    return minor


def _parse_typed(typed: str, currency: str) -> int:
    if not typed:
        raise _Wrong(Fault.AMOUNT_MISSING)
    try:
        return parse_amount(typed, currency)
    except BadInput as problem:
        raise _Wrong(Fault.AMOUNT_UNREADABLE) from problem


def _read_frequency(form: Mapping[str, str]) -> Frequency:
    chosen = form.get("frequency", Frequency.ONCE)
    if chosen not in set(Frequency):
        raise _Wrong(Fault.FREQUENCY_UNKNOWN)
    return Frequency(chosen)


def _read_fund(form: Mapping[str, str], funds: Sequence[Fund]) -> int:
    chosen = form.get("fund") or (funds[0].slug if funds else "")
    for fund in funds:
        if fund.slug == chosen:
            return fund.id
    raise _Wrong(Fault.FUND_CLOSED)


def _read_name(form: Mapping[str, str]) -> str:
    name = clean_line(form.get("name", ""))
    if not name:
        raise _Wrong(Fault.NAME_MISSING)
    return name


def _read_address(form: Mapping[str, str]) -> Address:
    typed = form.get("address", "").strip()
    if not typed:
        raise _Wrong(Fault.ADDRESS_MISSING)
    try:
        return parse_address(typed)
    except BadInput as problem:
        raise _Wrong(Fault.ADDRESS_WRONG) from problem


def _read_tribute(form: Mapping[str, str]) -> tuple[str, str]:
    kind, name = form.get("tribute_kind", ""), clean_line(form.get("tribute_name", ""))
    if kind not in TRIBUTES:
        if name:
            raise _Wrong(Fault.TRIBUTE_KIND_MISSING, "tribute_kind")
        return "", ""
    if not name:
        raise _Wrong(Fault.TRIBUTE_NAME_MISSING)
    return kind, name
