"""Samples of every shape that authors send, and what is found in them."""

import json
from pathlib import Path

import pytest

from service.manuscripts import Manuscript, item_markdown, read_manuscript
from tests.manuscripts.wordfile import footnote_reference, link, paragraph, run, word_file

SAMPLES = Path(__file__).parent / "samples"

OUTLINES = {
    "bold_briefs.md": ["greeting", "brief", "brief", "feature Iris Okafor"],
    "chinese_issue.txt": ["greeting", "brief", "brief", "feature 王小明, 李海", "ask"],
    "continued_notes.txt": ["greeting", "feature Iris Okafor", "feature Tomas Oduya"],
    "french_letter.txt": ["greeting", "feature Hélène Marchand", "ask"],
    "harbor_letter.txt": ["greeting", "brief", "brief", "feature Marta Lindqvist", "feature Tomas Oduya", "ask"],
    "headed_issue.md": ["greeting", "brief", "brief", "feature Iris Okafor", "feature Tomas Oduya", "ask"],
    "layout_mail.html": ["greeting", "brief", "brief", "feature Iris Okafor", "ask"],
    "masthead_and_furniture.txt": ["greeting", "brief", "brief", "feature Iris Okafor, Jonas Brandt"],
    "no_greeting.txt": ["brief", "brief", "feature Iris Okafor"],
    "one_feature.md": ["feature Lena Castellan"],
    "one_line_titles.txt": ["greeting", "feature Iris Okafor", "feature Tomas Oduya, Lena Castellan"],
    "russian_issue.txt": ["greeting", "brief", "brief", "feature Анна Соловьёва, Пётр Ли", "ask"],
    "saved_page.html": ["feature Lena Castellan"],
    "wrapped_mail.txt": ["greeting", "brief", "brief", "feature Iris Okafor"],
}


def _read(name: str) -> Manuscript:
    return read_manuscript((SAMPLES / name).read_bytes(), name)


def _reasons(name: str) -> dict[str, str]:
    return {aside.text: aside.reason for aside in _read(name).left_out}


@pytest.mark.parametrize("name", OUTLINES)
def test_a_sample_has_these_items_in_this_order(name: str) -> None:
    found = [f"{item.kind} {', '.join(item.byline)}".strip() for item in _read(name).items]
    assert found == OUTLINES[name]
    assert _read(name).warnings == () or name == "saved_page.html"


@pytest.mark.parametrize(
    ("name", "language"), [("russian_issue.txt", "ru"), ("chinese_issue.txt", "zh"), ("french_letter.txt", "fr")]
)
def test_every_item_knows_its_language(name: str, language: str) -> None:
    assert {item.language for item in _read(name).items} == {language}


def test_inner_headings_and_notes_are_tied_to_their_feature() -> None:
    features = [item for item in _read("harbor_letter.txt").items if item.kind == "feature"]
    headings = [block.text for block in features[0].blocks if block.kind == "heading"]
    assert len(headings) >= 2
    assert [note.number for note in features[0].notes] == list(range(1, len(features[0].notes) + 1))
    markdown = item_markdown(features[0])
    for note in features[0].notes:
        assert markdown.count(f"[^{note.number}]") >= 2  # the mark and the definition


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("masthead_and_furniture.txt", "Vol. 2, No. 7", "masthead"),
        ("masthead_and_furniture.txt", "Photo: Iris Okafor", "picture credit"),
        ("masthead_and_furniture.txt", "Share", "share row"),
        ("masthead_and_furniture.txt", "Skip to content", "navigation"),
        ("masthead_and_furniture.txt", "Type your email…", "placeholder"),
        ("masthead_and_furniture.txt", "© 2025 The Bay Harbor Letter. All rights reserved.", "copyright"),
        ("saved_page.html", 'window.tracker = "on";', "script"),
        ("saved_page.html", "Photo: Iris Okafor", "picture credit"),
    ],
)
def test_page_furniture_is_set_aside_with_its_reason(name: str, text: str, reason: str) -> None:
    assert reason in _reasons(name)[text]


def test_a_readers_comment_after_the_ask_is_no_part_of_the_issue() -> None:
    reasons = _reasons("harbor_letter.txt")
    assert any("comment" in reason for reason in reasons.values())
    assert not any("grandfather" in item_markdown(item) for item in _read("harbor_letter.txt").items)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("markers_without_notes.txt", "there is no note 4"),
        ("notes_without_markers.txt", "no marker in the text points to it"),
        ("uncertain_title.txt", "taken for the author's name"),
        ("pasted_script.txt", "left out and never run"),
    ],
)
def test_what_is_uncertain_is_a_warning(name: str, reason: str) -> None:
    assert any(reason in warning.reason for warning in _read(name).warnings)


def test_a_word_file_keeps_headings_footnotes_emphasis_and_links() -> None:
    body = "".join(
        [
            paragraph("Ropes and Lights", style="Title"),
            paragraph("Dear readers,"),
            paragraph("Welcome to the harbor."),
            paragraph("The Rope Walk Is Long for a Reason", style="Heading1"),
            paragraph("by Iris Okafor"),
            paragraph("A rope is ", run("never", italic=True), " longer than its house.", footnote_reference(1)),
            paragraph("What the House Says", style="Heading2"),
            paragraph("See ", link("the log", "log"), " for the rest of it, which is long."),
        ]
    )
    data = word_file(body, footnotes=[paragraph("Measured in May.")], links={"log": "https://example.org/log"})
    manuscript = read_manuscript(data, "issue.docx")
    feature = manuscript.items[-1]
    assert feature.byline == ("Iris Okafor",)
    markdown = item_markdown(feature)
    assert "*never*" in markdown
    assert "## What the House Says" in markdown
    assert "[the log](https://example.org/log)" in markdown
    assert "[^1]: Measured in May." in markdown


def test_the_json_has_the_shape_that_programs_read() -> None:
    read = json.loads(json.dumps(_read("masthead_and_furniture.txt").to_json()))
    assert set(read) == {"title", "items", "left_out", "warnings"}
    assert set(read["items"][0]) == {"kind", "title", "byline", "language", "blocks", "notes"}
    assert set(read["left_out"][0]) == {"line", "text", "reason"}
