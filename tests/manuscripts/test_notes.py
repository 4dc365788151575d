"""Notes and their markers: every way of writing them, tied by number, and a warning for each that stays alone."""

import pytest

from service.manuscripts import Manuscript, read_manuscript
from tests.manuscripts.reading import read_text

REST = " and the builders of the rope walk knew this very well."


def notes_of(manuscript: Manuscript, item: int = 0) -> list[tuple[int, str]]:
    """Return the notes of an item."""
    return [(note.number, note.text) for note in manuscript.items[item].notes]


@pytest.mark.parametrize(
    ("marker", "note"),
    [
        ("house[1]", "[1] Once."),
        ("house [1]", "[1] Once."),
        ("house［1］", "［1］Once."),
        ("house【1】", "【1】 Once."),
        ("house¹", "¹ Once."),
        ("house①", "① Once."),
        ("house[1]", "1. Once."),
        ("house[1]", "1) Once."),
        ("house[1]", "[1]: Once."),
    ],
)
def test_every_way_of_numbering_is_tied(marker: str, note: str) -> None:
    manuscript = read_text("Rope", "by Bo Li", f"A rope is as long as its {marker}" + REST, "Notes:", note)

    assert "house[^1]" in manuscript.items[0].blocks[0].text.replace("house [", "house[")
    assert notes_of(manuscript) == [(1, "Once.")]
    assert manuscript.warnings == ()


def test_notes_without_a_label_are_found_at_the_end_of_their_article() -> None:
    manuscript = read_text(
        "Rope", "by Bo Li", "A rope[1] is long" + REST, "[1] Once.", "Light", "by Al Li", "It shines" + REST
    )

    assert notes_of(manuscript) == [(1, "Once.")]
    assert notes_of(manuscript, 1) == []


def test_each_article_counts_its_own_notes_from_one() -> None:
    first = ("Rope", "by Bo Li", "A rope[1] is long[2]" + REST, "Notes:", "[1] Once.", "[2] Twice.")
    second = ("Light", "by Al Li", "A light[3] is bright[4]" + REST, "Notes:", "[3] Never.", "[4] Always.")
    manuscript = read_text(*first, *second)

    assert notes_of(manuscript) == [(1, "Once."), (2, "Twice.")]
    assert notes_of(manuscript, 1) == [(1, "Never."), (2, "Always.")]
    assert manuscript.items[1].blocks[0].text.startswith("A light[^1] is bright[^2]")


def test_one_list_of_notes_at_the_end_is_shared_out_by_the_markers() -> None:
    manuscript = read_text(
        "Rope",
        "by Bo Li",
        "A rope[1] is long" + REST,
        "Light",
        "by Al Li",
        "A light[2] is bright" + REST,
        "Notes:",
        "[1] Once.",
        "[2] Twice.",
    )

    assert notes_of(manuscript) == [(1, "Once.")]
    assert notes_of(manuscript, 1) == [(1, "Twice.")]
    assert manuscript.warnings == ()


def test_a_second_paragraph_of_a_note_stays_with_it() -> None:
    manuscript = read_text(
        "Rope", "by Bo Li", "A rope[1] is long[2]" + REST, "Notes:", "[1] Once.", "And then again.", "[2] Twice."
    )

    assert notes_of(manuscript) == [(1, "Once.\n\nAnd then again."), (2, "Twice.")]


def test_a_missing_number_keeps_the_authors_count() -> None:
    manuscript = read_text(
        "Rope", "by Bo Li", "A rope[1] is very[2] long[3]" + REST, "Notes:", "[1] Once.", "[3] Thrice."
    )

    assert notes_of(manuscript) == [(1, "Once."), (3, "Thrice.")]
    assert "A rope[^1] is very[2] long[^3]" in manuscript.items[0].blocks[0].text
    assert [doubt.reason for doubt in manuscript.warnings] == ["Marker [2]: there is no note 2."]


def test_two_notes_of_one_number_are_both_kept_with_a_warning() -> None:
    manuscript = read_text("Rope", "by Bo Li", "A rope[1] is long" + REST, "Notes:", "[1] Once.", "[1] Twice.")

    assert notes_of(manuscript) == [(1, "Once."), (2, "Twice.")]
    assert [doubt.reason for doubt in manuscript.warnings] == ["Note 1 stands here a second time: it is now note 2."]


def test_powers_and_units_are_not_markers() -> None:
    manuscript = read_text("Rope", "by Bo Li", "It weighs 10¹ grams on 3 m¹ of yard" + REST, "Notes:", "[1] Once.")

    assert manuscript.items[0].blocks[0].text.startswith("It weighs 10¹ grams on 3 m¹ of yard")


def test_markdown_labels_become_numbers_in_the_order_of_the_markers() -> None:
    text = "# Rope\n\nBy Bo Li\n\nA rope[^z] is long[^a].[^z]\n\n[^a]: Second.\n[^z]: First.\n    And *more*.\n"
    manuscript = read_manuscript(text.encode(), "letter.md")

    assert manuscript.items[0].blocks[0].text == "A rope[^1] is long[^2].[^1]"
    assert notes_of(manuscript) == [(1, "First.\nAnd *more*."), (2, "Second.")]


def test_a_markdown_note_that_nothing_points_to_is_kept_with_a_warning() -> None:
    manuscript = read_manuscript(
        b"# Rope\n\nBy Bo Li\n\nA rope[^a] is long.\n\n[^a]: One.\n\n[^b]: Two.\n", "letter.md"
    )

    assert notes_of(manuscript) == [(1, "One."), (2, "Two.")]
    assert [doubt.to_json() for doubt in manuscript.warnings] == [
        {"line": 9, "text": "Two.", "reason": "Note b: no marker in the text points to it."}
    ]
