"""What a gift form shows before anybody has typed: what the link asked for, and who is signed in. Stores nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from service.donations.giftform import OTHER
from service.donations.models import Attempt, Donor, Fund
from service.donations.states import Frequency
from service.errors import BadInput, NotFound
from service.money import parse_amount, write_plain
from service.organisation.models import Organisation

_DIGITS: Final = re.compile(r"[0-9]{1,15}")
NO_FUND: Final = "This fund takes no gifts any more. Please give to another one at /give."


def prefill(asked: Mapping[str, str], organisation: Organisation, funds: Sequence[Fund], slug: str) -> dict[str, str]:
    """Return the fields that a link sets: ``amount``, ``frequency`` and the fund. What makes no sense is left out.

    Raises:
        NotFound: when the address names a fund that is closed or never was.
    """
    amount = read_asked_amount(asked.get("amount", ""), organisation)
    typed = amount_fields(amount, organisation) if amount else _suggested_amount(organisation)
    frequency = asked.get("frequency", "")
    typed["frequency"] = frequency if frequency in set(Frequency) else Frequency.ONCE
    if slug and slug not in {fund.slug for fund in funds}:
        raise NotFound(NO_FUND)
    typed["fund"] = slug or asked.get("fund", "")
    return typed


def prefill_person(typed: dict[str, str], donor: Donor | None) -> None:
    """Fill in who is signed in."""
    if donor is not None:
        typed.update(name=donor.name, address=donor.mailed_address)


def prefill_again(typed: dict[str, str], attempt: Attempt, organisation: Organisation) -> None:
    """Fill in what this browser sent before: its giver has come back from the processor without paying."""
    typed.update(
        amount_fields(attempt.amount_minor, organisation),
        frequency=attempt.frequency,
        fund=attempt.fund.slug,
        cover_fee="yes" if attempt.fee_cover_minor else "",
        name=attempt.donor_name,
        address=attempt.mailed_address,
        anonymous="yes" if attempt.is_anonymous else "",
        tribute_kind=attempt.tribute_kind,
        tribute_name=attempt.tribute_name,
        employer=attempt.employer,
    )


def read_asked_amount(raw: str, organisation: Organisation) -> int | None:
    """Return the amount that a link asks for in minor units, or None when no such gift is taken.

    Our own links write minor units (``5000``). A person who types an address writes ``50`` or ``50.00``: whole digits
    that would be less than the smallest gift are read so.
    """
    if _DIGITS.fullmatch(raw) and int(raw) >= organisation.smallest_minor:
        minor = int(raw)
    else:
        try:
            minor = parse_amount(raw, organisation.currency)
        except BadInput:
            return None
    return minor if organisation.smallest_minor <= minor <= organisation.largest_minor else None


def read_typed_amount(typed: Mapping[str, str], organisation: Organisation) -> int | None:
    """Return the amount that the form's fields say, or None when they say none that is taken."""
    chosen = typed.get("amount", OTHER)
    return read_asked_amount(typed.get("other_amount", "") if chosen == OTHER else chosen, organisation)


def list_suggested(organisation: Organisation) -> list[int]:
    """Return the suggested amounts that may be given at all."""
    return [
        minor
        for minor in organisation.suggested_minor
        if organisation.smallest_minor <= minor <= organisation.largest_minor
    ]


def amount_fields(minor: int, organisation: Organisation) -> dict[str, str]:
    """Return the two fields that say ``minor``: one of the buttons, or the field for any other amount."""
    if minor in list_suggested(organisation):
        return {"amount": str(minor)}
    return {"amount": OTHER, "other_amount": write_plain(minor, organisation.currency)}


def _suggested_amount(organisation: Organisation) -> dict[str, str]:
    suggested = list_suggested(organisation)
    return (
        {"amount": str(suggested[len(suggested) // 2 - 1] if len(suggested) > 1 else suggested[0])} if suggested else {}
    )
