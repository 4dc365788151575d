"""The desk's words for the states of gifts, receipts and books, and amounts for people. Owns what is shown."""

from service.donations.offline import Way
from service.donations.refunds import RequestState
from service.donations.states import (
    DisputeState,
    DonationState,
    Frequency,
    LedgerKind,
    RecurringState,
    RefundState,
)
from service.inbox.models import EventState
from service.money import write_amount, write_plain
from service.receipts.models import ReceiptState, StatementState
from service.receipts.reasons import Reason
from service.staff.roles import Permission
from service.web.desk.access import blueprint
from service.web.desk.wording import Mark

GIFT_MARKS = {
    DonationState.SUCCEEDED: Mark("Given", "full", "good"),
    DonationState.PROCESSING: Mark("On its way", "half", "accent"),
    DonationState.PARTIALLY_REFUNDED: Mark("Partly paid back", "half", "plain"),
    DonationState.REFUNDED: Mark("Paid back", "bars", "plain"),
    DonationState.DISPUTED: Mark("In dispute", "query", "warn"),
    DonationState.CHARGED_BACK: Mark("Taken back by the bank", "crossed", "bad"),
    DonationState.FAILED: Mark("Failed", "crossed", "bad"),
}

RECURRING_MARKS = {
    RecurringState.PAST_DUE: Mark("A payment failed", "query", "warn"),
    RecurringState.ACTIVE: Mark("Active", "full", "good"),
    RecurringState.PAUSED: Mark("Paused", "bars", "plain"),
    RecurringState.INCOMPLETE: Mark("Not begun", "open", "plain"),
    RecurringState.ENDED: Mark("Ended", "crossed", "plain"),
}

REQUEST_MARKS = {
    RequestState.WAITING: Mark("Waits for a second person", "open", "warn"),
    RequestState.APPROVED: Mark("Being sent", "half", "accent"),
    RequestState.SENT: Mark("Sent", "full", "good"),
    RequestState.DECLINED: Mark("Declined", "bars", "plain"),
    RequestState.FAILED: Mark("Refused by the processor", "crossed", "bad"),
}

REFUND_MARKS = {
    RefundState.PENDING: Mark("On its way to the giver", "half", "accent"),
    RefundState.SUCCEEDED: Mark("Paid back", "full", "good"),
    RefundState.FAILED: Mark("Came back to us", "crossed", "bad"),
}

DISPUTE_MARKS = {
    DisputeState.OPEN: Mark("To be answered", "open", "bad"),
    DisputeState.INQUIRY: Mark("The bank asks", "query", "warn"),
    DisputeState.WON: Mark("Won", "full", "good"),
    DisputeState.LOST: Mark("Lost", "crossed", "bad"),
}

RECEIPT_MARKS = {
    ReceiptState.ISSUED: Mark("Valid", "full", "good"),
    ReceiptState.HELD: Mark("Held", "query", "warn"),
    ReceiptState.SUPERSEDED: Mark("Replaced", "bars", "plain"),
    ReceiptState.VOIDED: Mark("Void", "crossed", "bad"),
}

STATEMENT_MARKS = {
    StatementState.DRAFT: Mark("To be approved", "open", "warn"),
    StatementState.APPROVED: Mark("Approved", "half", "accent"),
    StatementState.SENT: Mark("Sent", "full", "good"),
    StatementState.SUPERSEDED: Mark("Replaced", "bars", "plain"),
}

EVENT_MARKS = {
    EventState.RECEIVED: Mark("Waiting", "open", "plain"),
    EventState.FAILED: Mark("Failed", "crossed", "bad"),
    EventState.DONE: Mark("Handled", "full", "good"),
    EventState.IGNORED: Mark("Changed nothing", "bars", "plain"),
}

REASON_WORDS = {
    Reason.NONE: "",
    Reason.REPLACED: "a newer version replaces it",
    Reason.DISPUTED: "the giver’s bank asks for the money back",
    Reason.PAID_BACK: "the whole gift went back",
    Reason.CHARGED_BACK: "the bank took the gift back",
    Reason.UNPAID: "the payment did not arrive after all",
}

LEDGER_WORDS = {
    LedgerKind.GIFT: "Gift",
    LedgerKind.FEE_COVER: "Added for the fee",
    LedgerKind.FEE: "Processor’s fee",
    LedgerKind.REFUND: "Paid back",
    LedgerKind.REFUND_FAILED: "Refund came back to us",
    LedgerKind.REVERSED: "Taken back by the giver’s bank",
    LedgerKind.DISPUTE: "Taken by the bank, in dispute",
    LedgerKind.DISPUTE_REINSTATED: "Given back by the bank",
    LedgerKind.DISPUTE_FEE: "Processor’s fee for the dispute",
}

FREQUENCY_WORDS = {Frequency.ONCE: "once", Frequency.MONTHLY: "a month", Frequency.YEARLY: "a year"}
WAY_WORDS = {Way.CHEQUE: "Check", Way.TRANSFER: "Bank transfer", Way.CASH: "Cash"}
TRIBUTE_WORDS = {"honour": "in honor of", "memory": "in memory of"}

CHANGE_WORDS = {
    "amount": "another amount",
    "date": "another day",
    "pause": "a pause",
    "resume": "goes on",
    "stop": "stopped",
}

PERMISSION_WORDS = {
    Permission.ENTER: "The desk is for staff.",
    Permission.EDIT: "Issues are for editors and publishers.",
    Permission.SEND: "Sending, pausing and cancelling an issue is for publishers.",
    Permission.READERS: "Readers and their consent are for publishers.",
    Permission.FINANCE: "Gifts and the books are for treasurers and publishers.",
    Permission.REFUND: "Paying back is for treasurers and publishers.",
}


@blueprint.app_template_filter()
def money(minor: int, code: str) -> str:
    """Return an amount for people."""
    return write_amount(minor, code)


@blueprint.app_template_filter()
def plain_money(minor: int, code: str) -> str:
    """Return an amount as it is typed into a field."""
    return write_plain(minor, code)


@blueprint.app_context_processor
def offer_gift_words() -> dict[str, object]:
    """Give the desk's templates the words."""
    return {
        "gift_marks": GIFT_MARKS,
        "recurring_marks": RECURRING_MARKS,
        "request_marks": REQUEST_MARKS,
        "refund_marks": REFUND_MARKS,
        "dispute_marks": DISPUTE_MARKS,
        "receipt_marks": RECEIPT_MARKS,
        "statement_marks": STATEMENT_MARKS,
        "event_marks": EVENT_MARKS,
        "reason_words": REASON_WORDS,
        "ledger_words": LEDGER_WORDS,
        "frequency_words": FREQUENCY_WORDS,
        "way_words": WAY_WORDS,
        "tribute_words": TRIBUTE_WORDS,
        "change_words": CHANGE_WORDS,
        "permission_words": PERMISSION_WORDS,
    }
