"""The place in a list that is paged by key. Owns reading it from an address; the query owns the order."""

from service.web.desk.access import LARGEST_ID


def read_key(raw: str | None) -> int | None:
    """Return the id before which a page begins; None, the newest, for what can't be one."""
    is_number = raw is not None and raw.isascii() and raw.isdigit() and len(raw) <= len(str(LARGEST_ID))
    return min(int(raw), LARGEST_ID) if raw is not None and is_number else None
