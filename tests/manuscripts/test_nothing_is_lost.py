"""The hard promise: every character of a source is in an item or listed as left out."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BadInput
from service.manuscripts import Manuscript, read_manuscript, unaccounted
from tests.manuscripts.generating import Paragraph, markdown_manuscripts, page_of, paragraphs, plain_manuscripts
from tests.manuscripts.visible import words_of
from tests.manuscripts.wordfile import paragraph, word_file

SAMPLES = sorted(Path(__file__).parent.joinpath("samples").iterdir())


def _read(data: bytes, name: str) -> Manuscript | None:
    try:
        return read_manuscript(data, name)
    except BadInput:
        return None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_no_character_of_a_sample_is_lost(sample: Path) -> None:
    source = sample.read_text(encoding="utf-8")
    manuscript = read_manuscript(sample.read_bytes(), sample.name)
    assert unaccounted(words_of(source) if sample.suffix == ".html" else source, manuscript) == ""


@settings(max_examples=500)
@given(plain_manuscripts())
def test_no_character_of_a_pasted_text_is_lost(source: str) -> None:
    manuscript = _read(source.encode(), "pasted.txt")
    assert manuscript is None or unaccounted(source, manuscript) == ""


@settings(max_examples=150)
@given(markdown_manuscripts())
def test_no_character_of_a_markdown_file_is_lost(source: str) -> None:
    manuscript = _read(source.encode(), "issue.md")
    assert manuscript is None or unaccounted(source, manuscript) == ""


@settings(max_examples=100)
@given(paragraphs)
def test_no_visible_character_of_a_page_is_lost(parts: list[Paragraph]) -> None:
    page = page_of(parts)
    manuscript = _read(page.encode(), "page.html")
    assert manuscript is None or unaccounted(words_of(page), manuscript) == ""


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60), min_size=1, max_size=8))
def test_no_character_of_a_word_file_is_lost(words: list[str]) -> None:
    manuscript = _read(word_file("".join(paragraph(line) for line in words)), "issue.docx")
    assert manuscript is None or unaccounted("\n".join(words), manuscript) == ""


def test_the_account_notices_a_lost_block() -> None:
    source = "Dear readers,\nWelcome to the harbor.\nA Silo Built for a Harvest\nby Iris Okafor\nThe silo stands empty."
    manuscript = read_manuscript(source.encode(), "a.txt")
    feature = manuscript.items[-1]
    robbed = replace(manuscript, items=(*manuscript.items[:-1], replace(feature, blocks=())))
    assert unaccounted(source, manuscript) == ""
    assert unaccounted(source, robbed) == "Thesilostandsempty."


@settings(max_examples=200)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.md", "a.html", "a.docx", "a"]))
def test_whatever_bytes_come_there_is_a_manuscript_or_a_sentence(data: bytes, name: str) -> None:
    _read(data, name)
