"""The desk's words for states, kinds and languages, and counts of words. Owns what is shown; decides nothing."""

import re
from dataclasses import dataclass

from service.deliveries.states import DeliveryState
from service.issues.states import IssueState, ItemKind
from service.mail.models import LetterState
from service.web.desk.access import blueprint


@dataclass(frozen=True)
class Mark:
    """A state as a word, the shape beside it and its tone (``macros/page.html``)."""

    word: str
    shape: str
    tone: str


ISSUE_MARKS = {
    IssueState.DRAFT: Mark("Draft", "open", "plain"),
    IssueState.HELD: Mark("Waiting to start", "open", "accent"),
    IssueState.SENDING: Mark("Sending", "half", "accent"),
    IssueState.PAUSED: Mark("Paused", "bars", "warn"),
    IssueState.SENT: Mark("Sent", "full", "good"),
    IssueState.CANCELLED: Mark("Cancelled", "crossed", "bad"),
    IssueState.PAST: Mark("Past issue", "full", "plain"),
}

# In the order in which they are shown: what is done, then what is under way, then what waits.
DELIVERY_MARKS = {
    DeliveryState.SENT: Mark("Accepted", "full", "good"),
    DeliveryState.FAILED: Mark("Failed", "crossed", "bad"),
    DeliveryState.SKIPPED: Mark("Skipped", "bars", "plain"),
    DeliveryState.UNCERTAIN: Mark("Uncertain", "query", "warn"),
    DeliveryState.SENDING: Mark("On the wire", "half", "accent"),
    DeliveryState.CLAIMED: Mark("Taken up", "half", "plain"),
    DeliveryState.QUEUED: Mark("Waiting", "open", "plain"),
}

DELIVERY_MEANINGS = {
    DeliveryState.QUEUED: "Not tried yet, or to be tried again.",
    DeliveryState.CLAIMED: "A sender has it in hand.",
    DeliveryState.SENDING: "Being handed to the relay.",
    DeliveryState.SENT: "Our mail relay took it.",
    DeliveryState.FAILED: "Refused for good, or given up after many tries.",
    DeliveryState.SKIPPED: "Unsubscribed meanwhile, shares a mailbox with another reader, or the issue was cancelled.",
    DeliveryState.UNCERTAIN: "The line broke after the mail was out. Not sent again, so that nobody gets it twice.",
}

LETTER_MARKS = {
    LetterState.QUEUED: Mark("Waiting", "open", "plain"),
    LetterState.SENDING: Mark("On its way", "half", "accent"),
    LetterState.SENT: Mark("Accepted by our mail relay", "full", "good"),
    LetterState.FAILED: Mark("Failed", "crossed", "bad"),
}

KIND_WORDS = {
    ItemKind.GREETING: "Greeting",
    ItemKind.BRIEF: "Brief",
    ItemKind.FEATURE: "Feature",
    ItemKind.NOTE: "Note",
    ItemKind.ASK: "Ask",
}

KIND_MEANINGS = {
    ItemKind.GREETING: "opens the issue",
    ItemKind.BRIEF: "a short piece of news",
    ItemKind.FEATURE: "an article with byline and notes",
    ItemKind.NOTE: "a word from the editors",
    ItemKind.ASK: "thanks, and asks for a gift",
}

# Each language by the name that its own readers use.
LANGUAGES = {
    "en": "English",
    "ru": "Русский",
    "uk": "Українська",
    "zh": "中文",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "pl": "Polski",
    "be": "Беларуская",
    "kk": "Қазақша",
    "tr": "Türkçe",
    "ar": "العربية",
    "ja": "日本語",
    "ko": "한국어",
}

# A character that is a word's worth by itself: Han, kana. Other scripts have words between spaces.
_LONE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"\w[\w’'-]*")


@blueprint.app_template_filter()
def count_words(text: str) -> int:
    """Return the number of words; each Han character and kana counts as one, as their writers count."""
    return len(_LONE.findall(text)) + len(_WORD.findall(_LONE.sub(" ", text)))


@blueprint.app_template_filter("sentence")
def as_sentence(words: str) -> str:
    """Return a reason as a sentence of its own: with a capital, and a full stop where nothing ends it."""
    words = words.strip()
    return words and words[0].upper() + words[1:] + ("" if words[-1] in ".!?…。" else ".")


@blueprint.app_template_filter()
def language_name(tag: str) -> str:
    """Return the language's own name, or the tag itself when it is not in the list."""
    return LANGUAGES.get(tag, tag)


@blueprint.app_context_processor
def offer_words() -> dict[str, object]:
    """Give the desk's templates the words."""
    return {
        "issue_marks": ISSUE_MARKS,
        "delivery_marks": DELIVERY_MARKS,
        "delivery_meanings": DELIVERY_MEANINGS,
        "letter_marks": LETTER_MARKS,
        "kind_words": KIND_WORDS,
        "kind_meanings": KIND_MEANINGS,
    }
