"""A letter-size sheet in the house's look, and what can be set on it: masthead, kicker, facts, notes, watermark.

Owns sizes and places, in points; never what a receipt says. The same calls make the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, cast

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import Align, MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from service.receipts.fonts import FALLBACKS, SERIF, list_fallbacks, make_printable, path_of
from service.rendering.design import LIGHT

FACE: Final = "serif"
MARGIN: Final = 62
TOP: Final = 48
FOOT: Final = 54
LABEL_WIDTH: Final = 148
LEADING: Final = 1.42
HAIRLINE: Final = 0.5
LONGEST_FACT: Final = 600  # characters; in the widest letters still less than a page


class Sheet(FPDF):
    """The pages of one document. ``running_head`` is repeated from page 2 on; ``page_words`` is at the foot.

    ``page_words`` has a place for the page's number: ``Page {} of 3``.
    """

    def __init__(self, *, language: str, made_at: datetime, running_head: str, page_words: str, watermark: str) -> None:
        super().__init__(unit="pt", format="letter")
        self.running_head = running_head
        self.page_words = page_words
        self.watermark = watermark
        for style, file in SERIF.items():
            self.add_font(FACE, style, path_of(file))
        self._fallbacks: list[str] = []
        self.alias_nb_pages("")  # else a donor who writes {nb} gets a number in his name
        self.set_text_shaping(True)  # joins Arabic, turns Hebrew, places Indian vowels
        self.set_margins(MARGIN, TOP, MARGIN)
        self.c_margin = 0.0  # text starts where the rules do
        self.set_auto_page_break(True, FOOT)
        self.set_lang(language)
        self.set_creation_date(made_at)
        self.set_producer("Postrider")
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    @property
    def width(self) -> float:
        """The width between the margins."""
        return self.epw

    @property
    def room(self) -> float:
        """The height left on this page above its foot."""
        return self.page_break_trigger - self.y

    def header(self) -> None:
        """Repeat who and what this is on every page after the first."""
        if self.page_no() == 1:
            return
        self.line_of(self.running_head, 8.5, LIGHT.muted)
        self.rule(LIGHT.rule, HAIRLINE)
        self.ln(10)

    def footer(self) -> None:
        """Set the page's number, and the watermark over everything else."""
        self.set_y(-42)
        self.line_of(self.page_words.format(self.page_no()), 8.5, LIGHT.muted, align=Align.C)
        if self.watermark:
            self._stamp(self.watermark)

    def paint(self, colour: str, size: float, *, bold: bool = False) -> None:
        """Choose the ink (``#RRGGBB``) and the letter size for what follows."""
        self.set_text_color(colour)
        self.set_font(FACE, "B" if bold else "", size)
        if not self.current_font_is_set_on_page:
            # A line that starts with a fallback font names the face inside its own graphics state, and the lines
            # after it lose it (what is left of https://github.com/py-pdf/fpdf2/issues/1772): empty text names it first.
            self.text(self.x, self.y, "")

    def ready(self, text: str) -> str:
        """Return ``text`` as it can be printed, with the fonts at hand that it needs."""
        printable = make_printable(text)
        new = [family for family in list_fallbacks(printable) if family not in self._fallbacks]
        for family in new:
            self.add_font(family, "", path_of(FALLBACKS[family]))
        if new:
            self._fallbacks += new
            self.set_fallback_fonts(self._fallbacks, exact_match=False)
        return printable

    def line_of(
        self, text: str, size: float, colour: str = LIGHT.ink, *, bold: bool = False, align: Align = Align.L
    ) -> None:
        """Set a paragraph over the whole width, and go on below it."""
        self.paragraph(self.l_margin, self.width, text, size, colour, bold=bold, align=align)

    def paragraph(
        self,
        x: float,
        width: float,
        text: str,
        size: float,
        colour: str = LIGHT.ink,
        *,
        bold: bool = False,
        align: Align = Align.L,
    ) -> None:
        """Set a paragraph in a column, and go on below it at the left margin."""
        printable = self.ready(text)
        self.paint(colour, size, bold=bold)
        self.set_x(x)
        self.multi_cell(width, size * LEADING, printable, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def height_of(self, width: float, text: str, size: float, *, bold: bool = False) -> float:
        """Return how high a paragraph will stand."""
        printable = self.ready(text)
        self.paint(LIGHT.ink, size, bold=bold)
        output = MethodReturnValue.LINES
        lines = self.multi_cell(width, size * LEADING, printable, dry_run=True, output=output)
        return max(1, len(cast("list[str]", lines))) * size * LEADING

    def rule(self, colour: str = LIGHT.ink, weight: float = HAIRLINE) -> None:
        """Draw a line over the whole width here."""
        self.set_draw_color(colour)
        self.set_line_width(weight)
        self.line(self.l_margin, self.y, self.l_margin + self.width, self.y)

    def masthead(self, name: str, address: str) -> None:
        """Set who this is from, over the house's double rule."""
        self.line_of(name, 21, bold=True)
        self.line_of(" · ".join(line.strip() for line in address.splitlines() if line.strip()), 9, LIGHT.muted)
        self.ln(9)
        self.rule(LIGHT.ink, 1.8)
        self.ln(3)
        self.rule(LIGHT.ink, HAIRLINE)
        self.ln(22)

    def kicker(self, left: str, right: str) -> None:
        """Set what this is at the left in the accent, and its number at the right."""
        top = self.y
        half = self.width * 0.6
        self.set_char_spacing(0.9)
        self.paragraph(self.l_margin, half, left.upper(), 9.5, LIGHT.accent, bold=True)
        self.set_char_spacing(0)
        below = self.y
        self.set_y(top)
        rest = self.width - half
        self.paragraph(self.l_margin + half, rest, right, 9.5, LIGHT.muted, align=Align.R)
        self.set_y(max(below, self.y))

    def fact(self, label: str, value: str, *, bold: bool = False) -> None:
        """Set one fact: its label at the left, its value beside it, a hairline below. Never parts over two pages."""
        if not value.strip():
            return
        value = value if len(value) <= LONGEST_FACT else value[:LONGEST_FACT] + "…"
        column = self.width - LABEL_WIDTH
        height = max(self.height_of(column, value, 10.5, bold=bold), self.height_of(LABEL_WIDTH - 12, label, 9.5))
        self.keep(height + 10)
        top = self.y + 4.5
        self.set_y(top + 0.9)
        self.paragraph(self.l_margin, LABEL_WIDTH - 12, label, 9.5, LIGHT.muted)
        below = self.y
        self.set_y(top)
        self.paragraph(self.l_margin + LABEL_WIDTH, column, value, 10.5, bold=bold)
        self.set_y(max(below, self.y) + 4.5)
        self.rule(LIGHT.rule)

    def note(self, lines: list[str], *, edge: str, ground: str, size: float = 9.5) -> None:
        """Set sentences on a coloured ground with a strong left edge; goes to the next page whole when it must."""
        lines = [line for line in lines if line]
        inner, gap = self.width - 32, 5
        height = sum(self.height_of(inner, line, size) for line in lines) + gap * (len(lines) - 1) + 22
        self.keep(height)
        top = self.y
        if height <= self.room:
            self.set_fill_color(ground)
            self.rect(self.l_margin, top, self.width, height, style="F")
            self.set_fill_color(edge)
            self.rect(self.l_margin, top, 3, height, style="F")
        self.set_y(top + 11)
        for line in lines:
            self.paragraph(self.l_margin + 18, inner, line, size)
            self.ln(gap)
        self.set_y(self.y - gap + 11)

    def signature(self, signatory: str, signed_for: str) -> None:
        """Set who answers for this document, under a short line; nothing when nobody is named."""
        if not signatory.strip():
            return
        self.keep(64)
        self.ln(24)
        self.set_draw_color(LIGHT.ink)
        self.set_line_width(HAIRLINE)
        self.line(self.l_margin, self.y, self.l_margin + 190, self.y)
        self.ln(4)
        self.line_of(signatory, 10.5, bold=True)
        self.line_of(signed_for, 9, LIGHT.muted)

    def small_print(self, lines: list[str]) -> None:
        """Set what closes the document, small."""
        self.ln(11)
        for line in lines:
            if line.strip():
                self.keep(self.height_of(self.width, line, 8))
                self.line_of(line, 8, LIGHT.muted)
                self.ln(2)

    def finish(self) -> bytes:
        """Return the document's bytes; the same for the same calls. Nothing more can be set on it."""
        data = bytes(self.output())
        self.let_go()
        return data

    def let_go(self) -> None:
        """Close the font files, which fpdf2 leaves open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def keep(self, height: float) -> None:
        """Go to the next page when so much does not fit on this one but would on an empty one."""
        if self.room < height < self.eph - 40:
            self.add_page()

    @contextmanager
    def _lifted(self) -> Iterator[None]:
        """Let no page break happen for what is set near the foot."""
        self.set_auto_page_break(False)
        try:
            yield
        finally:
            self.set_auto_page_break(True, FOOT)

    def _stamp(self, word: str) -> None:
        printable = self.ready(word)
        self.paint(LIGHT.bad, 100, bold=True)
        size = min(130.0, 100 * 480 / self.get_string_width(printable))
        self.paint(LIGHT.bad, size, bold=True)
        width = self.get_string_width(printable)
        x, y = self.w / 2, self.h / 2
        with self._lifted(), self.local_context(fill_opacity=0.13), self.rotation(38, x, y):
            self.set_xy(x - width / 2, y - size / 2)
            self.cell(width, size, printable)
