"""Whole manuscripts of every shape we know: what each becomes, what is left out and why, and what staff are asked."""

from dataclasses import dataclass

import pytest

from tests.manuscripts.reading import read_sample, sample_names

LABEL = "section label"
BYLINE = "words of the byline"
COMMENT = "reader's comment, not the author's text"


@dataclass(frozen=True)
class Expected:
    """A manuscript in short: items as (kind, title, byline, language, first letters of the blocks, note numbers)."""

    items: tuple[tuple[str, str, list[str], str, str, list[int]], ...]
    left_out: tuple[tuple[int, str], ...]
    title: str = ""
    warnings: tuple[tuple[int, str], ...] = ()


EXPECTED = {
    "bold_briefs.md": Expected(
        items=(
            ("greeting", "", [], "en", "p", []),
            ("brief", "Ferry returns", [], "en", "p", []),
            ("brief", "Wrong green", [], "en", "p", []),
            ("feature", "The Rope Walk", ["Iris Okafor"], "en", "p", []),
        ),
        left_out=((3, LABEL), (11, BYLINE)),
    ),
    "chinese_issue.txt": Expected(
        title="北湾来信",
        items=(
            ("greeting", "", [], "zh", "pp", []),
            ("brief", "渡船停航十一周后重返小岛", [], "zh", "p", []),
            ("brief", "吊车司机要求延长午休", [], "zh", "p", []),
            ("feature", "灯塔是唯一搬不走的证人", ["王小明", "李海"], "zh", "phphp", [1]),
            ("ask", "", [], "zh", "pp", []),
        ),
        left_out=((4, LABEL), (10, BYLINE), (16, LABEL)),
    ),
    "continued_notes.txt": Expected(
        items=(
            ("greeting", "", [], "en", "pp", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "p", [1, 2]),
            ("feature", "A Lighthouse Needs a Lawyer", ["Tomas Oduya"], "en", "p", [1, 2]),
        ),
        left_out=((4, BYLINE), (9, BYLINE)),
    ),
    "french_letter.txt": Expected(
        items=(
            ("greeting", "", [], "fr", "pp", []),
            (
                "feature",
                "Le phare reste le seul témoin que l'on ne peut pas déplacer",
                ["Hélène Marchand"],
                "fr",
                "php",
                [],
            ),
            ("ask", "", [], "fr", "pp", []),
        ),
        left_out=((4, BYLINE),),
    ),
    "harbor_letter.txt": Expected(
        items=(
            ("greeting", "", [], "en", "pppp", []),
            ("brief", "Ferry Returns to the Island After Eleven Weeks", [], "en", "pp", []),
            ("brief", "Crane Operators Ask for a Longer Lunch", [], "en", "p", []),
            (
                "feature",
                "Grain Barges Learn to Wait at the Mouth of the River Where Nobody Ever Waited Before",
                ["Marta Lindqvist"],
                "en",
                "pphpphphp",
                [1, 2, 3],
            ),
            (
                "feature",
                "The Lighthouse at Skerry Point Remains the Only Witness Who Cannot Be Moved",
                ["Tomas Oduya"],
                "en",
                "ppp",
                [],
            ),
            ("ask", "", [], "en", "pp", []),
        ),
        left_out=(
            (5, LABEL),
            (12, BYLINE),
            (22, LABEL),
            (27, BYLINE),
            (33, f"{COMMENT} (it stands after the closing ask)"),
        ),
    ),
    "headed_issue.md": Expected(
        title="Ropes, Lights and Lentils",
        items=(
            ("greeting", "", [], "en", "pp", []),
            ("brief", "Ferry returns", [], "en", "p", []),
            ("brief", "Crane operators ask for lunch", [], "en", "p", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "pqhlp", [1, 2]),
            ("feature", "A Lighthouse Needs a Lawyer", ["Tomas Oduya"], "en", "p", [1]),
            ("ask", "Support our work", [], "en", "p", []),
        ),
        left_out=(
            (8, LABEL),
            (20, BYLINE),
            (39, BYLINE),
            (43, "divider between parts"),
            (53, "address of a link, now in the link"),
        ),
    ),
    "layout_mail.html": Expected(
        items=(
            ("greeting", "", [], "en", "pp", []),
            ("brief", "Ferry returns", [], "en", "p", []),
            ("brief", "Crane lunch", [], "en", "p", []),
            ("feature", "The Rope Walk", ["Iris Okafor"], "en", "p", []),
            ("ask", "", [], "en", "p", []),
        ),
        left_out=((1, "hidden on the page"), (5, LABEL), (9, BYLINE), (13, "mailing footer, not text")),
    ),
    "markers_without_notes.txt": Expected(
        items=(("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "pp", [1]),),
        left_out=((2, BYLINE), (5, LABEL)),
        warnings=((3, "Marker [4]: there is no note 4."),),
    ),
    "masthead_and_furniture.txt": Expected(
        title="Spring Comes to the Quay",
        items=(
            ("greeting", "", [], "en", "pp", []),
            ("brief", "New Buoy Is the Wrong Green", [], "en", "p", []),
            ("brief", "Rope Museum Opens for One Afternoon", [], "en", "p", []),
            (
                "feature",
                "The Rope Walk Is Four Hundred Meters Long for a Reason",
                ["Iris Okafor", "Jonas Brandt"],
                "en",
                "pp",
                [],
            ),
        ),
        left_out=(
            (1, "navigation, not text"),
            (2, "name of the publication (masthead)"),
            (3, "number of the issue (masthead)"),
            (4, "date of the issue (masthead)"),
            (6, "share row, not text"),
            (11, LABEL),
            (15, "picture credit"),
            (17, "share row, not text"),
            (21, "placeholder or sign-up, not text"),
            (24, BYLINE),
            (26, "picture credit"),
            (28, "placeholder or sign-up, not text"),
            (29, "placeholder or sign-up, not text"),
            (30, "copyright line"),
        ),
    ),
    "no_greeting.txt": Expected(
        items=(
            ("brief", "Ferry Returns to the Island", [], "en", "p", []),
            ("brief", "Buoy Is the Wrong Green", [], "en", "p", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "p", []),
        ),
        left_out=((1, LABEL), (7, BYLINE)),
    ),
    "notes_without_markers.txt": Expected(
        items=(("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "pp", [1, 2]),),
        left_out=((2, BYLINE), (5, LABEL)),
        warnings=((7, "Note 2: no marker in the text points to it."),),
    ),
    "one_feature.md": Expected(
        items=(("feature", "The Bell That Rings Under Water", ["Lena Castellan"], "en", "phphp", []),),
        left_out=((3, BYLINE),),
    ),
    "one_line_titles.txt": Expected(
        items=(
            ("greeting", "", [], "en", "p", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "p", []),
            ("feature", "A Lighthouse Needs a Lawyer", ["Tomas Oduya", "Lena Castellan"], "en", "p", []),
        ),
        left_out=((2, BYLINE), (4, BYLINE)),
    ),
    "pasted_script.txt": Expected(
        items=(
            ("greeting", "", [], "en", "p", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "p", []),
        ),
        left_out=((2, "script, not text"), (6, BYLINE), (7, "script, not text")),
        warnings=(
            (2, "A script was pasted with the text; it was left out and never run."),
            (7, "A script was pasted with the text; it was left out and never run."),
        ),
    ),
    "russian_issue.txt": Expected(
        title="Письмо из северной гавани",
        items=(
            ("greeting", "", [], "ru", "pp", []),
            ("brief", "Паром вернулся на остров", [], "ru", "p", []),
            ("brief", "Крановщики просят обед подлиннее", [], "ru", "p", []),
            (
                "feature",
                "Маяк на мысе Скала остаётся единственным свидетелем",
                ["Анна Соловьёва", "Пётр Ли"],
                "ru",
                "phphp",
                [1],
            ),
            ("ask", "", [], "ru", "pp", []),
        ),
        left_out=((4, LABEL), (10, BYLINE), (16, LABEL)),
    ),
    "saved_page.html": Expected(
        items=(("feature", "The Bell That Rings Under Water", ["Lena Castellan"], "en", "ppihpqhlp", [1]),),
        left_out=(
            (2, "name of the page"),
            (3, "style, not text"),
            (4, "script, not text"),
            (6, "navigation, not text"),
            (12, "date of the article"),
            (13, "share row, not text"),
            (16, "picture credit"),
            (21, "placeholder or sign-up, not text"),
            (25, "hidden on the page"),
            (29, COMMENT),
            (31, "page around the article, not text"),
        ),
        warnings=((4, "A script was in the page and left out; none was run."),),
    ),
    "uncertain_title.txt": Expected(
        items=(
            ("greeting", "", [], "en", "p", []),
            ("feature", "Old Pier Taken Down", ["Storm Emma"], "en", "p", []),
        ),
        left_out=((2, BYLINE),),
        warnings=((2, "The end of this headline was taken for the author's name."),),
    ),
    "wrapped_mail.txt": Expected(
        items=(
            ("greeting", "", [], "en", "pp", []),
            ("brief", "Ferry Returns to the Island", [], "en", "p", []),
            ("brief", "Buoy Is the Wrong Green", [], "en", "p", []),
            ("feature", "The Rope Walk Is Long for a Reason", ["Iris Okafor"], "en", "p", []),
        ),
        left_out=((7, LABEL), (21, BYLINE)),
    ),
}


@pytest.mark.parametrize("name", sample_names())
def test_each_sample_becomes_the_items_that_its_author_meant(name: str) -> None:
    manuscript, expected = read_sample(name), EXPECTED[name]
    items = tuple(
        (
            item.kind.value,
            item.title,
            list(item.byline),
            item.language,
            "".join(block.kind.value[0] for block in item.blocks),
            [note.number for note in item.notes],
        )
        for item in manuscript.items
    )

    assert items == expected.items
    assert manuscript.title == expected.title
    assert tuple((aside.lines[0], aside.reason) for aside in manuscript.left_out) == expected.left_out
    assert tuple((aside.lines[0], aside.reason) for aside in manuscript.warnings) == expected.warnings


def test_headings_notes_and_chinese_words_of_a_feature_are_where_the_author_put_them() -> None:
    feature = read_sample("harbor_letter.txt").items[3]

    headings = [block.text for block in feature.blocks if block.kind.value == "heading"]
    assert headings == ["A Silo Built for a Harvest That Moved", "The Price of Waiting", "Conclusion:"]
    assert "a contract[^1] that nobody" in feature.blocks[1].text
    assert "The ships came twice[^2], and then" in feature.blocks[4].text
    assert feature.blocks[-1].text.endswith("the only law on the river.[^3]")
    assert "Dalian (大连), had promised" in feature.blocks[4].text
    assert "“for reasons of ice” (冰情严重，暂停通航), although" in feature.blocks[4].text
    assert feature.notes[1].text == "Once in November and once, by mistake, in January."


def test_a_manuscript_as_json_has_exactly_the_promised_keys() -> None:
    manuscript = read_sample("harbor_letter.txt").to_json()

    assert list(manuscript) == ["title", "items", "left_out", "warnings"]
    assert manuscript["items"][3]["notes"][1] == {
        "number": 2,
        "text": "Once in November and once, by mistake, in January.",
    }
    assert set(manuscript["items"][3]) == {"kind", "title", "byline", "language", "blocks", "notes"}
    assert manuscript["items"][3]["byline"] == ["Marta Lindqvist"]
    assert manuscript["items"][1]["blocks"][1]["kind"] == "paragraph"
    assert manuscript["left_out"][0] == {"line": 5, "text": "BRIEFS", "reason": "section label"}
