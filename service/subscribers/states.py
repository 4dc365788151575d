"""The words for a subscription's life and for the proof of each step. Never touches a row."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """Whether this person agreed to this newsletter. Reachability (bounces) is another fact and lives elsewhere."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class SubscriptionEvent(StrEnum):
    """What a person can do about a newsletter, and what a file that staff bring can do about a person."""

    REQUEST = "request"
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PAUSE = "pause"
    RESUME = "resume"
    CHOOSE_FREQUENCY = "choose-frequency"
    CHANGE_ADDRESS = "change-address"  # one of the two yeses to another address; its evidence says who has agreed
    IMPORT = "import"
    UNDO_IMPORT = "undo-import"
    ERASE = "erase"


class ConsentSource(StrEnum):
    """By which door a consent event came."""

    SIGNUP_PAGE = "signup-page"
    CONFIRM_PAGE = "confirm-page"
    UNSUBSCRIBE_PAGE = "unsubscribe-page"
    ONE_CLICK = "one-click"
    MAIL = "mail"  # a mail to the address in List-Unsubscribe
    PREFERENCES_PAGE = "preferences-page"
    OTHER_SITE = "other-site"  # a form of ours that stands on another site
    JSON = "json"
    IMPORT = "import"
    STAFF = "staff"
    SAMPLE = "sample"


class MailFrequency(StrEnum):
    """How often a person wants a newsletter at most."""

    EVERY = "every"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class LeaveReason(StrEnum):
    """Why somebody left, if they said."""

    TOO_MANY = "too-many"
    NOT_FOR_ME = "not-for-me"
    NEVER_ASKED = "never-asked"
    OTHER = "other"


_PENDING, _ACTIVE, _GONE = SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.UNSUBSCRIBED

_E = SubscriptionEvent

# Total: every state meets every event. A link in an old mail may be used at any time, so no pair is an error. Only a
# person's own confirmation leads to ACTIVE: a file brings new people, and changes nobody who is there.
MOVES: dict[tuple[SubscriptionState, SubscriptionEvent], SubscriptionState] = {
    (_PENDING, _E.REQUEST): _PENDING,
    (_PENDING, _E.CONFIRM): _ACTIVE,
    (_PENDING, _E.UNSUBSCRIBE): _GONE,
    (_PENDING, _E.PAUSE): _PENDING,
    (_PENDING, _E.RESUME): _PENDING,
    (_PENDING, _E.CHOOSE_FREQUENCY): _PENDING,
    (_PENDING, _E.CHANGE_ADDRESS): _PENDING,
    (_PENDING, _E.IMPORT): _PENDING,
    (_PENDING, _E.UNDO_IMPORT): _PENDING,
    (_PENDING, _E.ERASE): _GONE,
    (_ACTIVE, _E.REQUEST): _ACTIVE,
    (_ACTIVE, _E.CONFIRM): _ACTIVE,
    (_ACTIVE, _E.UNSUBSCRIBE): _GONE,
    (_ACTIVE, _E.PAUSE): _ACTIVE,
    (_ACTIVE, _E.RESUME): _ACTIVE,
    (_ACTIVE, _E.CHOOSE_FREQUENCY): _ACTIVE,
    (_ACTIVE, _E.CHANGE_ADDRESS): _ACTIVE,
    (_ACTIVE, _E.IMPORT): _ACTIVE,
    (_ACTIVE, _E.UNDO_IMPORT): _GONE,
    (_ACTIVE, _E.ERASE): _GONE,
    (_GONE, _E.REQUEST): _PENDING,
    (_GONE, _E.CONFIRM): _GONE,  # an old confirmation link brings nobody back; a fresh sign-up does
    (_GONE, _E.UNSUBSCRIBE): _GONE,
    (_GONE, _E.PAUSE): _GONE,
    (_GONE, _E.RESUME): _GONE,
    (_GONE, _E.CHOOSE_FREQUENCY): _GONE,
    (_GONE, _E.CHANGE_ADDRESS): _GONE,
    (_GONE, _E.IMPORT): _GONE,
    (_GONE, _E.UNDO_IMPORT): _GONE,
    (_GONE, _E.ERASE): _GONE,
}


def next_state(state: SubscriptionState, event: SubscriptionEvent) -> SubscriptionState:
    """Return the state after ``event``; every pair has an answer."""
    return MOVES[state, event]
