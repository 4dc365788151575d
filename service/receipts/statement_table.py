"""The table of a year's statement: a row for each gift, its head again on every page, and the totals.

A gift with something in return has its own sentence below its row. Never parts a row over two pages.
"""

from typing import Final

from fpdf.enums import Align

from service.money import write_amount
from service.receipts.labels import Labels
from service.receipts.models import Statement
from service.receipts.sheet import Sheet
from service.receipts.statement_lines import Line, read_day
from service.rendering.design import LIGHT
from service.rendering.words import words_for

WIDTHS: Final = (99, 73, 186, 65, 65)  # day, receipt, purpose, amount, deductible; together the sheet's width
GAP: Final = 7  # what stays free at the right of each column but the last
SIZE: Final = 9
SMALL: Final = 8
PADDING: Final = 3.6
_ALIGNS: Final = (Align.L, Align.L, Align.L, Align.R, Align.R)


def set_table(sheet: Sheet, statement: Statement, labels: Labels) -> None:
    """Set every gift of the statement, and below them what they add up to."""
    _set_head(sheet, labels)
    for line in statement.lines:
        _keep(sheet, _height_of(sheet, line, statement.currency, labels), labels)
        _set_gift(sheet, line, statement.currency, labels)
    _keep(sheet, 36, labels)
    amounts = [
        write_amount(minor, statement.currency) for minor in (statement.amount_minor, statement.deductible_minor)
    ]
    sheet.ln(2)
    _set_cells(sheet, [labels.total, "", "", *amounts], bold=True)
    sheet.rule(LIGHT.ink, 1.2)


def _keep(sheet: Sheet, height: float, labels: Labels) -> None:
    page = sheet.page
    sheet.keep(height)
    if sheet.page != page:
        _set_head(sheet, labels)


def _set_head(sheet: Sheet, labels: Labels) -> None:
    heads = [labels.day, labels.number_head, labels.fund, labels.amount, labels.part_deductible]
    _set_cells(sheet, heads, LIGHT.muted, bold=True)
    sheet.rule(LIGHT.ink, 0.8)


def _set_gift(sheet: Sheet, line: Line, currency: str, labels: Labels) -> None:
    _set_cells(sheet, _write_cells(line, currency, labels))
    if line["statement"]:
        x, width = _place_of_sentence(sheet)
        sheet.paragraph(x, width, line["statement"], SMALL, LIGHT.muted)
        sheet.ln(PADDING)
    sheet.rule(LIGHT.rule)


def _write_cells(line: Line, currency: str, labels: Labels) -> list[str]:
    return [
        words_for(labels.language).format_date(read_day(line)),
        line["number"],
        " · ".join(part for part in (line["fund_name"], line["method"]) if part),
        write_amount(line["amount_minor"], currency),
        write_amount(line["deductible_minor"], currency),
    ]


def _set_cells(sheet: Sheet, texts: list[str], colour: str = LIGHT.ink, *, bold: bool = False) -> None:
    """Set one row's cells beside each other, and go on below the highest of them."""
    top = below = sheet.y + PADDING
    for text, (x, width), align in zip(texts, _columns(sheet), _ALIGNS, strict=True):
        sheet.set_y(top)
        sheet.paragraph(x, width, text, SIZE, colour, bold=bold, align=align)
        below = max(below, sheet.y)
    sheet.set_y(below + PADDING)


def _height_of(sheet: Sheet, line: Line, currency: str, labels: Labels) -> float:
    cells = zip(_write_cells(line, currency, labels), _columns(sheet), strict=True)
    row = max(sheet.height_of(width, text, SIZE) for text, (_, width) in cells) + 2 * PADDING
    if not line["statement"]:
        return row
    return row + sheet.height_of(_place_of_sentence(sheet)[1], line["statement"], SMALL) + PADDING


def _columns(sheet: Sheet) -> list[tuple[float, float]]:
    """Return where each column's text starts and how wide it may be."""
    starts = [sheet.l_margin + sum(WIDTHS[:place]) for place in range(len(WIDTHS))]
    *firsts, last = zip(starts, WIDTHS, strict=True)
    return [*((x, width - GAP) for x, width in firsts), last]


def _place_of_sentence(sheet: Sheet) -> tuple[float, float]:
    """Return the room right of the day: nothing else stands below a row."""
    return sheet.l_margin + WIDTHS[0], sheet.width - WIDTHS[0]
