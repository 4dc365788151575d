"""Where items begin: briefs, features with and without bylines, notes of the editors, and headlines in doubt."""

import pytest

from service.manuscripts import Manuscript, read_manuscript
from tests.manuscripts.reading import read_text

PROSE = "A rope cannot be longer than the house in which it is made, and the builders of the rope walk knew this."
GREETING = ("Dear readers,", PROSE)


def outline(manuscript: Manuscript) -> list[tuple[str, str]]:
    """Return kinds and titles."""
    return [(item.kind.value, item.title) for item in manuscript.items]


def markdown(*paragraphs: str) -> Manuscript:
    """Return Markdown of these paragraphs as the reader understands it."""
    return read_manuscript("\n\n".join(paragraphs).encode(), "letter.md")


def test_a_title_over_a_byline_begins_a_feature_and_ends_the_briefs() -> None:
    manuscript = read_text("BRIEFS", "Ferry Returns", PROSE, "Buoy Is Green", PROSE, PROSE, "Rope", "by Bo Li", PROSE)

    assert outline(manuscript) == [("brief", "Ferry Returns"), ("brief", "Buoy Is Green"), ("feature", "Rope")]
    assert len(manuscript.items[1].blocks) == 2


def test_a_short_line_inside_a_feature_with_a_byline_is_a_heading_without_doubt() -> None:
    manuscript = read_text("Rope", "by Bo Li", PROSE, "Why the House Is There", PROSE, "Conclusion:", PROSE)

    assert [block.kind.value for block in manuscript.items[0].blocks] == [
        "paragraph",
        "heading",
        "paragraph",
        "heading",
        "paragraph",
    ]
    assert manuscript.warnings == ()


@pytest.mark.parametrize("deck", ["How a house decides the length of a rope.", "A long story about a short house"])
def test_a_line_between_a_marked_title_and_its_byline_is_the_first_paragraph(deck: str) -> None:
    manuscript = markdown("# Rope", f"### {deck}", "By Bo Li", PROSE, "## Inside", PROSE)

    assert outline(manuscript) == [("feature", "Rope")]
    assert [block.text for block in manuscript.items[0].blocks] == [deck, PROSE, "Inside", PROSE]


def test_a_date_between_title_and_byline_is_set_aside() -> None:
    manuscript = read_text("Rope", "June 3, 2025", "by Bo Li", PROSE)

    assert outline(manuscript) == [("feature", "Rope")]
    assert ("June 3, 2025", "date of the article") in [(aside.text, aside.reason) for aside in manuscript.left_out]


def test_headings_of_the_articles_rank_begin_features_and_deeper_ones_do_not() -> None:
    manuscript = markdown("# Issue", *GREETING, "## Rope", PROSE, "### Inside", PROSE, "## Light", PROSE)

    assert outline(manuscript) == [("greeting", ""), ("feature", "Rope"), ("feature", "Light")]
    assert manuscript.items[1].blocks[1].kind.value == "heading"


def test_briefs_under_a_heading_end_where_a_heading_of_its_rank_begins() -> None:
    manuscript = markdown("## Briefs", "### Ferry", PROSE, "### Buoy", PROSE, "## Rope", PROSE)

    assert outline(manuscript) == [("brief", "Ferry"), ("brief", "Buoy"), ("feature", "Rope")]


def test_features_under_their_own_label_need_no_byline() -> None:
    manuscript = read_text("BRIEFS", "Ferry Returns", PROSE, "FEATURES", "Rope", PROSE)

    assert outline(manuscript) == [("brief", "Ferry Returns"), ("feature", "Rope")]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Editor's Note", "note"),
        ("От редакции", "note"),
        ("编者按", "note"),
        ("Upcoming events", "note"),
        ("Support our work", "ask"),
        ("Поддержите нас", "ask"),
        ("支持我们", "ask"),
    ],
)
def test_some_headings_say_what_kind_of_item_they_begin(title: str, kind: str) -> None:
    manuscript = read_text("Rope", "by Bo Li", PROSE, title, PROSE)

    assert outline(manuscript) == [("feature", "Rope"), (kind, title)]


def test_a_heading_over_a_letter_makes_it_the_greeting() -> None:
    manuscript = read_text("From the Editor", PROSE, "BRIEFS", "Ferry Returns", PROSE)

    assert outline(manuscript) == [("greeting", "From the Editor"), ("brief", "Ferry Returns")]


def test_a_welcome_without_salutation_is_still_the_greeting() -> None:
    assert outline(read_text("Welcome to the third number of our letter. " + PROSE, "BRIEFS", "Ferry", PROSE)) == [
        ("greeting", ""),
        ("brief", "Ferry"),
    ]


@pytest.mark.parametrize(
    ("lines", "line", "doubt"),
    [
        ((PROSE, "BRIEFS", "Ferry", PROSE), 1, "An opening without a greeting or headline: kept as a note."),
        (("BRIEFS", PROSE, "Ferry", PROSE), 2, "A brief without a headline."),
        (("BRIEFS", "Ferry Returns", "Gulls Too", PROSE), 3, "Two headlines in a row: is this one a brief of its own?"),
        (("BRIEFS", "Ferry", *[PROSE] * 7), 2, "A brief of 7 paragraphs: is it a feature without a byline?"),
        (
            ("Rope", PROSE, "Light", PROSE),
            3,
            "No byline shows where a piece begins: this headline was kept inside the piece above.",
        ),
        (
            (*GREETING, "Light", PROSE, "Rope", "by Bo Li", PROSE),
            3,
            "A headline without a byline: is it a piece of its own?",
        ),
        (
            ("Rope", "by Bo Li", PROSE, "* * *", "Light", PROSE),
            5,
            "A headline without a byline was taken for a new piece.",
        ),
        (
            ("Rope", "by Bo Li", PROSE + "[1]", "Notes:", "[1] Once.", "Light", PROSE),
            6,
            "A headline without a byline was taken for a new piece.",
        ),
    ],
)
def test_a_headline_in_doubt_is_a_warning_at_its_line(lines: tuple[str, ...], line: int, doubt: str) -> None:
    assert [(d.lines[0], d.reason) for d in read_text(*lines).warnings] == [(line, doubt)]


def test_a_picture_above_the_first_headline_belongs_to_the_item_below() -> None:
    manuscript = markdown(
        "![boat](https://example.org/b.png)", "# Rope", "By Bo Li", PROSE, "# Light", "By Al Li", PROSE
    )

    assert outline(manuscript) == [("feature", "Rope"), ("feature", "Light")]
    assert manuscript.items[0].blocks[0].text == "![boat](https://example.org/b.png)"


def test_typed_bullets_and_numbers_become_one_list() -> None:
    bullets = ("• one", "• two", PROSE, "- three", "- four", PROSE, "1) first", "2) second", PROSE, "- a dash alone")
    manuscript = read_text("Rope", "by Bo Li", PROSE, *bullets)

    lists = [block.text for block in manuscript.items[0].blocks if block.kind.value == "list"]
    assert lists == ["- one\n- two", "- three\n- four", "1. first\n2. second"]
