"""Plain words into Markdown: markdown-it must read every escaped text as the words that were typed, and no more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from service.manuscripts.markup import escape, plain_words

_READER = MarkdownIt("commonmark").use(footnote_plugin)
_PIECES = (
    *"*_`[]()<>!&#-+=~^\\|.:1 ab\"'",
    *("&amp;", "&#65;", "&copy", "word", "слово", "中文", "。", "“", "\u3000", "\n"),
    *("https://x.org/a_b_", "[^1]", "^[", "![", "](", "<b>", "<a@b.c>", "<http://x>", "<!--", "-->", "<?"),
    *("1. ", "2) ", "- ", "# ", "> ", "---", "***", "[a]: b", "```", "~~~", "==="),
)


def as_read(markdown: str) -> str | None:
    """Return the words that a reader would see, or None when there is any markup in the text."""
    tokens = _READER.parse(markdown)
    if [token.type for token in tokens] != ["paragraph_open", "inline", "paragraph_close"]:
        return None
    words = {"text": None, "text_special": None, "softbreak": "\n"}
    children = tokens[1].children or []
    if any(child.type not in words for child in children):
        return None
    return "".join(words[child.type] or child.content for child in children)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=9).map("".join))
def test_escaped_text_reads_as_the_words_that_were_typed(typed: str) -> None:
    words = "\n".join(line.strip() for line in typed.split("\n") if line.strip())
    if words:
        assert as_read(escape(words)) == words


@pytest.mark.parametrize(
    ("words", "markdown"),
    [
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("snake_case_name", "snake_case_name"),
        ("a < b > c, and x <b", "a < b > c, and x <b"),
        ("A contract[1] was signed.", "A contract[1] was signed."),
        ("#1 in the harbor", "#1 in the harbor"),
        ("1.5 million", "1.5 million"),
        ("AT&T & sons", "AT&T & sons"),
        ("— a dash", "— a dash"),
        ("https://example.org/?id=A_B_C", "https://example.org/?id=A_B_C"),
        ("*really*", r"\*really\*"),
        ("_really_", r"\_really\_"),
        ("# heading", r"\# heading"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("> quoted", r"\> quoted"),
        ("a <b>bold</b> claim", r"a \<b>bold\</b> claim"),
        ("see [here](x)", r"see [here]\(x)"),
        ("&amp;", r"\&amp;"),
        ("`code`", r"\`code\`"),
        ("a \\* star", r"a \\* star"),
        ("[^1]", r"\[^1]"),
        ("---", r"\---"),
    ],
)
def test_only_what_markdown_would_change_gets_a_backslash(words: str, markdown: str) -> None:
    assert escape(words) == markdown


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("A **bold** and *quiet* `word`", "A bold and quiet word"),
        ("[the log](https://example.org/a_(b)) and <https://example.org>", "the log and https://example.org"),
        ("***both*** and __strong__ \\*star\\*", "both and strong *star*"),
        ("snake_case 2 * 3 * 4", "snake_case 2 * 3 * 4"),
        ("![a boat](https://example.org/x.png)", "a boat"),
    ],
)
def test_plain_words_of_markdown_are_what_a_reader_sees(markdown: str, words: str) -> None:
    assert plain_words(markdown) == words
