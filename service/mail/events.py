"""The provider-neutral words for what happened to one message. Imports nothing of any vendor or database."""

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class OutcomeKind(StrEnum):
    """What a relay's answer, or its silence, means for one recipient."""

    ACCEPTED = "accepted"  # 2xx after the final dot
    DEFERRED = "deferred"  # 4xx, or the mail certainly did not leave: try later
    REFUSED = "refused"  # 5xx for this recipient or message
    LOST_TRACK = "lost-track"  # the final dot was out and no answer came: nobody can know


class About(StrEnum):
    """Whom an answer is about: only ``RECIPIENT`` and ``MAIL`` may ever be held against one person's copy."""

    RECIPIENT = "recipient"  # the answer to RCPT
    MAIL = "mail"  # the answer to DATA or to the final dot
    SENDER = "sender"  # the answer to MAIL FROM: it would be the same for everybody
    RELAY = "relay"  # connecting, TLS, sign-in, 421, a dropped line: says nothing about this mail


# Not frozen: that would make it three times as slow to make, and there is one for every mail. Nobody changes it.
@dataclass(slots=True, unsafe_hash=True)
class Outcome:
    """What happened to one message, in the relay's own words. ``code`` is the SMTP reply code, where one came."""

    kind: OutcomeKind
    code: int | None
    text: str
    about: About = About.MAIL

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code that the text begins with ("5.1.1", RFC 3463), where the relay gave one."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else None

    @property
    def is_policy(self) -> bool:
        """Whether the relay refuses us or the message, and not the person (RFC 3463: class 5, subject 7)."""
        return self.kind is OutcomeKind.REFUSED and (self.enhanced or "").startswith("5.7.")


def outcome_of_reply(code: int, text: str, about: About = About.MAIL) -> Outcome:
    """Return what a reply means for the mail it answers (RFC 5321 §4.2.1: the first digit decides)."""
    kinds = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.REFUSED}
    return Outcome(kinds.get(code // 100, OutcomeKind.REFUSED), code, text, about)
