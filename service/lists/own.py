"""The form of our own export: its columns and the words in them, for whoever writes it and whoever reads it back."""

from typing import Final

from service.lists.entries import EntryStatus
from service.lists.layouts import Layout

COLUMNS: Final = (
    *("address", "name", "language", "state", "agreed_at", "ended_at", "source", "tags", "frequency", "paused_until"),
    "fields",
)
SUPPRESSED: Final = "suppressed"
"""The state of somebody whose address must not be mailed, whatever their subscription says."""

OWN: Final = Layout(
    format="Postrider",
    address="address",
    names=("name",),
    language="language",
    tags="tags",
    agreed_at=("agreed_at",),
    ended_at=("ended_at",),
    source=("source",),
    status="state",
    words={
        "active": EntryStatus.SUBSCRIBED,
        "pending": EntryStatus.UNCONFIRMED,
        "unsubscribed": EntryStatus.LEFT,
        SUPPRESSED: EntryStatus.BOUNCED,
    },
    attributes="fields",
    frequency="frequency",
    paused_until="paused_until",
    is_own=True,
)
