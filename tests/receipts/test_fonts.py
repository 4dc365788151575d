"""What can be printed: which font a text needs, and what becomes of a character that none has."""

import pytest

from service.receipts.fonts import FALLBACKS, FOLDER, SERIF, covered_by, list_fallbacks, make_printable


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("Grace Giver", []),
        ("Анна Ελένη Ćuk", []),
        ("王小明", ["han"]),
        ("龍 さくら 김", ["han"]),
        ("שלום", ["hebrew"]),
        ("محمد", ["arabic"]),
        ("अनन्या", ["devanagari"]),
        ("สมชาย Արամ ნინო", ["thai", "armenian", "georgian"]),
        ("−$3.00", ["han"]),  # the serif has no minus sign
    ],
)
def test_a_text_asks_only_for_the_fonts_that_it_needs(text: str, needed: list[str]) -> None:
    assert make_printable(text) == text
    assert list_fallbacks(text) == needed


@pytest.mark.parametrize(
    ("text", "printable"),
    [
        ("one\r\n two\tthree", "one two three"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("\u202eevil\u2066", "evil"),
        ("e\u0301", "é"),
        ("😀", "�"),
        ("👍\ufe0f", "�"),
        ("𠀋", "�"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_what_can_not_be_printed_becomes_a_visible_mark_or_nothing(text: str, printable: str) -> None:
    assert make_printable(text) == printable


def test_the_fonts_cover_the_common_characters_of_chinese_japanese_and_korean() -> None:
    covered = covered_by(FALLBACKS["han"])
    for encoding, rows in (("gb2312", range(0xB0, 0xF8)), ("big5", range(0xA4, 0xC6)), ("euc_kr", range(0xB0, 0xC8))):
        pairs = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
        wanted = {ord(character) for pair in pairs for character in pair.decode(encoding, "ignore")}
        assert wanted
        assert not wanted - covered, encoding


def test_the_folder_is_small_has_its_licence_and_nothing_that_is_not_named() -> None:
    files = {path.name for path in FOLDER.iterdir()}
    assert files == {*SERIF.values(), *FALLBACKS.values(), "OFL.txt", "README.md"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 6 * 1024 * 1024
    licence = (FOLDER / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE" in licence
    for file in (*SERIF.values(), *FALLBACKS.values()):
        assert file in licence
