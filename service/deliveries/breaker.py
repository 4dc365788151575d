"""When an issue stops by itself: because the relay refuses us, or refuses too many. Owns that nobody is blamed for us.

A copy that is refused for what we are or send waits unharmed; staff get one alarm with what to do. What is refused for
one person's sake counts against that copy alone.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.db import after_commit
from service.deliveries.host_blocks import names_our_host
from service.deliveries.issue_alarms import name_paused_alarm
from service.deliveries.models import RecentAnswers
from service.issues.models import Issue
from service.issues.states import IssueEvent, IssueState, next_state
from service.mail.events import About, Outcome, OutcomeKind
from service.routes.learning import hide_addresses
from service.routes.lessons import REFUSED_ALARM
from service.staff.audit import note

ADVICE: Final = "Mend it, then resume: nobody gets a second copy."
IN_A_ROW: Final = 20
LAST: Final = 200
SHARE: Final = 0.2
ALIKE: Final = 5
FLUSH_EVERY: Final = 1.0  # seconds: how late the fleet may hear that mail is taken
LONGEST_REPLY: Final = 300

# How the reason of a pause begins for which the relay's own alarm stands.
_SIGN_IN_REFUSED: Final = "the relay refuses our sign-in"
_SENDER_REFUSED: Final = "the relay refuses our sender’s address"
_WE_ARE_REFUSED: Final = "the relay refuses us"
RELAY_REASONS: Final = (_SIGN_IN_REFUSED, _SENDER_REFUSED, _WE_ARE_REFUSED)

_TAKEN, _REFUSED = "a", "r"
# RFC 3463 X.3.4, "message too big for system". X.2.2 and X.2.3 are one person's full or small mailbox.
_TOO_LARGE: Final = "5.3.4"
# RFC 4954 §6: credentials refused, mechanism too weak, encryption needed, authentication required.
_SIGN_IN: Final = frozenset({530, 534, 535, 538})


class Breaker:
    """Watches one issue's answers for one sender. Silent while all is well: at most one statement a second."""

    def __init__(self, issue_id: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.issue_id = issue_id
        self._monotonic = monotonic
        self._unsaid = ""
        self._told_at = float("-inf")

    def consider(self, session: Session, outcomes: Sequence[Outcome]) -> bool:
        """Take in a window's outcomes, and pause the issue where they ask for it. Returns whether it rests now.

        Call it in the transaction that records them, as the last statement: it may wait for another sender's commit.
        """
        if ours := find_ours(outcomes):
            return pause(session, self.issue_id, _say_why(ours[0]), _alarm_of(self.issue_id, ours[0]))
        letters = _spell(outcomes)
        unsaid = self._unsaid + letters
        now = self._monotonic()
        if not unsaid or (_REFUSED not in letters and now - self._told_at < FLUSH_EVERY):
            after_commit(session, lambda: self._remember(unsaid, self._told_at))
            return False
        after_commit(session, lambda: self._remember("", now))
        return self._tell(session, unsaid)

    def _remember(self, unsaid: str, told_at: float) -> None:
        """Keep what was not told yet, once the commit is sure: one that is tried again must not count twice."""
        self._unsaid, self._told_at = unsaid, told_at

    def _tell(self, session: Session, unsaid: str) -> bool:
        mine = RecentAnswers.issue_id == self.issue_id
        session.execute(insert(RecentAnswers).values(issue_id=self.issue_id, letters="").on_conflict_do_nothing())
        known = session.execute(select(RecentAnswers.letters).where(mine).with_for_update()).scalar_one()
        letters = known + unsaid
        why = judge(letters)
        # After a pause it begins anew: whoever resumes wants to see twenty more, not to be stopped by the old ones.
        session.execute(update(RecentAnswers).where(mine).values(letters="" if why else letters[-LAST:]))
        return why is not None and pause(session, self.issue_id, why, name_paused_alarm(self.issue_id))


def find_ours(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the refusals of a window that are about us, or about what everybody gets: held against nobody.

    A person whom the relay refuses by policy is one person's matter. But a block of our host is often said to each
    recipient (Postfix, ``smtpd_delay_reject``): where it is said to most of a window, it is about us.
    """
    refused = [one for one in outcomes if one.kind is OutcomeKind.REFUSED]
    alike = {one for one in refused if one.is_policy or names_our_host(one)}
    count = sum(1 for one in refused if one in alike)
    are_alike = count >= ALIKE and count * 2 > len(outcomes)
    return [one for one in refused if _concerns_all(one) or (are_alike and one in alike)]


def blames_nobody(outcome: Outcome) -> bool:
    """Whether one answer, with no others beside it, may be about us and not about the person: for a letter."""
    return outcome.is_policy or outcome.about in {About.SENDER, About.RELAY} or _is_too_large(outcome)


def judge(letters: str) -> str | None:
    """Return why an issue with these last answers, oldest first, should rest; None where it should not."""
    if _REFUSED * IN_A_ROW in letters:
        return f"{IN_A_ROW} copies in a row were refused"
    last = letters[-LAST:]
    if len(last) == LAST and last.count(_REFUSED) > LAST * SHARE:
        return f"{last.count(_REFUSED)} of the last {LAST} copies were refused"
    return None


def refuse_too_large(session: Session, issue_id: int, mail_bytes: int, largest: int) -> bool:
    """Pause an issue whose mail is larger than the relay takes (SIZE, RFC 1870), before one is tried."""
    why = f"its mail has {mail_bytes:,} bytes and the relay takes {largest:,} at most; make it shorter"
    return pause(session, issue_id, why, name_paused_alarm(issue_id))


def pause(session: Session, issue_id: int, why: str, alarm: str) -> bool:
    """Let the issue rest, and say so once: reason, audit entry, alarm. Returns whether it rests now.

    Safe to repeat: where another sender, or staff, were first, nothing is added.
    """
    paused = (
        update(Issue)
        .where(Issue.id == issue_id, Issue.state == IssueState.SENDING)
        .values(state=next_state(IssueState.SENDING, IssueEvent.PAUSE), pause_reason=why)
        .returning(Issue.number, Issue.title)
    )
    row = session.execute(paused).one_or_none()
    if row is None:
        return True
    note(session, None, "paused itself", f"issue:{issue_id}", reason=why)
    raise_alarm(session, alarm, f"{say_paused(row.number, row.title, why)} {ADVICE}")
    return True


def say_paused(number: int | None, title: str | None, why: str | None) -> str:
    """Return the sentence that an issue paused itself, and why."""
    name = f"number {number}" + (f", “{title}”," if title else "")
    return f"Issue {name} paused itself: {why}."


def _spell(outcomes: Sequence[Outcome]) -> str:
    """Return a letter for each copy that was taken or refused; the other answers neither count nor break a row."""
    taken, refused = OutcomeKind.ACCEPTED, OutcomeKind.REFUSED
    counted = [outcome.kind for outcome in outcomes if outcome.kind is taken or outcome.kind is refused]
    return "".join([_TAKEN if kind is taken else _REFUSED for kind in counted])


def _concerns_all(outcome: Outcome) -> bool:
    return blames_nobody(outcome) and not (outcome.is_policy and outcome.about is About.RECIPIENT)


def _is_too_large(outcome: Outcome) -> bool:
    """Whether this is the relay's own limit. A bare 552 to RCPT is a full mailbox (RFC 5321 §4.2.2), else a size."""
    if outcome.kind is not OutcomeKind.REFUSED:
        return False
    if outcome.enhanced is not None:
        return outcome.enhanced == _TOO_LARGE
    return outcome.code == 552 and outcome.about is not About.RECIPIENT


def _say_why(outcome: Outcome) -> str:
    reply = hide_addresses(f"{outcome.code or ''} {outcome.text}".strip())[:LONGEST_REPLY]
    if outcome.code in _SIGN_IN:
        what = _SIGN_IN_REFUSED
    elif _is_too_large(outcome):
        what = "its mail is larger than the relay takes"
    elif outcome.about is About.SENDER:
        what = _SENDER_REFUSED
    elif outcome.about is About.RELAY:
        what = _WE_ARE_REFUSED
    else:
        what = "the relay refuses this mail by its policy"
    return f"{what} ({reply})"


def _alarm_of(issue_id: int, outcome: Outcome) -> str:
    """Return the alarm's key: a relay that refuses us is one fault, however many issues and letters meet it."""
    is_relay = outcome.about in {About.SENDER, About.RELAY} and not _is_too_large(outcome)
    return REFUSED_ALARM if is_relay else name_paused_alarm(issue_id)
