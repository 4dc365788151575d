"""Nothing is lost: every character of a made-up manuscript is in an item or was set aside, and a loss would be seen."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.errors import BadInput
from service.manuscripts import BlockKind, Manuscript, item_markdown, read_manuscript, unaccounted
from tests.manuscripts.generating import (
    Paragraph,
    markdown_manuscripts,
    page_of,
    paragraphs,
    plain_manuscripts,
    word_document_of,
)
from tests.manuscripts.reading import read_sample, read_text, sample_bytes, sample_names
from tests.manuscripts.visible import words_of
from tests.manuscripts.wordfile import paragraph, word_file


def account(data: bytes, filename: str, source_text: str) -> None:
    """Read a manuscript and fail if any character of ``source_text`` is nowhere in it."""
    with suppress_no_words():
        manuscript = read_manuscript(data, filename)
        assert unaccounted(source_text, manuscript) == ""
        assert json.loads(json.dumps(manuscript.to_json())) == manuscript.to_json()
        for item in manuscript.items:
            assert all(block.text in item_markdown(item) for block in item.blocks if block.kind is not BlockKind.QUOTE)


@contextmanager
def suppress_no_words() -> Iterator[None]:
    """Pass over what is all white space, marks or hidden: there is no manuscript to lose anything from."""
    try:
        yield
    except BadInput as refusal:
        if not refusal.message.startswith(("The file is empty", "There are no words")):
            raise


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plain_manuscripts())
@example("Title\rby Iris Okafor\u2028[1] A note\r\n\x07\n")
def test_nothing_of_a_plain_text_is_lost(text: str) -> None:
    account(text.encode(), "letter.txt", text)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(markdown_manuscripts())
def test_nothing_of_a_markdown_text_is_lost(text: str) -> None:
    account(text.encode(), "letter.md", text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(paragraphs)
def test_nothing_of_a_page_is_lost(parts: list[Paragraph]) -> None:
    page = page_of(parts)
    account(page.encode(), "letter.html", words_of(page))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(paragraphs)
def test_nothing_of_a_word_document_is_lost(parts: list[Paragraph]) -> None:
    document, words = word_document_of(parts)
    account(document, "letter.docx", words)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60), min_size=1, max_size=8))
def test_nothing_of_any_words_in_a_word_document_is_lost(words: list[str]) -> None:
    account(word_file("".join(paragraph(line) for line in words)), "letter.docx", "\n".join(words))


@pytest.mark.parametrize("name", sample_names())
def test_nothing_of_a_sample_is_lost(name: str) -> None:
    text = sample_bytes(name).decode()
    assert unaccounted(words_of(text) if name.endswith(".html") else text, read_sample(name)) == ""


@pytest.mark.parametrize("name", [name for name in sample_names() if name.endswith(".txt")])
def test_the_json_alone_holds_every_letter_of_a_plain_text(name: str) -> None:
    source = Counter("".join(sample_bytes(name).decode().split()))
    in_json = Counter(json.dumps(read_sample(name).to_json(), ensure_ascii=False))

    # Brackets and digits of notes are numbers now; every letter of every script must still be there.
    assert {character for character in source - in_json if character.isalpha()} == set()


def without_last_block(manuscript: Manuscript) -> Manuscript:
    last = manuscript.items[-1]
    return replace(manuscript, items=(*manuscript.items[:-1], replace(last, blocks=last.blocks[:-1])))


@pytest.mark.parametrize(
    ("spoil", "lost"),
    [
        (without_last_block, "Second paragraph.".replace(" ", "")),
        (lambda manuscript: replace(manuscript, left_out=()), "by"),
        (lambda m: replace(m, items=(replace(m.items[0], byline=()),)), "IrisOkafor"),
        (lambda m: replace(m, items=(replace(m.items[0], title=""),)), "FerryReturns"),
    ],
)
def test_a_lost_block_label_byline_or_title_is_reported_in_source_order(spoil: object, lost: str) -> None:
    text = "Ferry Returns\nby Iris Okafor\nA first paragraph about the ferry.\nSecond paragraph."
    manuscript = read_manuscript(text.encode(), "letter.txt")
    assert unaccounted(text, manuscript) == ""

    assert callable(spoil)
    assert unaccounted(text, spoil(manuscript)) == lost


def test_a_repetition_on_another_line_does_not_hide_a_loss() -> None:
    manuscript = read_text("Ferry Returns", "by Iris Okafor", "The gulls came back.", "The gulls came back.")
    feature = manuscript.items[0]
    twice = replace(feature, blocks=(feature.blocks[0], replace(feature.blocks[0])))

    text = "Ferry Returns\nby Iris Okafor\nThe gulls came back.\nThe gulls came back."
    assert unaccounted(text, replace(manuscript, items=(twice,))) == "Thegullscameback."
