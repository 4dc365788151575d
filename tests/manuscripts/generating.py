"""Manuscripts made up by hypothesis: every kind of line that the reader knows, and many that it does not."""

import html
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.manuscripts.wordfile import footnote_reference, link, paragraph, run, word_file

_SENTENCES = st.sampled_from(
    (
        "The ice left early this year, and with it went most of the excuses of the port office.",
        "Лёд в этом году сошёл рано, и портовая контора осталась без отговорок до самой осени.",
        "今年冰化得早，港务局让旧渡船停在码头的理由也跟着化了，大家都在等秋天的判决。",
        "La glace est partie tôt cette année, et avec elle toutes les excuses du port.",
        "Крига цього року зійшла рано, і разом із нею зникли всі відмовки портової контори.",
        "It costs 5 * 3 * 2 = 30 coins_and_notes, <b>not</b> [more](less), C:\\tides\\*, AT&amp;T & sons.",
        "A contract[1] that nobody[2] has read¹ to the end.",
        "She said: “wait”… and—then—left. Was it 10⁶ or 400 m²?",
        "שלום לכולם, הקרח נמס מוקדם השנה.",
        "e\u0301clair \u200bzero\u200dwidth 👩‍👩‍👧 \u202eright-to-left\u202c \ufeffmark \u00adsoft",
    )
)
_PROSE = st.lists(_SENTENCES, min_size=1, max_size=4).map(" ".join)
_HEADLINES = st.sampled_from(
    (
        "Ferry Returns to the Island",
        "A Silo Built for a Harvest That Moved",
        "Паром вернулся на остров",
        "渡船停航十一周后重返小岛",
        "Conclusion:",
        "Заключение",
        "结论：",
        "# 1 in the Harbor",
        "Old Pier Taken Down by Storm Emma",
        "The Rope Walk — by Iris Okafor",
        "Support our work",
        "Editor's note",
    )
)
_BYLINES = st.sampled_from(
    (
        "by Iris Okafor",
        "By Iris Okafor and Tom de Vries",
        "Автор: Анна Соловьёва",
        "作者：王小明、李海",
        "Par Hélène Marchand",
    )
)
_LABELS = st.sampled_from(
    ("BRIEFS", "News in brief", "КОРОТКО", "简讯", "Features", "Notes:", "注释：", "Comments", "* * *")
)
_FURNITURE = st.sampled_from(
    (
        "Skip to content",
        "Type your email…",
        "Subscribe",
        "Like · Comment · Restack",
        "Photo: Iris Okafor",
        "Vol. 2, No. 7",
        "June 2025",
        "© 2025 The Bay Harbor Letter",
        "12 Likes ∙ 3 Restacks",
        "Lorem ipsum dolor sit amet",
    )
)
_OPENINGS = st.sampled_from(
    ("Hello Everyone!", "Dear readers,", "Дорогие читатели!", "各位读者：", "The Bay Harbor Letter")
)
_NOTES = st.sampled_from(
    (
        "[1] The house burned down twice.",
        "[2] 只有一次。",
        "3. По ошибке.",
        "¹ Once.",
        "② Twice.",
        "[1]: odd",
        "[^1]: odd",
    )
)
_CLOSINGS = st.sampled_from(
    (
        "Thank you for your support! Your donations are fully tax-deductible.",
        "https://example.org/donate/?id=A_B*C",
        "Спасибо, что вы с нами!",
        "感谢您的支持，欢迎捐款。",
    )
)
_ODD = st.sampled_from(
    (
        "- one",
        "* two",
        "• three",
        "1. first",
        "2) second",
        "> quoted",
        "---",
        "    indented",
        "\u3000\u3000缩进",
        "===",
        "```",
        "<script>alert(1)</script>",
        "<script>",
        "a <!-- hidden --> b",
        "[x]: https://example.org",
        "!",
        "№",
        "\u0007bell",
        "¶ § †",
    )
)
_ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
_LINE = st.one_of(
    _PROSE,
    _PROSE,
    _PROSE,
    _HEADLINES,
    _HEADLINES,
    _BYLINES,
    _LABELS,
    _FURNITURE,
    _OPENINGS,
    _NOTES,
    _CLOSINGS,
    _ODD,
    _ANY_TEXT,
)
_LINE_END = st.sampled_from(("\n", "\n", "\n\n", "\r\n", "\r", "\u2028", "\n \n"))


@st.composite
def plain_manuscripts(draw: st.DrawFn) -> str:
    """Plain text of up to thirty lines with line ends of every kind."""
    lines = draw(st.lists(_LINE, min_size=1, max_size=30))
    return "".join(line + draw(_LINE_END) for line in lines)


_MARKDOWN_LINE = st.one_of(
    _PROSE,
    _PROSE,
    st.tuples(st.sampled_from(("# ", "## ", "### ")), st.one_of(_HEADLINES, _LABELS)).map("".join),
    _HEADLINES.map(lambda words: f"**{words}**"),
    _HEADLINES.map(lambda words: f"{words}\n-----"),
    _PROSE.map(lambda words: f"> {words}\n> — somebody"),
    _PROSE.map(lambda words: f"**A lead.** {words}"),
    _BYLINES.map(lambda words: f"*{words}*"),
    st.sampled_from(
        (
            "- one\n- two\n  - three",
            "1. first\n2. second",
            "A claim.[^a] Another.[^2]",
            "[^a]: The note\n    goes on.",
            "[^2]: Once.",
            "[see the log][log] and [log]",
            "[log]: https://example.org/log_(1911)",
            "![a picture](https://example.org/x.png)",
            "***",
            "```\ncode\n```",
            "<div>\n<p>Raw <b>page</b></p>\n</div>",
            "Inline <b>tag</b><br>and `<code>` and [x](javascript:alert(1))",
            "<!-- hidden -->",
        )
    ),
    _BYLINES,
    _FURNITURE,
    _OPENINGS,
    _CLOSINGS,
    _ODD,
)


@st.composite
def markdown_manuscripts(draw: st.DrawFn) -> str:
    """Markdown that begins as Markdown, so that it is read as such."""
    lines = draw(st.lists(_MARKDOWN_LINE, min_size=1, max_size=20))
    return "# A Letter\n\n" + "".join(line + draw(st.sampled_from(("\n\n", "\n\n", "\n"))) for line in lines)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a page or Word document: its kind, words and whether they are bold, italic or a link."""

    kind: str
    words: str
    style: str


_PARAGRAPH = st.builds(
    Paragraph,
    kind=st.sampled_from(("p", "p", "p", "h2", "h3", "li", "quote", "deleted", "note")),
    words=st.one_of(_PROSE, _HEADLINES, _BYLINES, _LABELS, _FURNITURE, _OPENINGS, _CLOSINGS, _SENTENCES),
    style=st.sampled_from(("", "", "", "bold", "italic", "link")),
)
paragraphs = st.lists(_PARAGRAPH, min_size=1, max_size=15)

_STYLED = {"": "{}", "bold": "<b>{}</b>", "italic": "go<i>{} </i>on", "link": '<a href="https://example.org/a">{}</a>'}
_PLACED = {
    "li": "<ul><li>{}</li><li>and more</li></ul>",
    "quote": "<blockquote><p>{}</p></blockquote>",
    "deleted": '<p hidden>{}</p><script>let s = "x";</script>',
    "note": '<p>Word<sup>1</sup></p><div class="share">{}</div>',
}


def page_of(parts: list[Paragraph]) -> str:
    """Return an HTML page, one tag a line, with the given paragraphs in it."""
    body = "\n".join(
        _PLACED.get(part.kind, f"<{part.kind}>{{}}</{part.kind}>").format(
            _STYLED[part.style].format(html.escape(part.words))
        )
        for part in parts
    )
    return f"<!DOCTYPE html>\n<html><head><title>A Letter</title></head>\n<body>\n{body}\n</body></html>\n"


def word_document_of(parts: list[Paragraph]) -> tuple[bytes, str]:
    """Return a Word document of the given paragraphs, and its words with one paragraph a line."""
    lines: list[str] = []
    notes: list[str] = []
    body = []
    for part in parts:
        words = part.words.replace("\u0007", "")
        if part.kind == "deleted":
            body.append(f"<w:p><w:del><w:r><w:delText>{html.escape(words)}</w:delText></w:r></w:del></w:p>")
        elif part.kind == "note":
            notes.append(paragraph(words))
            body.append(paragraph("Word", footnote_reference(len(notes))))
            words = "Word"
        else:
            style = {"h2": "Heading2", "h3": "Heading3", "quote": "Quote"}.get(part.kind, "")
            body.append(paragraph(_styled_run(words, part.style), style=style))
        lines.append(words)
    # The converter lists footnotes after the text, each as a list item with a paragraph in it.
    for note, part in zip(notes, [part for part in parts if part.kind == "note"], strict=True):
        assert note
        lines += ["", part.words]
    return word_file("".join(body), footnotes=notes, links={"l1": "https://example.org/a"}), "\n".join(lines)


def _styled_run(words: str, style: str) -> str:
    if style == "link":
        return link(words, "l1")
    return run(words, bold=style == "bold", italic=style == "italic")
