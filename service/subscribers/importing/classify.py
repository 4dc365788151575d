"""What a file may do about somebody: one table of rules. Never touches a row.

Nobody comes back by a file who left, who has not confirmed, or whose address must not be mailed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.lists.entries import EntryStatus
from service.subscribers.importing.models import LineOutcome


class Standing(StrEnum):
    """How somebody stands to this newsletter before the line; the last three are the states of a subscription."""

    NEW = "new"
    KNOWN = "known"  # a person here, without a tie to this newsletter
    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class Deed(StrEnum):
    """What is done."""

    ADD = "add"
    KEEP_AWAY = "keep-away"  # written down as one who left, so that nobody adds them again
    FILL_IN = "fill-in"  # what we don't know of them yet: name, tags, fields
    END = "end"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """``outcome`` as reported; FILL_IN that finds nothing to fill in is reported as unchanged."""

    outcome: LineOutcome
    deed: Deed
    reason: str = ""
    suppresses: bool = False


_ADDED, _UPDATED, _UNCHANGED = LineOutcome.ADDED, LineOutcome.UPDATED, LineOutcome.UNCHANGED
_SUPPRESSED, _SKIPPED = LineOutcome.SUPPRESSED, LineOutcome.SKIPPED

_AWAY: Final = Rule(_SKIPPED, Deed.KEEP_AWAY, "They left there; written down as one who left.")
_ENDED: Final = Rule(_UPDATED, Deed.END, "They left there, and so here.")
_UNSURE: Final = Rule(_SKIPPED, Deed.NOTHING, "They have not confirmed there.")
_DEAD_NEW: Final = Rule(_SUPPRESSED, Deed.KEEP_AWAY, "Their mailbox was given up there.", suppresses=True)
_DEAD: Final = Rule(_SUPPRESSED, Deed.NOTHING, "Their mailbox was given up there.", suppresses=True)
_ANGRY_NEW: Final = Rule(_SUPPRESSED, Deed.KEEP_AWAY, "They complained there.", suppresses=True)
_ANGRY: Final = Rule(_SUPPRESSED, Deed.NOTHING, "They complained there.", suppresses=True)

# Total: every status meets every standing. {day} is when they left here.
RULES: Final[Mapping[tuple[EntryStatus, Standing], Rule]] = {
    (EntryStatus.SUBSCRIBED, Standing.NEW): Rule(_ADDED, Deed.ADD),
    (EntryStatus.SUBSCRIBED, Standing.KNOWN): Rule(_ADDED, Deed.ADD),
    (EntryStatus.SUBSCRIBED, Standing.PENDING): Rule(_SKIPPED, Deed.NOTHING, "They were asked and have not confirmed."),
    (EntryStatus.SUBSCRIBED, Standing.ACTIVE): Rule(_UPDATED, Deed.FILL_IN),
    (EntryStatus.SUBSCRIBED, Standing.UNSUBSCRIBED): Rule(_SKIPPED, Deed.NOTHING, "They left on {day}."),
    (EntryStatus.LEFT, Standing.NEW): _AWAY,
    (EntryStatus.LEFT, Standing.KNOWN): _AWAY,
    (EntryStatus.LEFT, Standing.PENDING): _ENDED,
    (EntryStatus.LEFT, Standing.ACTIVE): _ENDED,
    (EntryStatus.LEFT, Standing.UNSUBSCRIBED): Rule(_UNCHANGED, Deed.NOTHING),
    (EntryStatus.UNCONFIRMED, Standing.NEW): _UNSURE,
    (EntryStatus.UNCONFIRMED, Standing.KNOWN): _UNSURE,
    (EntryStatus.UNCONFIRMED, Standing.PENDING): Rule(_UNCHANGED, Deed.NOTHING),
    (EntryStatus.UNCONFIRMED, Standing.ACTIVE): Rule(_UNCHANGED, Deed.NOTHING),
    (EntryStatus.UNCONFIRMED, Standing.UNSUBSCRIBED): Rule(_UNCHANGED, Deed.NOTHING),
    (EntryStatus.BOUNCED, Standing.NEW): _DEAD_NEW,
    (EntryStatus.BOUNCED, Standing.KNOWN): _DEAD_NEW,
    (EntryStatus.BOUNCED, Standing.PENDING): _DEAD,
    (EntryStatus.BOUNCED, Standing.ACTIVE): _DEAD,
    (EntryStatus.BOUNCED, Standing.UNSUBSCRIBED): _DEAD,
    (EntryStatus.COMPLAINED, Standing.NEW): _ANGRY_NEW,
    (EntryStatus.COMPLAINED, Standing.KNOWN): _ANGRY_NEW,
    (EntryStatus.COMPLAINED, Standing.PENDING): _ANGRY,
    (EntryStatus.COMPLAINED, Standing.ACTIVE): _ANGRY,
    (EntryStatus.COMPLAINED, Standing.UNSUBSCRIBED): _ANGRY,
}
# Where the address must not be mailed already, a line can only end what is left of the tie.
SUPPRESSED_REASON: Final = "This address must not be mailed."
ERASED_REASON: Final = "This person asked to be forgotten."


def write_rules() -> str:
    """Return the table as rows of SQL values: status, standing, outcome, deed, reason, whether it suppresses."""
    return ",\n".join(
        f"('{status}', '{standing}', '{rule.outcome}', '{rule.deed}', '{rule.reason}', {str(rule.suppresses).lower()})"
        for (status, standing), rule in RULES.items()
    )
