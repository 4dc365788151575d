"""What stands on the pages of a year's statement: the donor, every gift, the totals, the sentences. Reads the row only.

``lines`` of the row are as ``statement_lines`` wrote them.
"""

from typing import Any, Final

from fpdf.enums import Align

from service.money import write_amount
from service.receipts import wording
from service.receipts.labels import Labels, labels_for
from service.receipts.models import Statement, StatementState
from service.receipts.sheet import Sheet
from service.receipts.statement_lines import read_day
from service.rendering.design import LIGHT
from service.rendering.words import words_for

DAY_WIDTH: Final = 112
AMOUNT_WIDTH: Final = 86
GAP: Final = 10


def lay_out_statement(statement: Statement, pages: int) -> Sheet:
    """Return the laid-out statement; ``pages`` is how many it is said to have."""
    labels = labels_for(statement.language)
    sheet = _open_sheet(statement, labels, pages)
    sheet.add_page()
    sheet.masthead(statement.legal_name, statement.postal_address)
    _set_head(sheet, statement, labels)
    _set_table(sheet, statement, labels)
    _set_statement(sheet, statement)
    sheet.signature(statement.signatory, labels.signed_for.format(statement.legal_name))
    day = words_for(labels.language).format_date(statement.made_at.date())
    keep = wording.KEEP_STATEMENT if statement.state is not StatementState.SUPERSEDED else ""
    sheet.small_print([keep, labels.issued_on.format(day), *statement.disclosure.splitlines()])
    return sheet


def _open_sheet(statement: Statement, labels: Labels, pages: int) -> Sheet:
    title = f"{labels.statement} {statement.year}"
    donor = statement.donor_name.strip() or statement.donor_address
    watermarks = {StatementState.DRAFT: labels.draft, StatementState.SUPERSEDED: labels.superseded}
    sheet = Sheet(
        language=labels.language,
        made_at=statement.made_at,
        running_head=f"{statement.legal_name} · {title} · {donor}"[:110],
        page_words=labels.page.format("{}", pages),
        watermark=watermarks.get(statement.state, ""),
    )
    sheet.set_title(title)
    sheet.set_author(statement.legal_name)
    sheet.set_subject(statement.statement)
    return sheet


def _set_head(sheet: Sheet, statement: Statement, labels: Labels) -> None:
    version = labels.version.format(statement.version) if statement.version > 1 else ""
    sheet.kicker(labels.statement, version or str(statement.year))
    if statement.state is StatementState.SUPERSEDED:
        sheet.ln(12)
        lines = [wording.STATEMENT_SUPERSEDED, labels.superseded_note]
        sheet.note(lines, edge=LIGHT.bad, ground=LIGHT.bad_soft)
    elif statement.state is StatementState.DRAFT:
        sheet.ln(12)
        sheet.note([wording.DRAFT], edge=LIGHT.warn, ground=LIGHT.warn_soft)
    sheet.ln(10)
    sheet.line_of(labels.gifts_in.format(statement.year), 26, bold=True)
    sheet.ln(10)
    sheet.rule(LIGHT.rule)
    sheet.fact(labels.received_from, statement.donor_name.strip() or statement.donor_address, bold=True)
    sheet.fact(labels.total, write_amount(statement.amount_minor, statement.currency), bold=True)
    sheet.fact(labels.deductible, write_amount(statement.deductible_minor, statement.currency), bold=True)
    sheet.ln(22)


def _set_table(sheet: Sheet, statement: Statement, labels: Labels) -> None:
    if not statement.lines:
        sheet.line_of(labels.no_gifts, 11)
        return
    _set_table_head(sheet, labels)
    for line in statement.lines:
        page = sheet.page
        sheet.keep(_height_of_gift(sheet, line))
        if sheet.page != page:
            _set_table_head(sheet, labels)
        _set_gift(sheet, line, statement.currency, labels)
    _set_totals(sheet, statement, labels)


def _set_table_head(sheet: Sheet, labels: Labels) -> None:
    cells = ((labels.day, Align.L), (labels.gift, Align.L), (labels.amount, Align.R), (labels.part_deductible, Align.R))
    tops = sheet.y
    below = tops
    for (text, align), (x, width) in zip(cells, _columns(sheet), strict=True):
        sheet.set_y(tops)
        sheet.paragraph(x, width, text, 8.5, LIGHT.muted, bold=True, align=align)
        below = max(below, sheet.y)
    sheet.set_y(below + 4)
    sheet.rule(LIGHT.ink, 0.8)


def _set_gift(sheet: Sheet, line: dict[str, Any], currency: str, labels: Labels) -> None:
    top = sheet.y + 5
    day, what, amount, deductible = _columns(sheet)
    for (x, width), text, align in (
        (day, words_for(labels.language).format_date(read_day(line)), Align.L),
        (amount, write_amount(line["amount_minor"], currency), Align.R),
        (deductible, write_amount(line["deductible_minor"], currency), Align.R),
    ):
        sheet.set_y(top)
        sheet.paragraph(x, width, text, 10, align=align)
    sheet.set_y(top)
    sheet.paragraph(*what, line["number"], 10)
    for text in _describe(line):
        sheet.paragraph(what[0], _width_of_description(sheet), text, 8.5, LIGHT.muted)
    sheet.ln(5)
    sheet.rule(LIGHT.rule)


def _describe(line: dict[str, Any]) -> list[str]:
    where = " · ".join(part for part in (line["fund_name"], line["method"]) if part)
    return [text for text in (where, line["statement"]) if text]


def _height_of_gift(sheet: Sheet, line: dict[str, Any]) -> float:
    width = _width_of_description(sheet)
    return 26 + sum(sheet.height_of(width, text, 8.5) for text in _describe(line))


def _width_of_description(sheet: Sheet) -> float:
    """It stands below the amounts, so it may run on to the right margin."""
    return sheet.width - DAY_WIDTH


def _set_totals(sheet: Sheet, statement: Statement, labels: Labels) -> None:
    if sheet.room < 40:
        sheet.add_page()
        _set_table_head(sheet, labels)
    top = sheet.y + 7
    _, what, amount, deductible = _columns(sheet)
    for (x, width), text, align in (
        (what, labels.total, Align.L),
        (amount, write_amount(statement.amount_minor, statement.currency), Align.R),
        (deductible, write_amount(statement.deductible_minor, statement.currency), Align.R),
    ):
        sheet.set_y(top)
        sheet.paragraph(x, width, text, 11, bold=True, align=align)
    sheet.ln(5)
    sheet.rule(LIGHT.ink, 1.2)


def _columns(sheet: Sheet) -> tuple[tuple[float, float], ...]:
    """Return where each column starts and how wide it is: day, receipt and purpose, amount, deductible."""
    left, right = sheet.l_margin, sheet.l_margin + sheet.width
    return (
        (left, DAY_WIDTH - GAP),
        (left + DAY_WIDTH, sheet.width - DAY_WIDTH - 2 * AMOUNT_WIDTH - GAP),
        (right - 2 * AMOUNT_WIDTH, AMOUNT_WIDTH - GAP),
        (right - AMOUNT_WIDTH, AMOUNT_WIDTH),
    )


def _set_statement(sheet: Sheet, statement: Statement) -> None:
    sheet.ln(18)
    replaces = wording.say_which_statement_it_replaces(statement.year, statement.version)
    exempt = wording.say_who_is_exempt(statement.legal_name, statement.tax_number)
    sheet.note([statement.statement, exempt, replaces], edge=LIGHT.accent, ground=LIGHT.accent_soft)
