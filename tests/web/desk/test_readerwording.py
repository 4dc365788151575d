"""Every word of the code about readers has its words at the desk."""

import pytest

from service.subscribers.signup_models import Door, SignUpOutcome
from service.subscribers.states import ConsentSource, LeaveReason, MailFrequency, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression_models import LiftedBy, SuppressionReason
from service.web.desk import readerwording as words

TABLES = [
    (words.TIE_MARKS, SubscriptionState),
    (words.SUPPRESSION_WORDS, SuppressionReason),
    (words.LIFTED_WORDS, LiftedBy),
    (words.EVENT_WORDS, SubscriptionEvent),
    (words.SOURCE_WORDS, ConsentSource),
    (words.DOOR_WORDS, Door),
    (words.OFTEN_WORDS, MailFrequency),
    (words.LEAVE_WORDS, LeaveReason),
    (words.SIGN_UP_WORDS, (*SignUpOutcome, None)),
]


@pytest.mark.parametrize(("table", "keys"), TABLES)
def test_each_has_its_words(table: dict[object, object], keys: object) -> None:
    assert set(table) == set(keys)  # type: ignore[call-overload] # an enum is the set of its members
