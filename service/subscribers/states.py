"""The words for a subscription's life and for the proof of each step. Never touches a row."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """Whether this person agreed to this newsletter. Reachability (bounces) is another fact and lives elsewhere."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class SubscriptionEvent(StrEnum):
    """What a person can do about a newsletter."""

    REQUEST = "request"
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"


class ConsentSource(StrEnum):
    """By which door a consent event came."""

    SIGNUP_PAGE = "signup-page"
    CONFIRM_PAGE = "confirm-page"
    UNSUBSCRIBE_PAGE = "unsubscribe-page"
    ONE_CLICK = "one-click"
    MAIL = "mail"  # a mail to the address in List-Unsubscribe
    SAMPLE = "sample"


_PENDING, _ACTIVE, _GONE = SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.UNSUBSCRIBED

# Total: every state meets every event. A link in an old mail may be used at any time, so no pair is an error.
MOVES: dict[tuple[SubscriptionState, SubscriptionEvent], SubscriptionState] = {
    (_PENDING, SubscriptionEvent.REQUEST): _PENDING,
    (_PENDING, SubscriptionEvent.CONFIRM): _ACTIVE,
    (_PENDING, SubscriptionEvent.UNSUBSCRIBE): _GONE,
    (_ACTIVE, SubscriptionEvent.REQUEST): _ACTIVE,
    (_ACTIVE, SubscriptionEvent.CONFIRM): _ACTIVE,
    (_ACTIVE, SubscriptionEvent.UNSUBSCRIBE): _GONE,
    (_GONE, SubscriptionEvent.REQUEST): _PENDING,
    (_GONE, SubscriptionEvent.CONFIRM): _GONE,  # an old confirmation link brings nobody back; a fresh sign-up does
    (_GONE, SubscriptionEvent.UNSUBSCRIBE): _GONE,
}


def next_state(state: SubscriptionState, event: SubscriptionEvent) -> SubscriptionState:
    """Return the state after ``event``; every pair has an answer."""
    return MOVES[state, event]
