"""Word documents: styles, links and footnotes are kept, and words that the converter hides are listed."""

from service.manuscripts import read_manuscript
from tests.manuscripts.wordfile import footnote_reference, link, paragraph, run, word_file

ISSUE = word_file(
    paragraph("Ropes and Lights", style="Title")
    + paragraph("Dear readers,")
    + paragraph("The ice left early this year, and the ferry is back.")
    + paragraph("Briefs", style="Heading1")
    + paragraph("Ferry returns", style="Heading2")
    + paragraph("It crosses again each morning.")
    + paragraph("")
    + paragraph("The Rope Walk", style="Heading1")
    + paragraph("by Iris Okafor")
    + paragraph(
        "A rope ", run("cannot", bold=True), " be longer", footnote_reference(1), " than its ", link("house", "l1")
    )
    + paragraph(run("Inside the house", bold=True))
    + paragraph("It is dark", footnote_reference(2), " and long.")
    + paragraph("Measure first.", style="Quote"),
    footnotes=[paragraph("It burned ", run("twice", italic=True), "."), paragraph("冰情严重。")],
    links={"l1": "https://example.org/house"},
)

REMARK = paragraph("Really?")


def test_a_word_issue_with_styles_and_footnotes_becomes_items() -> None:
    manuscript = read_manuscript(ISSUE, "issue.docx")

    assert manuscript.title == "Ropes and Lights"
    assert [(item.kind.value, item.title, item.byline) for item in manuscript.items] == [
        ("greeting", "", ()),
        ("brief", "Ferry returns", ()),
        ("feature", "The Rope Walk", ("Iris Okafor",)),
    ]
    feature = manuscript.items[2]
    assert [(block.kind.value, block.text) for block in feature.blocks] == [
        ("paragraph", "A rope **cannot** be longer[^1] than its [house](https://example.org/house)"),
        ("heading", "Inside the house"),
        ("paragraph", "It is dark[^2] and long."),
        ("quote", "Measure first."),
    ]
    assert [(note.number, note.text) for note in feature.notes] == [(1, "It burned *twice*."), (2, "冰情严重。")]
    assert manuscript.warnings == ()


def test_a_line_of_a_word_document_is_a_paragraph_and_empty_ones_count() -> None:
    manuscript = read_manuscript(ISSUE, "issue.docx")

    assert [(aside.lines[0], aside.text) for aside in manuscript.left_out] == [(4, "Briefs"), (9, "by")]
    assert manuscript.items[2].blocks[0].lines == (10, 10)


def test_content_decides_and_not_the_name() -> None:
    assert read_manuscript(ISSUE, "issue.txt") == read_manuscript(ISSUE, "issue.docx")
    assert read_manuscript(b"Dear readers, the ferry is back.", "issue.docx").items[0].kind.value == "greeting"


def test_words_that_the_converter_does_not_show_are_listed() -> None:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    body = (
        paragraph("Dear readers, the ferry is back.")
        + "<w:p><w:del><w:r><w:delText>old words</w:delText></w:r></w:del>"
        + '<w:fldSimple w:instr="DATE"><w:r><w:t>June</w:t></w:r></w:fldSimple></w:p>'
        + f'<w:p><m:oMath xmlns:m="{math}"><m:r><m:t>E=mc</m:t></m:r></m:oMath></w:p>'
    )
    parts = {
        "word/header1.xml": f'<w:hdr xmlns:w="{word}">{paragraph("The Bay Letter")}</w:hdr>',
        "word/comments.xml": f'<w:comments xmlns:w="{word}"><w:comment w:id="1">{REMARK}</w:comment></w:comments>',
    }
    manuscript = read_manuscript(word_file(body, extra=dict(parts)), "issue.docx")

    assert [(aside.lines[0], aside.text, aside.reason) for aside in manuscript.left_out] == [
        (1, "The Bay Letter", "page header or footer"),
        (2, "old words", "deleted with tracked changes"),
        (2, "June", "a field that Word fills in: type it into the text"),
        (3, "E=mc", "a Word formula: type it into the text"),
        (3, "Really?", "a reviewer's comment"),
    ]
    assert [doubt.text for doubt in manuscript.warnings] == ["June", "E=mc"]


def test_inserted_words_are_kept_and_moved_words_stand_once() -> None:
    body = (
        "<w:p><w:ins><w:r><w:t>Dear readers, the ferry</w:t></w:r></w:ins>"
        "<w:moveTo><w:r><w:t xml:space='preserve'> is back.</w:t></w:r></w:moveTo>"
        "<w:moveFrom><w:r><w:t>is back.</w:t></w:r></w:moveFrom></w:p>"
    )
    manuscript = read_manuscript(word_file(body), "issue.docx")

    assert manuscript.items[0].blocks[0].text == "Dear readers, the ferry is back."
    assert [(aside.text, aside.reason) for aside in manuscript.left_out] == [
        ("is back.", "moved elsewhere with tracked changes")
    ]
