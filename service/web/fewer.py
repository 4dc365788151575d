"""Less of a newsletter instead of none: the rests and frequencies that people are offered, in the words they see.

The words of a choice are its proof, exactly as they were shown.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from service.clock import now
from service.errors import BadInput
from service.languages.sentences import for_readers
from service.subscribers.preferences import Choice
from service.subscribers.states import MailFrequency
from service.tokens import Purpose
from service.web.language import gettext
from service.web.services import get_services

PAUSES: Final[Mapping[str, str]] = {  # by days
    "30": for_readers("Nothing for a month"),
    "91": for_readers("Nothing for three months"),
    "182": for_readers("Nothing for half a year"),
}
FREQUENCIES: Final[Mapping[str, str]] = {
    MailFrequency.EVERY: for_readers("Every issue"),
    MailFrequency.MONTHLY: for_readers("At most one issue a month"),
    MailFrequency.QUARTERLY: for_readers("At most one issue in three months"),
}


def offer_fewer(choice: Choice, subscriber_id: int, delivery_id: int) -> dict[str, Any]:
    """Return what the forms for less of one newsletter show; see ``web/public/fewer.html``.

    ``delivery_id`` is the copy that led here; 0 for none.
    """
    return {
        "token": get_services().signer.sign(Purpose.PREFERENCES, subscriber_id, delivery_id),
        "choice": choice,
        "pauses": [(days, gettext(words)) for days, words in PAUSES.items()],
        "frequencies": [(frequency, gettext(words)) for frequency, words in FREQUENCIES.items()],
    }


def read_pause(typed: str) -> tuple[datetime, str]:
    """Return when a chosen pause ends, an aware moment that is the same all day, and the words of the choice.

    Raises:
        BadInput: when it is none of ``PAUSES``.
    """
    words = _find_words(PAUSES, typed)
    return datetime.combine(now().date() + timedelta(days=int(typed)), time(), UTC), words


def read_frequency(typed: str) -> tuple[MailFrequency, str]:
    """Return a chosen frequency and the words of the choice.

    Raises:
        BadInput: when it is none of ``FREQUENCIES``.
    """
    words = _find_words(FREQUENCIES, typed)
    return MailFrequency(typed), words


def _find_words(offered: Mapping[str, str], typed: str) -> str:
    if typed not in offered:
        raise BadInput(for_readers("Please choose one of the lines in the list."))
    return gettext(offered[typed])
