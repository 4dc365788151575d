"""Why a receipt is no longer simply issued: words that are stored beside its state. Never a sentence for a donor."""

from enum import StrEnum


class Reason(StrEnum):
    """What made a version of a receipt change its state."""

    NONE = ""
    REPLACED = "replaced"  # superseded: a fact of the gift changed, and a newer version says so
    DISPUTED = "disputed"  # held: the giver's bank asks for the money back
    PAID_BACK = "paid_back"  # voided: the whole gift went back to the giver
    CHARGED_BACK = "charged_back"  # voided: the bank took the gift back
    UNPAID = "unpaid"  # voided: the payment did not arrive after all
