"""Prints receipts and statements as PDF. Owns that a page is made from its row alone: one row, one file, byte for byte.

What stands on a page is ``receipt_page`` and ``statement_page``; how it looks, ``sheet``. They are loaded when the
first page is drawn: their library takes a second and 35 MB, and most processes that can post a receipt never draw one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.receipts.models import Receipt, Statement

if TYPE_CHECKING:
    from service.receipts.sheet import Sheet


def draw_receipt(receipt: Receipt) -> bytes:
    """Return one version of a receipt as a PDF, in its present state: a void one says so across the page."""
    from service.receipts.receipt_page import lay_out_receipt  # noqa: PLC0415 - see above

    return _print(lambda pages: lay_out_receipt(receipt, pages))


def draw_statement(statement: Statement) -> bytes:
    """Return one version of a year's statement as a PDF, in its present state: a draft says so across every page."""
    from service.receipts.statement_page import lay_out_statement  # noqa: PLC0415 - see above

    return _print(lambda pages: lay_out_statement(statement, pages))


def _print(lay_out: "Callable[[int], Sheet]") -> bytes:
    """Lay out as one page; if there are more, lay out again with their number, which fpdf2's own mark can't give.

    The mark is lost in shaped text: https://py-pdf.github.io/fpdf2/TextShaping.html
    """
    sheet = lay_out(1)
    pages = sheet.pages_count
    if pages > 1:
        sheet.let_go()
        sheet = lay_out(pages)
    return sheet.finish()
