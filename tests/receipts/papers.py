"""Receipts and statements that were never stored, and what a reader of their PDF finds in it."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfReader

from service.organisation.models import Organisation
from service.receipts.content import write_content
from service.receipts.models import Receipt, ReceiptState, Statement, StatementState
from service.receipts.statement_content import write_statement
from tests.receipts.gifts import CARD_GIFT

MADE_AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
DISCLOSURE = "A copy of the latest financial report may be obtained from the institute at the address above."


def organisation() -> Organisation:
    """Return the organisation with every legal fact set."""
    return Organisation(
        legal_name="Northern Crossings Institute, Inc.",
        tax_number="00-0000000",
        postal_address="14 Wharf Lane\nPortland, ME 04101\nUSA",
        time_zone="America/New_York",
        currency="usd",
        signatory="Robin Hale, Treasurer",
        disclosure=DISCLOSURE,
    )


def receipt(
    state: ReceiptState = ReceiptState.ISSUED, *, version: int = 1, number: str = "2026-000123", **facts: Any
) -> Receipt:
    """Return a receipt of a card gift of $50, with the facts that differ."""
    content = write_content(replace(CARD_GIFT, **facts), organisation())
    return Receipt(number=number, version=version, state=state, issued_at=MADE_AT, **content)


def statement(
    receipts: list[Receipt], state: StatementState = StatementState.SENT, *, version: int = 1, **columns: Any
) -> Statement:
    """Return a year's statement of these receipts, with the columns that differ."""
    content = write_statement(organisation(), receipts[-1] if receipts else receipt(), receipts) | columns
    return Statement(year=2026, version=version, state=state, made_at=MADE_AT, **content)


def read(pdf: bytes) -> PdfReader:
    """Open a PDF."""
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """Return the words of every page, with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def letters_of(pdf: bytes) -> str:
    """Return the words of every page without spaces: a reader puts some into what is set at an angle."""
    return text_of(pdf).replace(" ", "")


def made_at_of(pdf: bytes) -> datetime | None:
    """Return when the file says that it was made."""
    about = read(pdf).metadata
    return about.creation_date if about else None


def language_of(pdf: bytes) -> str:
    """Return the language that a screen reader is told."""
    return str(read(pdf).root_object["/Lang"])


def fonts_of(pdf: bytes) -> list[bool]:
    """Return for each font of the first page whether its letters are in the file."""
    fonts: Any = read(pdf).pages[0]["/Resources"]
    descendants = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts["/Font"].values()]
    return [bool({"/FontFile2", "/FontFile3"} & set(one["/FontDescriptor"].get_object())) for one in descendants]


def places_of(pdf: bytes) -> list[tuple[float, float]]:
    """Return where each piece of text starts, in points from the lower left corner of its page."""
    places: list[tuple[float, float]] = []

    def note(text: str, _: Any, matrix: list[float], *__: Any) -> None:
        if text.strip():
            places.append((matrix[4], matrix[5]))

    for page in read(pdf).pages:
        page.extract_text(visitor_text=note)
    return places
