"""A moment as other houses write it. Owns the forms that can be read in one way only; never guesses at 03/04/2024."""

import re
from datetime import UTC, datetime
from typing import Final

# Go's Time.String() as listmonk writes it, "2024-01-02 03:04:05.123456789 +0000 UTC", and beehiiv's "… 10:23:10 UTC".
_ZONED: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:(\.\d{1,6})\d*)?(?: ([+-]\d{4}))?(?: [A-Z]{2,5})?")


def parse_moment(text: str) -> datetime | None:
    """Return a moment as aware UTC, or None when the text is none. One without a zone is taken for UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if not (parts := _ZONED.fullmatch(text)):
            return None
        day, time, fraction, offset = parts.groups("")
        try:
            moment = datetime.fromisoformat(f"{day}T{time}{fraction.ljust(7, '0') if fraction else ''}{offset}")
        except ValueError:
            return None
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, moved over the edge by its zone
        return None
