"""The top of an issue: the issue's title is found, the publication's name, number and date are set aside."""

import pytest

from service.manuscripts import read_manuscript
from tests.manuscripts.reading import read_text

OPENING = ("Dear readers,", "The ice left early this year, and the ferry is back at the quay, to the joy of the baker.")
DOUBT = "Taken for the publication's name; or is it the title of this issue?"


@pytest.mark.parametrize(
    ("top", "title", "left_out", "doubts"),
    [
        ((), "", (), ()),
        (("Spring on the Quay",), "Spring on the Quay", (), ()),
        (("Spring on the Quay", "June 2025"), "Spring on the Quay", ("June 2025",), ()),
        (("The Bay Letter", "Vol. 2, No. 7"), "", ("The Bay Letter", "Vol. 2, No. 7"), (DOUBT,)),
        (
            ("The Bay Letter", "Vol. 2, No. 7", "June 2025", "Spring on the Quay"),
            "Spring on the Quay",
            ("The Bay Letter", "Vol. 2, No. 7", "June 2025"),
            (),
        ),
        (
            ("The Bay Letter", "Spring on the Quay", "Vol. 2, No. 7"),
            "Spring on the Quay",
            ("The Bay Letter", "Vol. 2, No. 7"),
            ("Taken for the title of this issue; or is it the publication's motto?",),
        ),
    ],
)
def test_the_title_is_the_line_that_is_not_name_number_or_date(
    top: tuple[str, ...], title: str, left_out: tuple[str, ...], doubts: tuple[str, ...]
) -> None:
    manuscript = read_text(*top, *OPENING)

    assert manuscript.title == title
    assert tuple(aside.text for aside in manuscript.left_out) == left_out
    assert tuple(doubt.reason for doubt in manuscript.warnings) == doubts
    assert [item.kind.value for item in manuscript.items] == ["greeting"]


def test_a_name_that_the_copyright_line_repeats_is_not_the_title() -> None:
    manuscript = read_text("The Bay Letter", "Spring on the Quay", *OPENING, "© 2025 The Bay Letter")

    assert manuscript.title == "Spring on the Quay"
    assert manuscript.left_out[0].to_json() == {
        "line": 1,
        "text": "The Bay Letter",
        "reason": "name of the publication (masthead)",
    }


def test_a_line_above_a_single_article_is_its_title_and_not_the_issues() -> None:
    manuscript = read_text("The Rope Walk", OPENING[1])

    assert manuscript.title == ""
    assert manuscript.items[0].title == "The Rope Walk"


def test_a_heading_of_the_first_level_above_a_greeting_is_the_issues_title() -> None:
    manuscript = read_manuscript(
        b"# Spring *on* the Quay\n\nDear readers,\n\nWe are back.\n\n## Rope\n\nLong.\n", "a.md"
    )

    assert manuscript.title == "Spring on the Quay"
    assert [item.title for item in manuscript.items] == ["", "Rope"]
