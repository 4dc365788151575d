"""The words for an issue's life and an item's kind, and every move between states. Never touches a row."""

from enum import StrEnum

from service.errors import Conflict


class ItemKind(StrEnum):
    """The parts of an issue, in the order in which a reader meets them."""

    GREETING = "greeting"
    BRIEF = "brief"
    FEATURE = "feature"
    NOTE = "note"
    ASK = "ask"


class IssueState(StrEnum):
    """Where an issue stands. Only a draft can be edited; what was released is sealed for ever."""

    DRAFT = "draft"
    HELD = "held"  # sealed, its audience frozen, waiting for its time; can still be taken back
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    PAST = "past"  # brought in sealed from the archive of another house; never sent from here, and never will be


class IssueEvent(StrEnum):
    """What staff or the sender can do to an issue."""

    RELEASE = "release"
    WITHDRAW = "withdraw"  # nothing has left: it becomes a draft again
    START = "start"
    MISS = "miss"  # its time passed while nothing ran; staff decide
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    REOPEN = "reopen"  # copies are added: for those still missing, or for people named by staff


MOVES: dict[tuple[IssueState, IssueEvent], IssueState] = {
    (IssueState.DRAFT, IssueEvent.RELEASE): IssueState.HELD,
    (IssueState.HELD, IssueEvent.WITHDRAW): IssueState.DRAFT,
    (IssueState.HELD, IssueEvent.START): IssueState.SENDING,
    (IssueState.HELD, IssueEvent.MISS): IssueState.PAUSED,
    (IssueState.SENDING, IssueEvent.PAUSE): IssueState.PAUSED,
    (IssueState.SENDING, IssueEvent.CANCEL): IssueState.CANCELLED,
    (IssueState.SENDING, IssueEvent.FINISH): IssueState.SENT,
    (IssueState.PAUSED, IssueEvent.WITHDRAW): IssueState.DRAFT,  # only while no copy of it may have left
    (IssueState.PAUSED, IssueEvent.RESUME): IssueState.SENDING,
    (IssueState.PAUSED, IssueEvent.CANCEL): IssueState.CANCELLED,
    (IssueState.SENDING, IssueEvent.REOPEN): IssueState.SENDING,
    (IssueState.PAUSED, IssueEvent.REOPEN): IssueState.PAUSED,
    (IssueState.SENT, IssueEvent.REOPEN): IssueState.SENDING,
}


_IS = {
    IssueState.DRAFT: "a draft",
    IssueState.HELD: "waiting to start",
    IssueState.SENDING: "being sent",
    IssueState.PAUSED: "paused",
    IssueState.SENT: "sent",
    IssueState.CANCELLED: "cancelled",
    IssueState.PAST: "a past issue from an archive",
}
_BE = {
    IssueEvent.RELEASE: "be released",
    IssueEvent.WITHDRAW: "be taken back",
    IssueEvent.START: "start",
    IssueEvent.MISS: "miss its time",
    IssueEvent.PAUSE: "be paused",
    IssueEvent.RESUME: "be resumed",
    IssueEvent.CANCEL: "be cancelled",
    IssueEvent.FINISH: "be finished",
    IssueEvent.REOPEN: "go to anybody else",
}


def next_state(state: IssueState, event: IssueEvent) -> IssueState:
    """Return the state after ``event``.

    Raises:
        Conflict: when ``event`` means nothing in ``state``; the sentence names both.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise Conflict(_say_why_not(state, event)) from None


def _say_why_not(state: IssueState, event: IssueEvent) -> str:
    if state in {after for (_, moved), after in MOVES.items() if moved is event}:
        return f"This issue is {_IS[state]} already."
    return f"This issue is {_IS[state]}; it can’t {_BE[event]} now."
