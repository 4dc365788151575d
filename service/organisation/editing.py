"""Setting who the organisation is and by which rules it takes gifts. Owns what such facts may be; never a page.

The currency is set once: amounts that are already in the books would mean something else in another one.
"""

import re
from dataclasses import asdict, dataclass, fields
from typing import Final
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.alarms.raising import raise_alarm
from service.clock import now
from service.errors import BadInput, Conflict
from service.money import BASIS, get_currency, write_amount
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation

LONGEST_LINE: Final = 200
LONGEST_TEXT: Final = 2_000
MOST_SUGGESTED: Final = 6  # more do not fit a phone's first screen
_REQUIRED: Final = {
    "legal_name": "The legal name",
    "tax_number": "The tax number",
    "postal_address": "The postal address",
    "sender_name": "The sender’s name",
}


@dataclass(frozen=True)
class Facts:
    """Everything that staff set. Amounts are minor units of ``currency``; ``fee_basis_points`` of 290 is 2.9 %."""

    legal_name: str
    tax_number: str
    postal_address: str
    sender_name: str
    sender_address: str
    reply_address: str
    time_zone: str = "America/New_York"
    currency: str = "usd"
    signatory: str = ""
    disclosure: str = ""
    suggested_minor: tuple[int, ...] = (2500, 5000, 10000, 25000)
    smallest_minor: int = 500
    largest_minor: int = 2_500_000
    refund_limit_minor: int = 50_000
    fee_basis_points: int = 290
    fee_fixed_minor: int = 30
    thanks_days: int = 90


FIRST_LIMIT: Final = Facts.refund_limit_minor  # counts before anybody has set one
Changes = dict[str, tuple[object, object]]


@dataclass(frozen=True)
class Editor:
    """Who sets the facts: the name for people, and whether they may raise the limit for refunds."""

    name: str
    may_raise_limit: bool


def facts_of(organisation: Organisation) -> Facts:
    """Return the facts as they stand."""
    values = {field.name: getattr(organisation, field.name) for field in fields(Facts)}
    return Facts(**{**values, "suggested_minor": tuple(organisation.suggested_minor)})


def set_organisation(session: Session, facts: Facts, editor: Editor) -> Changes:
    """Make the organisation be what ``facts`` say. Returns what each fact was and is; None: there was none before.

    Whoever raises the limit for refunds must not be the one who profits from it alone: it takes a publisher, and an
    alarm tells everybody else. Safe to repeat.

    Raises:
        BadInput: naming the first fact that will not do, or that this editor may not raise.
        Conflict: when another currency is asked for than gifts are kept in.
    """
    clean = check_facts(facts)
    values = {**asdict(clean), "suggested_minor": list(clean.suggested_minor)}
    organisation = session.get(Organisation, 1, with_for_update={"key_share": True})
    if organisation is not None and organisation.currency != clean.currency:
        raise Conflict("The currency was set when the organisation was; gifts in the books are in it.")
    _watch_limit(session, organisation.refund_limit_minor if organisation else FIRST_LIMIT, clean, editor)
    if organisation is None:
        session.add(Organisation(id=1, **values))
        session.flush()
        return {name: (None, value) for name, value in values.items()}
    was = {name: getattr(organisation, name) for name in values}
    changes: Changes = {name: (was[name], value) for name, value in values.items() if was[name] != value}
    for name, (_, value) in changes.items():
        setattr(organisation, name, value)
    session.flush()
    return changes


def check_facts(facts: Facts) -> Facts:
    """Return the facts with their lines tidied. Raises BadInput naming the first that will not do."""
    values = asdict(facts)
    for name, label in _REQUIRED.items():
        values[name] = _tidy(values[name], label, LONGEST_TEXT if name == "postal_address" else LONGEST_LINE)
        if not values[name]:
            raise BadInput(f"{label} is missing.")
    values["signatory"] = _tidy(facts.signatory, "The signatory", LONGEST_LINE)
    values["disclosure"] = _tidy(facts.disclosure, "The disclosure", LONGEST_TEXT)
    for name in ("sender_address", "reply_address"):
        values[name] = parse_address(values[name]).mailed
    values["currency"] = get_currency(facts.currency).code
    if facts.time_zone not in available_timezones():
        raise BadInput(f"“{facts.time_zone[:40]}” is no time zone; it is written like America/New_York.")
    _refuse_bad_amounts(facts)
    values["suggested_minor"] = tuple(sorted(set(facts.suggested_minor)))
    return Facts(**values)


def pause_giving(session: Session, reason: str) -> Organisation:
    """Take no more gifts on the public form until resumed. ``reason`` is shown to givers. Safe to repeat."""
    organisation = get_organisation(session)
    organisation.giving_pause_reason = _tidy(reason, "The reason", LONGEST_LINE)
    organisation.giving_paused_at = organisation.giving_paused_at or now()
    return organisation


def resume_giving(session: Session) -> Organisation:
    """Take gifts again. Safe to repeat."""
    organisation = get_organisation(session)
    organisation.giving_paused_at, organisation.giving_pause_reason = None, ""
    return organisation


def _watch_limit(session: Session, was_minor: int, facts: Facts, editor: Editor) -> None:
    """Refuse a higher limit for refunds, or tell everybody of it."""
    if facts.refund_limit_minor <= was_minor:
        return
    before, after = (write_amount(minor, facts.currency) for minor in (was_minor, facts.refund_limit_minor))
    if not editor.may_raise_limit:
        raise BadInput(
            f"Only a publisher may raise what one person may pay back alone, from {before} to {after}. "
            "Please ask one, or leave it as it is; nothing is saved yet."
        )
    raise_alarm(
        session,
        "refund-limit",
        f"{editor.name} raised what one person may pay back alone from {before} to {after}. "
        "If that was not agreed upon, set it back under Organization and look through the refunds.",
    )


def _refuse_bad_amounts(facts: Facts) -> None:
    step = get_currency(facts.currency).step
    if not 0 < facts.smallest_minor <= facts.largest_minor:
        raise BadInput("The smallest gift must be above zero, and not above the largest.")
    if not 1 <= len(facts.suggested_minor) <= MOST_SUGGESTED:
        raise BadInput(f"Please suggest between one and {MOST_SUGGESTED} amounts.")
    if any(not facts.smallest_minor <= minor <= facts.largest_minor for minor in facts.suggested_minor):
        raise BadInput("Every suggested amount must lie between the smallest and the largest gift.")
    if any(minor % step for minor in facts.suggested_minor):
        raise BadInput(f"A suggested amount can’t be this fine in {facts.currency.upper()}.")
    if facts.refund_limit_minor < 0:
        raise BadInput("The limit for refunds by one person can’t be below zero.")
    if not 0 <= facts.fee_basis_points < BASIS or facts.fee_fixed_minor < 0:
        raise BadInput("The processor’s price is a share below 100 % and a fixed part of zero or more.")
    if facts.thanks_days < 0:
        raise BadInput("The days of thanks can’t be below zero.")


def _tidy(text: str, label: str, longest: int) -> str:
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in text.replace("\r\n", "\n").split("\n")]
    tidied = "\n".join(lines).strip() if longest == LONGEST_TEXT else " ".join(" ".join(lines).split())
    if "\x00" in tidied or len(tidied) > longest:
        raise BadInput(f"{label} has at most {longest} characters.")
    return tidied
