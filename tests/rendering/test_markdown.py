"""What an author may write, and the sentence for what they may not."""

import pytest

from service.errors import BadInput
from service.rendering.markdown import MAX_CHARACTERS, parse_markdown, plain_text


def _headings(text: str) -> list[str]:
    return [token.tag for token in parse_markdown(text).tokens if token.type == "heading_open"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("# One\n## Two\n### Three", ["h3", "h4", "h5"]),
        ("### Three\n\n#### Four", ["h3", "h4"]),
        ("# One\n\n###### Six", ["h3", "h4"]),
        ("## Two\n\n# One", ["h3", "h3"]),
        ("# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6", ["h3", "h4", "h5", "h6", "h6", "h6"]),
    ],
)
def test_headings_start_below_the_items_title_and_leave_no_gap(text: str, tags: list[str]) -> None:
    assert _headings(text) == tags


def test_links_are_found_in_reading_order_with_their_words_and_notes_come_last() -> None:
    prose = parse_markdown(
        "[*first* one](https://a.test)[^n] and <https://b.test/x>\n\n[^n]: [in a note](http://c.test)\n\nLast "
        "[by mail](mailto:d@e.test)"
    )
    assert [(link.index, link.label, link.url, link.tracked) for link in prose.links] == [
        (0, "first one", "https://a.test", True),
        (1, "https://b.test/x", "https://b.test/x", True),
        (2, "by mail", "mailto:d@e.test", False),
        (3, "in a note", "http://c.test", True),
    ]


def test_notes_are_numbered_by_their_first_reference() -> None:
    prose = parse_markdown("x[^b] y[^a] z[^b]\n\n[^a]: about a\n\n[^b]: about b")
    assert [(note.number, note.references, plain_text(note.tokens[1].children or ())) for note in prose.notes] == [
        (1, 2, "about b"),
        (2, 1, "about a"),
    ]


@pytest.mark.parametrize(
    ("text", "fallback"),
    [("{{name|friend}}", "friend"), ("{{ name | dear reader }}", "dear reader"), ("{{name|друзья}}", "друзья")],
)
def test_the_merge_field_keeps_its_fallback(text: str, fallback: str) -> None:
    (paragraph,) = (token for token in parse_markdown(f"Dear {text},").tokens if token.type == "inline")
    assert [child.content for child in paragraph.children or () if child.type == "merge_name"] == [fallback]


@pytest.mark.parametrize("text", ["`{{name|x}}`", "    {{ 7*7 }}", r"\{{name|x}}", r"{\{ 7*7 }}"])
def test_braces_in_code_or_after_a_backslash_are_only_braces(text: str) -> None:
    assert "merge_name" not in repr(parse_markdown(text).tokens)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Dear {{ 7*7 }}", "“{{ 7*7 }}” is not a merge field"),
        ("Dear {{name}}", "“{{name}}” is not a merge field"),
        ("Dear {{name|}}", "is not a merge field"),
        ("Dear {{email|x}}", "is not a merge field"),
        ("Dear {{name|{{name|x}}}}", "is not a merge field"),
        ("See[^1] this", r"points to note [^1], but there is no such note"),
        ("See this\n\n[^1]: Alone.", r"nothing in the text points to note [^1]"),
        ("a[^1]\n\n[^1]: One.\n\n[^1]: Two.", r"note [^1] is written twice"),
        ("a[^1]b[^2]\n\n[^1]: One.\n\n    [^2]: Two.", r"note [^2] stands inside note [^1]"),
        ("[x](javascript:alert(1))", "the link “x” goes to “javascript:alert(1)”"),
        ("[x](/pages/about)", "the link “x” goes to “/pages/about”"),
        ("[x](ftp://files.test)", "a link starts with https://, http:// or mailto:"),
        ("<javascript:alert(1)>", "the link “javascript:alert(1)” goes to"),
        ("[x](https://)", "the link “x” goes to “https://”"),
        ("[x](mailto:)", "the link “x” goes to “mailto:”"),
        ("[x](<http://[bad>)", "the link “x” goes to"),
        ("[](https://a.test)", "the link to https://a.test has no words to press"),
        ("[![](https://a.test/i.png)](https://a.test)", "has no words to press"),
        ("![x](http://a.test/i.png)", "the image “http://a.test/i.png” cannot be shown"),
        ("![x](data:image/png;base64,AAAA)", "the image “data:image/png;base64,AAAA” cannot be shown"),
        (">" * 10_000 + " deep", "nested more than 40 deep"),
        ("*a **b " * 30 + "c** d* " * 30, "nested more than 40 deep"),
        ("\n".join("  " * depth + "- x" for depth in range(200)), "nested more than 40 deep"),
        ("[^a" * 1_000, "the note mark “[^a[^a[^a[^a[^a[^a[^…” has no end"),
        ("[^\t" * 1_000, "has no end"),
        ("[" * 2_001, "more than 2,000 opening square brackets"),
        ("x" * (MAX_CHARACTERS + 1), "one item may have 60,000"),
        ("five megabytes " * 350_000, "one item may have 60,000"),
    ],
)
def test_what_cannot_be_honoured_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_markdown(text)
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    "text",
    ["[" * 2_000, "![" * 2_000, "x" + " ".join("`" * n for n in range(2, 130)), "<" * 9_000, "[a](" * 2_000],
)
def test_unclosed_brackets_are_only_text(text: str) -> None:
    (paragraph,) = (token for token in parse_markdown(text).tokens if token.type == "inline")
    assert plain_text(paragraph.children or ()) == text


def test_a_line_end_between_two_chinese_characters_is_no_space() -> None:
    (paragraph,) = (token for token in parse_markdown("潮汐\n记录 and\nmore").tokens if token.type == "inline")
    assert plain_text(paragraph.children or ()) == "潮汐记录 and more"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.test/days?x=1 for it.", ["https://a.test/days?x=1"]),
        ("(http://a.test/b).", ["http://a.test/b"]),
        ("Both [one](https://a.test/1) and https://a.test/2", ["https://a.test/1", "https://a.test/2"]),
        ("node.js, a.test/path, ftp://a.test/x and //a.test are words", []),
        ("`https://a.test/code`", []),
    ],
)
def test_an_address_in_the_text_becomes_a_link_where_it_says_what_it_is(text: str, links: list[str]) -> None:
    assert [link.url for link in parse_markdown(text).links] == links
