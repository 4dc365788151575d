"""Reading Stripe's objects, which are no dicts: ids that may be expanded, moments, and the metadata that we set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from stripe import StripeObject


class _WithId(Protocol):
    id: str


def id_of(field: str | _WithId | None) -> str | None:
    """Return the id in an expandable field, whether it was expanded or not."""
    return field if field is None or isinstance(field, str) else field.id


def moment(seconds: int) -> datetime:
    """Return Stripe's seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def find_moment(seconds: int | None) -> datetime | None:
    """Return the time, or None where Stripe has none."""
    return None if seconds is None else moment(seconds)


def seconds(at: datetime) -> int:
    """Return an aware time as Stripe wants it."""
    return int(at.timestamp())


@dataclass(frozen=True)
class Labels:
    """What we wrote on everything that comes of one form."""

    attempt: str | None = None
    fund: str | None = None
    fee_cover: str | None = None

    def cover_of(self, amount_minor: int) -> int:
        """Return how much of ``amount_minor`` was added for the fee.

        Anybody with access to the dashboard can change metadata, so what can't be a cover counts as none.
        """
        raw = self.fee_cover or ""
        cover = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 15 else 0
        return cover if cover < amount_minor else 0


def write_labels(attempt: str, fund: str, fee_cover_minor: int) -> dict[str, str]:
    """Return the metadata for an object that comes of a form."""
    return {"attempt": attempt, "fund": fund, "fee_cover": str(fee_cover_minor)}


def read_labels(metadata: StripeObject | None) -> Labels:
    """Return what metadata says; an object that somebody made by hand has none of it."""
    written: Mapping[str, object] = metadata.to_dict() if metadata is not None else {}
    found = {name: str(written[name]) for name in ("attempt", "fund", "fee_cover") if written.get(name)}
    return Labels(**found)
