"""The lines of a year's statement: one per gift, written from its receipt and read back. Knows no page and no row."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from service.receipts.models import Receipt
from service.receipts.wording import NOTHING_IN_RETURN

Line = dict[str, Any]


def write_lines(receipts: Iterable[Receipt]) -> list[Line]:
    """Return a line for each receipt, in their order; ``statement`` only where something was given in return."""
    return [
        {
            "number": receipt.number,
            "given_on": receipt.given_on.isoformat(),
            "fund_name": receipt.fund_name,
            "method": receipt.method,
            "amount_minor": receipt.amount_minor,
            "deductible_minor": receipt.deductible_minor,
            "fair_market_value_minor": receipt.fair_market_value_minor,
            "statement": "" if receipt.statement == NOTHING_IN_RETURN else receipt.statement,
        }
        for receipt in receipts
    ]


def read_day(line: Line) -> date:
    """Return the day of a line's gift."""
    return date.fromisoformat(line["given_on"])
