"""What a file says of one person, and what is told of a line that says nothing usable. Never who is known here."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class EntryStatus(StrEnum):
    """What the other house knew of a person's wish and of their mailbox."""

    SUBSCRIBED = "subscribed"
    LEFT = "left"
    BOUNCED = "bounced"  # their mailbox is gone, or the other house would not mail them any more
    COMPLAINED = "complained"
    UNCONFIRMED = "unconfirmed"


class Entry(NamedTuple):
    """One person of a file. ``address`` is as written there; whether it can be mailed is not judged here.

    ``line`` is where the row begins, counted from 1. ``frequency`` and ``paused_until`` come only in our own exports.
    """

    line: int
    address: str
    name: str | None
    language: str | None
    tags: tuple[str, ...]
    status: EntryStatus
    agreed_at: datetime | None
    ended_at: datetime | None
    source: str
    fields: Mapping[str, str]
    frequency: str
    paused_until: datetime | None


class BadLine(NamedTuple):
    """A line that brings nobody in, and why, in a sentence. ``address`` is what looks like one in it, if anything."""

    line: int
    address: str
    reason: str
