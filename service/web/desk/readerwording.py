"""The desk's words for what readers did and chose, and for what stands against them. Owns what is shown."""

from service.languages.choosing import LANGUAGES
from service.subscribers.deeds import WishWay
from service.subscribers.signup_models import Door, SignUpOutcome
from service.subscribers.states import ConsentSource, LeaveReason, MailFrequency, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression_models import LiftedBy, SuppressionReason
from service.web.desk.access import blueprint
from service.web.desk.wording import Mark

TIE_MARKS = {
    SubscriptionState.ACTIVE: Mark("Gets it", "full", "good"),
    SubscriptionState.PENDING: Mark("Not confirmed yet", "open", "plain"),
    SubscriptionState.UNSUBSCRIBED: Mark("Left", "bars", "plain"),
}

SUPPRESSION_WORDS = {
    SuppressionReason.COMPLAINT: "Complained about spam",
    SuppressionReason.DEAD: "The mailbox is dead",
    SuppressionReason.ASKED: "Asked never to be mailed",
    SuppressionReason.STAFF: "Our own decision",
    SuppressionReason.IMPORTED: "Brought in as suppressed",
    SuppressionReason.ERASED: "Asked to be forgotten",
}
LIFTED_WORDS = {LiftedBy.STAFF: "by staff", LiftedBy.CONFIRMED: "by the person, who signed up afresh and confirmed"}

EVENT_WORDS = {
    SubscriptionEvent.REQUEST: "Asked for it",
    SubscriptionEvent.CONFIRM: "Confirmed",
    SubscriptionEvent.UNSUBSCRIBE: "Left",
    SubscriptionEvent.PAUSE: "Asked for a rest",
    SubscriptionEvent.RESUME: "Ended the rest",
    SubscriptionEvent.CHOOSE_FREQUENCY: "Chose how often",
    SubscriptionEvent.IMPORT: "Was brought in by a file",
    SubscriptionEvent.UNDO_IMPORT: "The file was taken back",
    SubscriptionEvent.ERASE: "Was erased",
    SubscriptionEvent.CHANGE_ADDRESS: "Agreed to another address",
}

SOURCE_WORDS = {
    ConsentSource.SIGNUP_PAGE: "the sign-up page",
    ConsentSource.CONFIRM_PAGE: "the page behind the letter’s link",
    ConsentSource.UNSUBSCRIBE_PAGE: "the page of leaving",
    ConsentSource.ONE_CLICK: "the mail program’s own button",
    ConsentSource.MAIL: "a mail to us",
    ConsentSource.PREFERENCES_PAGE: "the page of choices",
    ConsentSource.OTHER_SITE: "a form on another site",
    ConsentSource.JSON: "a program",
    ConsentSource.IMPORT: "a file",
    ConsentSource.STAFF: "staff",
    ConsentSource.SAMPLE: "the sample data",
}

DOOR_WORDS = {
    Door.PAGE: "The sign-up page",
    Door.ELSEWHERE: "Forms on other sites",
    Door.JSON: "Programs",
    Door.STAFF: "Staff",
}

SIGN_UP_WORDS = {
    SignUpOutcome.CONFIRM: "Got the letter that asks to confirm",
    SignUpOutcome.ALREADY: "Gets it already; a letter says so",
    SignUpOutcome.TOO_MANY: "No letter: there were enough of them lately",
    None: "A worker will look at it in a moment",
}

OFTEN_WORDS = {
    MailFrequency.EVERY: "every issue",
    MailFrequency.MONTHLY: "at most once a month",
    MailFrequency.QUARTERLY: "at most once in three months",
}

LEAVE_WORDS = {
    LeaveReason.TOO_MANY: "too many mails",
    LeaveReason.NOT_FOR_ME: "not for me",
    LeaveReason.NEVER_ASKED: "never asked for it",
    LeaveReason.OTHER: "something else",
}

# Nothing is chosen beforehand: what stands here is kept as proof.
WAYS = [("", "Choose…"), *((way.value, way.value.capitalize()) for way in WishWay)]


@blueprint.app_context_processor
def offer_reader_words() -> dict[str, object]:
    """Give the desk's templates the words."""
    return {
        "tie_marks": TIE_MARKS,
        "suppression_words": SUPPRESSION_WORDS,
        "lifted_words": LIFTED_WORDS,
        "event_words": EVENT_WORDS,
        "source_words": SOURCE_WORDS,
        "sign_up_words": SIGN_UP_WORDS,
        "often_words": OFTEN_WORDS,
        "leave_words": LEAVE_WORDS,
        "readers_languages": LANGUAGES,
        "wish_ways": WAYS,
    }
