"""Files that are no manuscript: each is refused with one clear sentence, whatever its name says."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BadInput
from service.manuscripts import read_manuscript
from service.manuscripts.html_tree import parse_page
from tests.manuscripts.reading import sample_bytes, sample_names
from tests.manuscripts.wordfile import paragraph, word_file, zip_file

WORD = word_file(paragraph("Dear readers,") + paragraph("The ferry is back, and so are the gulls."))
NESTED_WORD = word_file("<w:ins>" * 200 + paragraph("deep") + "</w:ins>" * 200)
ENTITIES = (
    '<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&b;</w:document>'
)


@pytest.mark.parametrize(
    ("data", "filename", "sentence"),
    [
        (b"", "letter.txt", "The file is empty"),
        (b" \r\n\t \n", "letter.txt", "The file is empty"),
        (b"\xef\xbb\xbf", "letter.txt", "There are no words"),
        (b"... --- !!!", "letter.txt", "There are no words"),
        (b"<script>let a = 1</script>", "letter.txt", "There are no words"),
        (b"word " * 400_001, "letter.txt", "The file is 2,000,005 bytes; the most that we read is 2,000,000."),
        (b"a\n" * 100_001, "letter.txt", "The text has 100,001 lines; the most that we read is 100,000."),
        (b"a word\n" * 20_001, "letter.txt", "The text has 20,001 paragraphs; the most that we read is 20,000."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "letter.docx", "This is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "letter.docx", "This is an old Word document (.doc)"),
        (b"{\\rtf1\\ansi Dear readers}", "letter.txt", "This is a rich text document (.rtf)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "letter.txt", "This is a picture (PNG)"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "letter.docx", "This is a picture (JPEG)"),
        (b"GIF89a" + bytes(40), "letter.txt", "This is a picture (GIF)"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><text>a</text></svg>", "letter.html", "This is a picture (SVG)"),
        (b"Dear readers,\x00\x01\x02 the ferry", "letter.txt", "byte 14 is zero, as in no text"),
        (b"The ferry \x81\x8d\x90 is back", "letter.txt", "byte 11 is not UTF-8, and no other encoding fits"),
        (b"\xff\xfea", "letter.txt", "says that it is UTF-16-LE, but byte 1 does not fit"),
        (zip_file({"xl/workbook.xml": "<a/>"}), "letter.docx", "This is an Excel workbook"),
        (zip_file({"content.xml": "<a/>"}), "letter.docx", "This is an OpenDocument file (.odt)"),
        (zip_file({"photo.txt": "hello"}), "letter.docx", "This is a zip archive"),
        (b"PK\x05\x06" + bytes(18), "letter.docx", "This is an empty zip archive"),
        (WORD[:-30], "letter.docx", "This Word document is damaged"),
        (b"PK\x03\x04" + bytes(100), "letter.docx", "This Word document is damaged"),
        (word_file("<w:p><w:r>"), "letter.docx", "its part word/document.xml cannot be read"),
        (word_file('<w:p><w:r><w:footnoteReference w:id="7"/></w:r></w:p>'), "letter.docx", "do not fit together"),
        (word_file("", extra={"word/document.xml": ENTITIES}), "letter.docx", "declares entities in word/document.xml"),
        (word_file("", extra={f"word/media/{n}": "" for n in range(2_000)}), "letter.docx", "2,006 parts"),
        (word_file(paragraph("a" * 5_000_000)), "letter.docx", "Unpacked, the text is 5,00"),
        (
            word_file("", extra={"word/media/film": bytes(200_000_000)}),
            "letter.docx",
            "Unpacked, this document is 200,00",
        ),
        (word_file(paragraph("")), "letter.docx", "There are no words"),
        (NESTED_WORD, "letter.docx", "nests more than 100 parts in word/document.xml"),
        (b"<div>" * 10_000 + b"deep", "letter.html", "The page nests more than 200 tags at line 1"),
        (b"<div>" * 10_000 + b"deep", "pasted.txt", "The page nests more than 200 tags at line 1"),
        (b"<p>\n" + b"<b>" * 10_000 + b"deep", "letter.html", "The page nests more than 200 tags at line 2"),
        (b"<p>" + b"<i>a</i>" * 60_000, "letter.html", "The page has more than 100,000 tags"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_a_file_that_is_no_manuscript_is_refused_with_a_sentence(data: bytes, filename: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_manuscript(data, filename)

    assert sentence in refusal.value.message
    assert refusal.value.message.endswith((".", "parts.", "again."))
    assert "\n" not in refusal.value.message


def test_a_page_that_takes_too_long_is_refused_by_the_clock() -> None:
    seconds = iter(range(100))

    with pytest.raises(BadInput, match="takes more than 4 seconds"):
        parse_page("<p>" + "word " * 10_000, clock=lambda: float(next(seconds)))


def test_formatting_that_every_paragraph_repeats_cannot_grow_without_end() -> None:
    unclosed = "<p>" + "".join(f"<font size={n}>" for n in range(150))

    with pytest.raises(BadInput, match="more than 100,000 tags"):
        read_manuscript((unclosed + "<p>x" * 2_000).encode(), "letter.html")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
def test_random_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    read_or_refuse(data)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sample_names()), st.data())
def test_damaged_samples_are_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    whole = bytearray(sample_bytes(name))
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(whole)))
        whole[position : position + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=10))
    read_or_refuse(bytes(whole))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(WORD)), st.binary(max_size=8))
def test_damaged_word_documents_are_read_or_refused_and_nothing_else(position: int, damage: bytes) -> None:
    read_or_refuse(WORD[:position] + damage + WORD[position + len(damage) :])


def read_or_refuse(data: bytes) -> None:
    """Read a file under each name that it could have; anything but a manuscript or BadInput fails the test."""
    for filename in ("letter", "letter.md", "letter.html"):
        try:
            read_manuscript(data, filename).to_json()
        except BadInput as refusal:
            if not refusal.message:
                raise


def test_a_word_document_that_lies_about_its_size_is_refused() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<a>" + "b" * 6_000_000 + "</a>")
    data = bytearray(buffer.getvalue())
    size = (6_000_007).to_bytes(4, "little")
    while size in data:
        data[data.index(size) : data.index(size) + 4] = (100).to_bytes(4, "little")

    with pytest.raises(BadInput, match="damaged"):
        read_manuscript(bytes(data), "letter.docx")
