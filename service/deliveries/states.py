"""The states of a delivery and every move between them, as one total table. Never touches a row.

``audience = queued + claimed + sending + sent + failed + skipped + uncertain`` holds at every moment.
"""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one person's copy stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"


class DeliveryEvent(StrEnum):
    """What can happen to one person's copy."""

    CLAIM = "claim"  # a sender takes it under a lease
    RELEASE = "release"  # its sender gives it back, or the lease of a claim ran out: it has certainly not left
    SET_ASIDE = "set-aside"  # its sender died over it too often, or the retry window closed
    INTEND = "intend"  # committed just before DATA
    SKIP = "skip"  # the person may not be mailed any more, or the issue was cancelled
    ACCEPT = "accept"  # the relay answered 2xx after the final dot
    DEFER = "defer"  # the relay answered 4xx, or the mail certainly did not leave
    REFUSE = "refuse"  # the relay answered 5xx
    LOSE_TRACK = "lose-track"  # the final dot was out and no answer came
    LEAVE = "leave"  # staff have seen that nobody can know, and let it be: only what settles it moves it after that
    SEND_AGAIN = "send-again"  # staff want this person to get a copy, whatever became of the first


_S, _E = DeliveryState, DeliveryEvent

MOVES: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (_S.QUEUED, _E.CLAIM): _S.CLAIMED,
    (_S.QUEUED, _E.SKIP): _S.SKIPPED,
    (_S.CLAIMED, _E.RELEASE): _S.QUEUED,
    (_S.CLAIMED, _E.SET_ASIDE): _S.FAILED,
    (_S.CLAIMED, _E.INTEND): _S.SENDING,
    (_S.CLAIMED, _E.SKIP): _S.SKIPPED,
    (_S.CLAIMED, _E.DEFER): _S.QUEUED,
    (_S.CLAIMED, _E.REFUSE): _S.FAILED,
    (_S.SENDING, _E.ACCEPT): _S.SENT,
    (_S.SENDING, _E.RELEASE): _S.QUEUED,
    (_S.SENDING, _E.DEFER): _S.QUEUED,
    (_S.SENDING, _E.SET_ASIDE): _S.FAILED,
    (_S.SENDING, _E.REFUSE): _S.FAILED,
    (_S.SENDING, _E.LOSE_TRACK): _S.UNCERTAIN,
    (_S.UNCERTAIN, _E.ACCEPT): _S.SENT,  # evidence: the relay's log, or the sender itself, late
    (_S.UNCERTAIN, _E.RELEASE): _S.QUEUED,  # the sender itself, late: it had not left
    (_S.UNCERTAIN, _E.DEFER): _S.QUEUED,
    (_S.UNCERTAIN, _E.SET_ASIDE): _S.FAILED,
    (_S.UNCERTAIN, _E.REFUSE): _S.FAILED,
    (_S.UNCERTAIN, _E.LEAVE): _S.UNCERTAIN,
    (_S.UNCERTAIN, _E.SEND_AGAIN): _S.QUEUED,
    (_S.SENT, _E.SEND_AGAIN): _S.QUEUED,
    (_S.FAILED, _E.SEND_AGAIN): _S.QUEUED,
    (_S.SKIPPED, _E.SEND_AGAIN): _S.QUEUED,
}


def next_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState | None:
    """Return the state after ``event``, or None where the event means nothing (it came late or twice)."""
    return MOVES.get((state, event))


def queues_again(event: DeliveryEvent) -> bool:
    """Whether ``event`` sends a copy by itself once more; of an uncertain one only while staff have not left it."""
    return event is not _E.SEND_AGAIN and _S.QUEUED in {after for (_, what), after in MOVES.items() if what is event}


def is_open(state: DeliveryState) -> bool:
    """Whether work on this copy is still to be done."""
    return state in {_S.QUEUED, _S.CLAIMED, _S.SENDING}
