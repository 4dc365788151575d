"""Markdown is kept as it was typed: blocks by their shape, addresses moved into links, live HTML disarmed."""

import pytest

from service.manuscripts import item_markdown, read_manuscript
from service.manuscripts.formats import Format, detect_text_format
from service.manuscripts.markdown import read_markdown
from service.manuscripts.source import Passage, Source


def passages(text: str) -> list[Passage]:
    """Return the passages of a Markdown text."""
    return read_markdown(text, Source()).passages


@pytest.mark.parametrize(
    ("text", "shape", "markdown", "marks"),
    [
        ("## A *quiet* title ##", "heading", "A *quiet* title", "####"),
        ("A title\n=======", "heading", "A title", "======="),
        ("> one\n> two", "quote", "one\ntwo", ">>"),
        ("> one\n>\n> > two", "quote", "one\n\n> two", ">>>"),
        ("- one\n- two\n  - three", "list", "- one\n- two\n  - three", ""),
        ("1. one\n2. two", "list", "1. one\n2. two", ""),
        ("![a](https://x.org/a.png)", "image", "![a](https://x.org/a.png)", ""),
        ("A line\nthat goes on  \nand breaks", "paragraph", "A line\nthat goes on  \nand breaks", ""),
        ("    indented by habit", "paragraph", "indented by habit", ""),
        ("```\na = 1\n```", "paragraph", "```\na = 1\n```", ""),
        ("[^a]: A note\n    that goes on", "note", "A note\nthat goes on", "[^a]:"),
    ],
)
def test_a_block_keeps_its_words_and_its_shape(text: str, shape: str, markdown: str, marks: str) -> None:
    (passage,) = passages(text)

    assert (passage.shape.value, passage.text, passage.marks) == (shape, markdown, marks)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("See [the log][log].\n\n[log]: https://x.org/log", "See [the log](https://x.org/log)."),
        ("See [log].\n\n[LOG]: https://x.org/(log)", "See [log](<https://x.org/(log)>)."),
        ("See [the log][gone].", "See [the log][gone]."),
        ("Inline <b onclick=x>tag</b> and <https://x.org>", r"Inline \<b onclick=x>tag\</b> and <https://x.org>"),
        ("One<br>two <!-- hidden --> three", "One\\\ntwo  three"),
        ("`<code>` stays", "`<code>` stays"),
        ("[x](javascript:steal())", r"[x]\(javascript:steal())"),
    ],
)
def test_links_are_completed_and_live_markup_is_disarmed(text: str, markdown: str) -> None:
    assert passages(text)[0].text == markdown


def test_html_between_paragraphs_is_read_as_a_page() -> None:
    source = read_markdown("# A\n\n<div>\n<p>Raw <b>page</b></p>\n</div>\n\ntext", Source())

    assert [(passage.lines, passage.text) for passage in source.passages] == [
        ((1, 1), "A"),
        ((4, 4), "Raw **page**"),
        ((7, 7), "text"),
    ]
    assert source.asides[0].lines == (3, 5)


def test_a_byline_directly_above_its_paragraph_is_a_line_of_its_own() -> None:
    manuscript = read_manuscript(b"# Rope\nBy Bo Li\nA rope is\nvery long.\n", "letter.md")

    assert manuscript.items[0].byline == ("Bo Li",)
    assert [block.text for block in manuscript.items[0].blocks] == ["A rope is\nvery long."]


def test_a_bold_line_directly_above_its_paragraph_is_a_headline() -> None:
    manuscript = read_manuscript(
        b"# Harbor\n\n## Briefs\n\n**Ferry**\nIt is back.\n\n**Buoy**\nIt is green.\n", "letter.md"
    )

    assert [(item.kind.value, item.title) for item in manuscript.items] == [("brief", "Ferry"), ("brief", "Buoy")]
    assert manuscript.title == "Harbor"


def test_the_fields_of_a_site_generator_are_set_aside_with_a_warning() -> None:
    manuscript = read_manuscript(b"---\ntitle: Rope\ntags:\n  - sea\n---\n\n# Rope\n\nBy Bo Li\n\nLong.\n", "letter.md")

    assert manuscript.left_out[0].lines == (1, 5)
    assert [doubt.lines for doubt in manuscript.warnings] == [(1, 5)]
    assert manuscript.items[0].title == "Rope"


@pytest.mark.parametrize(
    ("text", "filename", "found"),
    [
        ("# One\n\n# Two", "letter.txt", Format.MARKDOWN),
        ("# One", "letter.md", Format.MARKDOWN),
        ("# One", "letter.txt", Format.TEXT),
        ("**Bold** and [a link](https://x.org)", "pasted", Format.MARKDOWN),
        ("Plain words", "letter.md", Format.TEXT),
        ("<h1>One</h1><p>Two</p>", "letter.md", Format.HTML),
        ("<!doctype html>Words", "letter.txt", Format.HTML),
        ("Words with a <b>tag</b>", "letter.html", Format.HTML),
        ("Words with a <b>tag</b>", "letter.txt", Format.TEXT),
        ("Words without tags, 1 < 2", "letter.html", Format.TEXT),
    ],
)
def test_content_comes_before_the_name_in_telling_the_format(text: str, filename: str, found: Format) -> None:
    assert detect_text_format(text, filename) is found


def test_an_item_as_one_document_has_headings_quotes_lists_and_notes() -> None:
    body = "## Inside\n\n> Measure.\n>\n> Twice.\n\n- one\n- two\n\n"
    text = f"# Rope\n\nBy Bo Li\n\nA rope[^a].\n\n{body}[^a]: Long.\n    Very.\n"
    manuscript = read_manuscript(text.encode(), "letter.md")

    assert item_markdown(manuscript.items[0]) == f"A rope[^1].\n\n{body}[^1]: Long.\n    Very.\n"
