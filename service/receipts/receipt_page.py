"""What stands on a receipt's page, and in which order. Reads the row and nothing else."""

from typing import Final

from service.money import write_amount
from service.receipts import wording
from service.receipts.labels import Labels, labels_for
from service.receipts.models import Receipt, ReceiptState
from service.receipts.sheet import Sheet
from service.rendering.design import LIGHT
from service.rendering.words import words_for

_NOTICES: Final = {
    ReceiptState.VOIDED: wording.VOID,
    ReceiptState.HELD: wording.HELD,
    ReceiptState.SUPERSEDED: wording.SUPERSEDED,
}


def lay_out_receipt(receipt: Receipt, pages: int) -> Sheet:
    """Return the laid-out receipt; ``pages`` is how many it is said to have."""
    labels = labels_for(receipt.language)
    sheet = _open_sheet(receipt, labels, pages)
    sheet.add_page()
    sheet.masthead(receipt.legal_name, receipt.postal_address)
    sheet.kicker(labels.receipt, _write_number(receipt, labels))
    _set_notice(sheet, receipt, labels)
    _set_amount(sheet, receipt)
    _set_facts(sheet, receipt, labels)
    _set_statement(sheet, receipt)
    _set_close(sheet, receipt, labels)
    return sheet


def _open_sheet(receipt: Receipt, labels: Labels, pages: int) -> Sheet:
    title = f"{labels.receipt} {receipt.number}"
    sheet = Sheet(
        language=labels.language,
        made_at=receipt.issued_at,
        running_head=f"{receipt.legal_name} · {title}",
        page_words=labels.page.format("{}", pages),
        watermark=_watermark(receipt, labels),
    )
    sheet.set_title(title)
    sheet.set_author(receipt.legal_name)
    sheet.set_subject(receipt.statement)
    return sheet


def _watermark(receipt: Receipt, labels: Labels) -> str:
    words = {
        ReceiptState.VOIDED: labels.void,
        ReceiptState.HELD: labels.held,
        ReceiptState.SUPERSEDED: labels.superseded,
    }
    return words.get(receipt.state, "")


def _write_number(receipt: Receipt, labels: Labels) -> str:
    number = labels.number.format(receipt.number)
    return number if receipt.version == 1 else f"{number}, {labels.version.format(receipt.version)}"


def _set_notice(sheet: Sheet, receipt: Receipt, labels: Labels) -> None:
    own = {
        ReceiptState.VOIDED: labels.void_note,
        ReceiptState.HELD: labels.held_note,
        ReceiptState.SUPERSEDED: labels.superseded_note,
    }
    if receipt.state in _NOTICES:
        sheet.ln(12)
        sheet.note([_NOTICES[receipt.state], own[receipt.state]], edge=LIGHT.bad, ground=LIGHT.bad_soft)


def _set_amount(sheet: Sheet, receipt: Receipt) -> None:
    sheet.ln(10)
    sheet.line_of(write_amount(receipt.amount_minor, receipt.currency), 42, bold=True)
    sheet.ln(8)
    sheet.rule(LIGHT.rule)


def _set_facts(sheet: Sheet, receipt: Receipt, labels: Labels) -> None:
    sheet.fact(labels.received_from, receipt.donor_name.strip() or receipt.donor_address, bold=True)
    sheet.fact(labels.given_on, words_for(labels.language).format_date(receipt.given_on))
    sheet.fact(labels.fund, receipt.fund_name)
    sheet.fact(labels.method, receipt.method)
    sheet.fact(labels.tribute, receipt.tribute)
    if receipt.refunded_minor:
        sheet.fact(labels.paid, write_amount(receipt.paid_minor, receipt.currency))
        sheet.fact(labels.paid_back, write_amount(receipt.refunded_minor, receipt.currency))
    if receipt.fee_cover_minor:
        sheet.fact(labels.fee_cover, write_amount(receipt.fee_cover_minor, receipt.currency))
    sheet.fact(labels.in_return, receipt.benefit)
    if receipt.fair_market_value_minor:
        sheet.fact(labels.fair_value, write_amount(receipt.fair_market_value_minor, receipt.currency))
    sheet.fact(labels.deductible, write_amount(receipt.deductible_minor, receipt.currency), bold=True)


def _set_statement(sheet: Sheet, receipt: Receipt) -> None:
    sheet.ln(18)
    lines = [
        receipt.statement,
        wording.say_who_is_exempt(receipt.legal_name, receipt.tax_number),
        wording.RENEWAL if receipt.is_renewal else "",
        wording.say_which_it_replaces(receipt.number, receipt.version),
    ]
    sheet.note(lines, edge=LIGHT.accent, ground=LIGHT.accent_soft)


def _set_close(sheet: Sheet, receipt: Receipt, labels: Labels) -> None:
    day = words_for(labels.language).format_date(receipt.issued_at.date())
    sheet.signature(receipt.signatory, labels.signed_for.format(receipt.legal_name))
    keep = wording.KEEP if receipt.state is ReceiptState.ISSUED else ""
    sheet.small_print([keep, labels.issued_on.format(day), *receipt.disclosure.splitlines()])
