"""The provider-neutral words for what happened to one message. Imports nothing of any vendor or database."""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """What a relay's answer, or its silence, means for one recipient."""

    ACCEPTED = "accepted"  # 2xx after the final dot
    DEFERRED = "deferred"  # 4xx, or the mail certainly did not leave: try later
    REFUSED = "refused"  # 5xx for this recipient or message
    LOST_TRACK = "lost-track"  # the final dot was out and no answer came: nobody can know


@dataclass(frozen=True)
class Outcome:
    """What happened to one message, in the relay's own words. ``code`` is the SMTP reply code, where one came."""

    kind: OutcomeKind
    code: int | None
    text: str

    @property
    def is_policy(self) -> bool:
        """Whether the relay refuses us or the message, and not the person (RFC 3463: class 5, subject 7)."""
        return self.kind is OutcomeKind.REFUSED and self.text.startswith("5.7.")


def outcome_of_reply(code: int, text: str) -> Outcome:
    """Return what a reply means for the mail it answers (RFC 5321 §4.2.1: the first digit decides)."""
    kinds = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.REFUSED}
    return Outcome(kinds.get(code // 100, OutcomeKind.REFUSED), code, text)
