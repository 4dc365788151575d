"""The finance desk's words are total: every state, kind and permission has one, and states differ without colour."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from service.donations.offline import Way
from service.donations.refunds import RequestState
from service.donations.states import DisputeState, DonationState, Frequency, LedgerKind, RecurringState, RefundState
from service.inbox.models import EventState
from service.receipts.models import ReceiptState, StatementState
from service.receipts.reasons import Reason
from service.staff.roles import Permission
from service.web.desk import giftwording
from service.web.desk.wording import Mark

MARKS: list[tuple[Mapping[Any, Mark], type[StrEnum]]] = [
    (giftwording.GIFT_MARKS, DonationState),
    (giftwording.RECURRING_MARKS, RecurringState),
    (giftwording.REQUEST_MARKS, RequestState),
    (giftwording.REFUND_MARKS, RefundState),
    (giftwording.DISPUTE_MARKS, DisputeState),
    (giftwording.RECEIPT_MARKS, ReceiptState),
    (giftwording.STATEMENT_MARKS, StatementState),
    (giftwording.EVENT_MARKS, EventState),
]
WORDS: list[tuple[Mapping[Any, str], type[StrEnum]]] = [
    (giftwording.REASON_WORDS, Reason),
    (giftwording.LEDGER_WORDS, LedgerKind),
    (giftwording.FREQUENCY_WORDS, Frequency),
    (giftwording.WAY_WORDS, Way),
    (giftwording.PERMISSION_WORDS, Permission),
]


@pytest.mark.parametrize(("table", "words"), [*MARKS, *WORDS], ids=lambda one: getattr(one, "__name__", ""))
def test_every_state_and_kind_has_its_word(table: Mapping[Any, object], words: type[StrEnum]) -> None:
    assert set(table) == set(words)


@pytest.mark.parametrize(("table", "words"), MARKS, ids=lambda one: getattr(one, "__name__", ""))
def test_states_can_be_told_apart_without_colour(table: Mapping[Any, Mark], words: type[StrEnum]) -> None:
    assert len({mark.word for mark in table.values()}) == len(list(words))
