"""Bytes become characters: marked and plain encodings are read as they are, a guess always comes with a warning."""

import pytest

from service.manuscripts import read_manuscript, unaccounted

RUSSIAN = "Дорогие читатели!\nЛёд в этом году сошёл рано, и портовая контора осталась без отговорок до самой осени."
CHINESE = "各位读者：\n今年冰化得早，港务局让旧渡船停在码头的理由也跟着化了，大家都在等秋天的判决。"
FRENCH = "Chers lecteurs,\nLa glace est partie tôt cette année, et le phare a été repeint – « enfin », dit le gardien."


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (RUSSIAN, "windows-1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "cp866", "cp866"),
        (FRENCH, "windows-1252", "windows-1252"),
        (CHINESE, "gb18030", "gb18030"),
        (RUSSIAN + "\nand some Latin words to tell the bytes apart", "utf-16-le", "utf-16-le"),
    ],
)
def test_a_guessed_encoding_is_named_in_a_warning(text: str, encoding: str, named: str) -> None:
    manuscript = read_manuscript(text.encode(encoding), "letter.txt")

    assert unaccounted(text, manuscript) == ""
    assert [doubt.reason for doubt in manuscript.warnings] == [
        f"The file is not UTF-8: it was read as {named}; check the letters."
    ]
    assert manuscript.warnings[0].text
    assert manuscript.items[0].blocks[1].text == text.split("\n")[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", [RUSSIAN, CHINESE, FRENCH])
def test_a_marked_encoding_needs_no_warning(text: str, encoding: str) -> None:
    manuscript = read_manuscript(text.encode(encoding), "letter.txt")

    assert manuscript.warnings == ()
    assert unaccounted(text, manuscript) == ""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_every_kind_of_line_end_separates_paragraphs_and_counts_lines(line_end: str) -> None:
    text = line_end.join(("Hello all!", "", "The ferry is back.", "Subscribe", "Thank you for your support!"))
    manuscript = read_manuscript(text.encode(), "letter.txt")

    assert [block.text for block in manuscript.items[0].blocks] == ["Hello all!", "The ferry is back."]
    assert [(aside.lines, aside.text) for aside in manuscript.left_out] == [((4, 4), "Subscribe")]


def test_control_characters_are_set_aside_with_their_line() -> None:
    manuscript = read_manuscript(b"Hello all!\nThe fer\x07ry is\x1b back.", "letter.txt")

    assert manuscript.items[0].blocks[1].text == "The ferry is back."
    assert [aside.to_json() for aside in manuscript.left_out] == [
        {"line": 2, "text": "\x07\x1b", "reason": "control characters, which no reader sees"}
    ]
