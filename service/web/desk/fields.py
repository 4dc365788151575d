"""What staff typed, as values. Owns reading form fields and the sentence for each that can't be read; no rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from service.errors import BadInput
from service.money import parse_amount
from service.web.desk.wording import LANGUAGES

OTHER_LANGUAGE = "other"
# BCP 47 in short: a language of two or three letters, then script, region or variant.
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
LARGEST_NUMBER = 1_000_000
Word = TypeVar("Word", bound=StrEnum)


@dataclass
class Typed:
    """One form as typed, and a sentence for each field that can't be read.

    Reading never fails: a field that can't be read yields some value of its type, and ``refuse_unreadable`` raises.
    """

    raw: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field exactly as typed, or ''."""
        return self.raw.get(name, "")

    def number(self, name: str, label: str) -> int | None:
        """Return a whole number, or None when the field is empty or can't be read."""
        raw = self.text(name).strip()
        if not raw:
            return None
        if not raw.isdecimal() or not 1 <= int(raw) <= LARGEST_NUMBER:
            self.errors[name] = f"{label} is a whole number from 1; “{raw[:40]}” is not."
            return None
        return int(raw)

    def required_number(self, name: str, label: str) -> int:
        """Return a whole number; an empty field is an error too."""
        number = self.number(name, label)
        if number is None:
            self.errors.setdefault(name, f"{label} is missing.")
        return number or 0

    def whole(self, name: str, label: str, largest: int) -> int:
        """Return a whole number from 0 to ``largest``."""
        raw = self.text(name).strip()
        if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and int(raw) <= largest):
            self.errors[name] = f"{label} is a whole number from 0 to {largest:,}."
            return 0
        return int(raw)

    def money(self, name: str, label: str, currency: str) -> int:
        """Return an amount in minor units; an empty field is an error."""
        amount = self.optional_money(name, currency)
        if not self.text(name).strip():
            self.errors[name] = f"{label} is missing."
        return amount

    def optional_money(self, name: str, currency: str) -> int:
        """Return an amount in minor units, 0 for an empty field."""
        raw = self.text(name)
        if not raw.strip():
            return 0
        try:
            return parse_amount(raw, currency)
        except BadInput as problem:
            self.errors[name] = problem.message
            return 0

    def day(self, name: str, label: str) -> date:
        """Return a date written as 2026-03-05."""
        raw = self.text(name).strip()
        try:
            return date.fromisoformat(raw)
        except ValueError:
            said = f"; “{raw[:40]}” is not" if raw else ""
            self.errors[name] = f"{label} is written as year, month and day, like 2026-03-05{said}."
            return date.min

    def language(self) -> str:
        """Return a language tag: the one chosen in ``language``, or typed in ``language_other``."""
        chosen = self.text("language").strip()
        tag = self.text("language_other").strip() if chosen == OTHER_LANGUAGE else chosen
        if not _TAG.fullmatch(tag):
            self.errors["language_other"] = "A language tag looks like “en”, “pt-BR” or “zh-Hant”."
        return tag

    def word(self, name: str, words: type[Word], label: str) -> Word:
        """Return one of a closed list of words."""
        raw = self.text(name)
        if raw in set(words):
            return words(raw)
        self.errors[name] = f"{label} must be one of: {', '.join(words)}."
        return next(iter(words))

    def refuse_unreadable(self) -> None:
        """Raise ``BadInput`` when any field read so far can't be read; the sentence for each is in ``errors``."""
        if self.errors:
            raise BadInput("Nothing is saved yet: please look at the marked fields.")

    def required_int(self, name: str) -> int:
        """Return a number that the page itself put in the form; 0, which no row has, if it was tampered with."""
        raw = self.text(name)
        return int(raw) if raw.isdecimal() and len(raw) < 19 else 0


def read_page(raw: str | None) -> int:
    """Return the number of a page of a list, as an address says it; the first for what can't be one."""
    is_number = raw is not None and raw.isascii() and raw.isdigit() and len(raw) <= len(str(LARGEST_NUMBER))
    return max(int(raw), 1) if raw is not None and is_number else 1


def split_names(typed: str) -> list[str]:
    """Return the names of a byline: parted by commas of any script, or one on each line."""
    return [name for name in (part.strip() for part in re.split("[,，、;；\n]", typed)) if name]


def language_choices(present: str) -> list[tuple[str, str]]:
    """Return the choices for a language, with the present one among them, and one to type another."""
    listed = dict(LANGUAGES)
    if present and present != OTHER_LANGUAGE:
        listed.setdefault(present, present)
    return [*listed.items(), (OTHER_LANGUAGE, "Another language…")]
