"""One full context for each kind of letter about gifts, as ``donations.letters`` and ``receipts.letters`` give them."""

from typing import Final

ORGANISATION: Final = {
    "organisation": "Northern Crossings",
    "legal_name": "Northern Crossings Institute, Inc.",
    "postal_address": "14 Wharf Lane\nPortland, ME 04101",
    "language": "en",
    "donor_name": "Grace Giver",
    "button_url": "",
}
_ISSUER: Final = {
    "tax_number": "00-1234567",
    "exemption": "Northern Crossings Institute, Inc. is exempt. Tax number (EIN): 00-1234567.",
    "disclosure": "",
    "replaces": "",
}
_GIFT: Final = {"amount": "$50.00", "fund": "Where it is needed most", "method": "Visa •••• 4242"}
_GIVING: Final = {"button_url": "https://letters.test/giving"}
_RECEIPT: Final = {"number": "2026-000123", "given_on": "20 November 2026"}
_NOTHING_MORE: Final = dict.fromkeys(
    ("refunded", "fee_cover", "benefit", "fair_value", "deductible", "tribute", "recurs"), ""
)

CONTEXTS: Final = {
    "receipt": _ISSUER
    | _GIFT
    | _RECEIPT
    | _NOTHING_MORE
    | {"paid": "$50.00", "standing": "issued"}
    | {"statement": "No goods or services were provided in exchange for this contribution."},
    "receipt_voided": _ISSUER | _RECEIPT | {"amount": "$50.00", "reason": "paid_back"},
    "statement": _ISSUER | {"year": "2026", "gifts": "12", "amount": "$600.00", "deductible": "$580.00"},
    "gift_pending": _GIFT | {"begun_on": "20 November 2026"},
    "gift_failed": _GIFT | {"button_url": "https://letters.test/give"},
    "renewal_failed": _GIFT
    | {"frequency": "monthly", "tries": "2", "tried_on": "20 November 2026", "next_try_on": "23 November 2026"}
    | {"is_last": "", "can_pay": "yes", "button_url": "https://pay.test/invoice/in_1?secret=a&b=c"},
    "renewal_notice": _GIFT | _GIVING | {"charge_on": "1 December 2026"},
    "recurring_changed": _GIFT
    | _GIVING
    | {"frequency": "monthly", "change": "amount", "by_staff": "", "previous": "$25.00"}
    | {"charge_on": "20 December 2026", "resumes_on": "20 February 2027"},
    "recurring_ended": _GIFT | _GIVING | {"frequency": "yearly", "reason": "stopped", "ended_on": "20 November 2026"},
    "donor_sign_in": {"minutes": "15", "button_url": "https://letters.test/giving/enter/aaaa.bbbb"},
}

# What else a kind may have to say; each is another letter to a reader.
VARIANTS: Final = [
    ("receipt", {"recurs": "yes", "tribute": "In memory of Ann Lee", "fee_cover": "$1.75"} | _GIVING),
    ("receipt", {"replaces": "yes", "refunded": "$20.00", "amount": "$30.00"}),
    ("receipt", {"benefit": "Two dinner tickets", "fair_value": "$20.00", "deductible": "$30.00"}),
    ("receipt", {"standing": "superseded", "donor_name": "", "disclosure": "A copy is on file."}),
    ("receipt", {"standing": "voided"}),
    ("receipt_voided", {"reason": "charged_back"}),
    ("receipt_voided", {"reason": "unpaid"}),
    ("statement", {"replaces": "yes"}),
    ("renewal_failed", {"is_last": "yes", "next_try_on": "", "can_pay": ""} | _GIVING),
    ("renewal_failed", {"frequency": "yearly"}),
    ("recurring_changed", {"change": "date", "by_staff": "yes", "previous": ""}),
    ("recurring_changed", {"change": "pause", "previous": ""}),
    ("recurring_changed", {"change": "pause", "previous": "", "resumes_on": ""}),
    ("recurring_changed", {"change": "resume", "previous": "", "frequency": "yearly"}),
    ("recurring_changed", {"change": "stop", "previous": "", "charge_on": ""}),
    ("recurring_ended", {"reason": "failed", "button_url": "https://letters.test/give"}),
    ("recurring_ended", {"reason": "disputed", "frequency": "monthly"}),
]


def make_context(kind: str, **changes: str) -> dict[str, str]:
    """Return what the letter ``kind`` is given, with ``changes``."""
    return {**ORGANISATION, **CONTEXTS[kind], **changes}
