"""What stands on the pages of a year's statement, and in which order. Reads the row and nothing else."""

from service.money import write_amount
from service.receipts import wording
from service.receipts.labels import Labels, labels_for
from service.receipts.models import Statement, StatementState
from service.receipts.sheet import Sheet
from service.receipts.statement_table import set_table
from service.rendering.design import LIGHT
from service.rendering.words import words_for


def lay_out_statement(statement: Statement, pages: int) -> Sheet:
    """Return the laid-out statement; ``pages`` is how many it is said to have."""
    labels = labels_for(statement.language)
    sheet = _open_sheet(statement, labels, pages)
    sheet.add_page()
    sheet.masthead(statement.legal_name, statement.postal_address)
    _set_head(sheet, statement, labels)
    if statement.lines:
        set_table(sheet, statement, labels)
    else:
        sheet.line_of(labels.no_gifts, 11)
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
    sheet.line_of(labels.gifts_in.format(statement.year), 24, bold=True)
    sheet.ln(8)
    sheet.rule(LIGHT.rule)
    sheet.fact(labels.received_from, statement.donor_name.strip() or statement.donor_address, bold=True)
    sheet.fact(labels.total, write_amount(statement.amount_minor, statement.currency), bold=True)
    sheet.ln(18)


def _set_statement(sheet: Sheet, statement: Statement) -> None:
    sheet.ln(16)
    replaces = wording.say_which_statement_it_replaces(statement.year, statement.version)
    exempt = wording.say_who_is_exempt(statement.legal_name, statement.tax_number)
    sheet.note([statement.statement, exempt, replaces], edge=LIGHT.accent, ground=LIGHT.accent_soft)
