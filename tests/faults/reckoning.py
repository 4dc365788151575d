"""The final account of a send: what the rows say, beside what the relay wrote down. Owns lost, duplicated, uncertain.

Never asks the service's own figures alone: its rows are counted here by plain SQL, its progress is compared with them.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text

from service.db import SessionFactory, transaction
from service.deliveries.queries import get_progress
from service.deliveries.states import DeliveryState
from tests.faults.relay import LoggingRelay

_OPEN = {DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING}


@dataclass(frozen=True)
class Account:
    """What became of an issue. ``lost`` and ``duplicated`` name the people; so does ``uncertain``."""

    audience: int
    states: Counter[DeliveryState]
    lost: frozenset[str]  # said to be sent, or in no end state, and the relay never took it
    duplicated: frozenset[str]  # taken more than once
    uncertain: frozenset[str]  # nobody can know; staff decide
    denied: frozenset[str]  # the relay took it, and the rows say that it did not

    def __str__(self) -> str:
        figures = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.audience} people: {figures}; "
            f"{len(self.lost)} lost, {len(self.duplicated)} duplicated, {len(self.denied)} denied"
        )


def settle_account(factory: SessionFactory, issue_id: int, relay: LoggingRelay) -> Account:
    """Compare every row of an issue with the relay's log, and check the invariant on the way.

    The invariant (reliability.md §4.8): everyone in the frozen audience has one row and is in one state, and nobody's
    address stands twice.
    """
    with transaction(factory) as session:
        progress = get_progress(session, issue_id)
        rows = session.execute(
            text("select recipient, state, subscriber_id from deliveries where issue_id = :issue"), {"issue": issue_id}
        ).all()
        planned = session.scalar(text("select audience from issues where id = :issue"), {"issue": issue_id})
    states = Counter(DeliveryState(row.state) for row in rows)
    assert progress.holds, progress
    assert planned == len(rows) == len({row.subscriber_id for row in rows}) == len({row.recipient for row in rows})
    assert states == Counter({state: progress.count(state) for state in DeliveryState if progress.count(state)})
    taken = relay.times_taken
    by_state = {state: {row.recipient for row in rows if row.state == state} for state in DeliveryState}
    open_ones = set().union(*(by_state[state] for state in _OPEN))
    told_otherwise = by_state[DeliveryState.FAILED] | by_state[DeliveryState.SKIPPED] | open_ones
    return Account(
        audience=len(rows),
        states=states,
        lost=frozenset((by_state[DeliveryState.SENT] | open_ones) - taken.keys()),
        duplicated=frozenset(recipient for recipient, times in taken.items() if times > 1),
        uncertain=frozenset(by_state[DeliveryState.UNCERTAIN]),
        denied=frozenset(told_otherwise & taken.keys()),
    )


def assert_nothing_lost(account: Account, uncertain: int | range = 0) -> None:
    """Fail unless all is told: nobody lost, nobody twice, nobody denied, and no more uncertain than may be."""
    assert not account.lost, account
    assert not account.duplicated, account
    assert not account.denied, account
    allowed = uncertain if isinstance(uncertain, range) else range(uncertain, uncertain + 1)
    assert len(account.uncertain) in allowed, account
