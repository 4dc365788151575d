"""What one receipt says: the facts of a gift and of the organisation, frozen. Owns what counts as a change of it.

Never reads or writes a row: ``issuing`` does.
"""

import hashlib
import json
from datetime import date
from typing import Any, Final

from service.errors import BadInput
from service.organisation.models import Organisation
from service.receipts.facts import GiftFacts
from service.receipts.wording import TEMPLATE_VERSION, say_what_was_given_in_return

# What a donor or a tax office would call another receipt. Left out on purpose: the organisation's own facts, the fund's
# name, the card's, the donor's language and mail address, and the wording. They are as they were on the day of issue,
# and a new office address must not send every donor a new receipt.
MATERIAL: Final = (
    "donor_id",
    "donor_name",
    "given_on",
    "currency",
    "paid_minor",
    "refunded_minor",
    "fee_cover_minor",
    "fair_market_value_minor",
    "benefit",
    "tribute",
)

Content = dict[str, Any]


def deserves_receipt(facts: GiftFacts) -> bool:
    """Return whether anything of the gift is left to acknowledge."""
    return facts.paid_minor > facts.refunded_minor


def write_content(facts: GiftFacts, organisation: Organisation) -> Content:
    """Return the columns of a receipt of this gift, all but its number, version and state.

    Raises:
        BadInput: when the gift has no moment of payment, without which it belongs to no year.
    """
    given_on = _given_on(facts, organisation)
    amount_minor = facts.paid_minor - facts.refunded_minor
    deductible_minor = max(0, amount_minor - facts.fair_market_value_minor)
    content: Content = {
        "donor_id": facts.donor_id,
        "year": given_on.year,
        "given_on": given_on,
        "legal_name": organisation.legal_name,
        "tax_number": organisation.tax_number,
        "postal_address": organisation.postal_address,
        "signatory": organisation.signatory,
        "disclosure": organisation.disclosure,
        "donor_name": facts.donor_name,
        "donor_address": facts.address,
        "language": facts.language,
        "currency": facts.currency,
        "paid_minor": facts.paid_minor,
        "refunded_minor": facts.refunded_minor,
        "amount_minor": amount_minor,
        "fee_cover_minor": facts.fee_cover_minor,
        "fair_market_value_minor": facts.fair_market_value_minor,
        "benefit": facts.benefit,
        "deductible_minor": deductible_minor,
        "statement": say_what_was_given_in_return(
            facts.paid_minor, facts.fair_market_value_minor, facts.benefit, deductible_minor, facts.currency
        ),
        "fund_name": facts.fund_name,
        "method": facts.method,
        "tribute": facts.tribute,
        "is_renewal": facts.is_renewal,
        "template_version": TEMPLATE_VERSION,
    }
    return content | {"content_hash": hash_content({name: content[name] for name in MATERIAL})}


def hash_content(content: Content) -> str:
    """Return the same text for the same content, in whatever order it was put together."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _given_on(facts: GiftFacts, organisation: Organisation) -> date:
    if facts.paid_at is None:
        raise BadInput(f"Gift {facts.donation_id} is called paid, but nobody says when: it belongs to no year yet.")
    return facts.paid_at.astimezone(organisation.zone).date()
