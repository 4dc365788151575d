"""Bylines: a line of names after "by" in any of our languages, and titles that carry their byline with them."""

import pytest

from service.manuscripts.bylines import parse_byline, parse_names, split_title


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("by Marta Lindqvist", ["Marta Lindqvist"]),
        ("By Iris Okafor and Tom de Vries", ["Iris Okafor", "Tom de Vries"]),
        ("By Iris Okafor, Bo Li, and Ana López", ["Iris Okafor", "Bo Li", "Ana López"]),
        ("By: Jean-Luc O’Neil", ["Jean-Luc O’Neil"]),
        ("Written by Iris Okafor", ["Iris Okafor"]),
        ("By Iris Okafor, Senior Fellow", ["Iris Okafor"]),
        ("By Ana López, editor, and Bo Li, writer | June 3, 2025", ["Ana López", "Bo Li"]),
        ("Автор: Анна Соловьёва", ["Анна Соловьёва"]),
        ("Авторы: Анна Соловьёва, Пётр Ли и Ольга Сомова", ["Анна Соловьёва", "Пётр Ли", "Ольга Сомова"]),
        ("Автори: Олена Ткач та Іван Гай", ["Олена Ткач", "Іван Гай"]),
        ("作者：王小明", ["王小明"]),
        ("作者: 王小明、李海", ["王小明", "李海"]),
        ("文／王小明", ["王小明"]),
        ("Par Hélène Marchand", ["Hélène Marchand"]),
        ("Von Max Müller und Eva Groß", ["Max Müller", "Eva Groß"]),
    ],
)
def test_a_byline_gives_its_names(line: str, names: list[str]) -> None:
    byline = parse_byline(line)

    assert byline is not None
    assert list(byline.names) == names
    assert not any(name in byline.label for name in names)


@pytest.mark.parametrize(
    "line",
    [
        "By the end of the year, prices rose.",
        "By 2030 there will be none",
        "by and by",
        "Nearby Harbors",
        "记者会举行",
        "Автор не указан",
        "By Iris Okafor the boat was seen twice that day",
        "by " + "Iris Okafor, " * 40,
        "",
    ],
)
def test_a_sentence_that_begins_like_a_byline_is_none(line: str) -> None:
    assert parse_byline(line) is None


def test_the_words_beside_the_names_are_kept_as_the_label() -> None:
    byline = parse_byline("By Iris Okafor and Bo Li, Senior Fellow")

    assert byline is not None
    assert byline.label == "By … and …, Senior Fellow"


def test_names_that_the_markup_calls_a_byline_need_no_by() -> None:
    byline = parse_names("Lena Castellan")

    assert byline is not None
    assert byline.names == ("Lena Castellan",)
    assert parse_byline("Lena Castellan") is None


@pytest.mark.parametrize(
    ("line", "title", "names", "certain"),
    [
        ("The Slow Ferry — by Iris Okafor", "The Slow Ferry", ("Iris Okafor",), True),
        ("The Slow Ferry, by Iris Okafor and Bo Li", "The Slow Ferry", ("Iris Okafor", "Bo Li"), True),
        ("The Slow Ferry by Iris Okafor", "The Slow Ferry", ("Iris Okafor",), False),
        ("Stand by Me — by Iris Okafor", "Stand by Me", ("Iris Okafor",), True),
        ("The Slow Ferry\nby Iris Okafor", "The Slow Ferry", ("Iris Okafor",), True),
        ("Медленный паром. Автор: Пётр Ли", "Медленный паром.", ("Пётр Ли",), True),
        ("慢船 作者：王小明", "慢船", ("王小明",), True),
        ("慢船（作者：王小明）", "慢船", ("王小明",), True),
    ],
)
def test_a_title_with_its_byline_on_one_line_is_split(
    line: str, title: str, names: tuple[str, ...], certain: bool
) -> None:
    split = split_title(line)

    assert split is not None
    assert (split.title, split.byline.names, split.certain) == (title, names, certain)


@pytest.mark.parametrize("line", ["Held by the Police", "Stand by Me", "The Slow Ferry", "By Iris Okafor"])
def test_a_title_without_names_at_its_end_is_not_split(line: str) -> None:
    assert split_title(line) is None
