"""What a single line is: section label, page furniture, date, salutation, or a headline by its look."""

import pytest

from service.manuscripts.furniture import find_furniture, is_date_line
from service.manuscripts.greeting import is_salutation
from service.manuscripts.headlines import looks_like_headline
from service.manuscripts.labels import Label, find_label
from service.manuscripts.source import Passage


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("BRIEFS", Label.BRIEFS),
        ("— In brief —", Label.BRIEFS),
        ("News in Brief:", Label.BRIEFS),
        ("КОРОТКО", Label.BRIEFS),
        ("简讯", Label.BRIEFS),
        ("【本期简讯】", Label.BRIEFS),
        ("FEATURES", Label.FEATURES),
        ("Статьи", Label.FEATURES),
        ("Notes:", Label.NOTES),
        ("Примечания", Label.NOTES),
        ("注释：", Label.NOTES),
        ("Comments (3)", Label.COMMENTS),
        ("12 Comments", Label.COMMENTS),
        ("Комментарии", Label.COMMENTS),
        ("Conclusion:", Label.INSIDE),
        ("结论：", Label.INSIDE),
        ("Notes on a Harbor", None),
        ("In brief, the ferry is back.", None),
        ("", None),
    ],
)
def test_a_section_label_is_the_whole_line(line: str, label: Label | None) -> None:
    assert find_label(line) is label


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Skip to content", "navigation, not text"),
        ("Перейти к содержанию", "navigation, not text"),
        ("Type your email…", "placeholder or sign-up, not text"),
        ("Subscribe", "placeholder or sign-up, not text"),
        ("Read more →", "placeholder or sign-up, not text"),
        ("Lorem ipsum dolor sit amet, consectetur", "placeholder or sign-up, not text"),
        ("Thanks for reading Bay Letter! Subscribe for free.", "placeholder or sign-up, not text"),
        ("Share", "share row, not text"),
        ("Tweet", "share row, not text"),
        ("Like · Comment · Restack", "share row, not text"),
        ("12 Likes ∙ 3 Restacks", "share row, not text"),
        ("Поделиться | Твитнуть", "share row, not text"),
        ("分享 · 点赞", "share row, not text"),
        ("Photo: Iris Okafor", "picture credit"),
        ("(Photo by Bo Li / Getty Images)", "picture credit"),
        ("Фото: Пётр Ли", "picture credit"),
        ("图片来源：新港社", "picture credit"),
        ("Vol. 2, No. 7", "number of the issue (masthead)"),
        ("Issue 12", "number of the issue (masthead)"),
        ("Выпуск 7", "number of the issue (masthead)"),
        ("第7期", "number of the issue (masthead)"),
        ("The Bay Letter, Vol. II, No. 7, June 2025", "number of the issue (masthead)"),
        ("© 2025 The Bay Letter", "copyright line"),
        ("Все права защищены.", "copyright line"),
        ("5 min read", "reading time or view count"),
        ("Unsubscribe", "mailing footer, not text"),
    ],
)
def test_furniture_is_known_by_its_wording(line: str, reason: str) -> None:
    assert find_furniture(line) == reason


@pytest.mark.parametrize(
    "line",
    [
        "Share Prices Fall in the Harbor",
        "The volume of trade",
        "Issue 5 was a hit with everyone",
        "Map by the Sea",
        "Image of the Year",
        "Home Is Where the Harbor Is",
        "Read more of the log, the judge said.",
        "She said that the photo: was hers, and left.",
        "12",
        "May",
        "Subscribers rise",
    ],
)
def test_the_authors_lines_are_not_furniture(line: str) -> None:
    assert find_furniture(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "June 2025",
        "12 June 2025",
        "June 12, 2025",
        "Июнь 2025",
        "12 июня 2025 г.",
        "2025年6月",
        "2025-06-12",
        "Jun 03, 2025",
    ],
)
def test_a_date_alone_is_a_date_line(line: str) -> None:
    assert is_date_line(line)


@pytest.mark.parametrize("line", ["May", "June 2025 was cold", "2025", "In June 2025"])
def test_a_date_among_words_is_not(line: str) -> None:
    assert not is_date_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "Hello Everyone!",
        "Dear readers,",
        "Dear friends, the ice left early.",
        "Дорогие читатели!",
        "各位读者：",
        "大家好！",
    ],
)
def test_a_salutation_opens_a_letter(line: str) -> None:
    assert is_salutation(line)


@pytest.mark.parametrize(
    "line",
    ["Hellowood Is Sold", "The dear ferry", "Dear Prices Hit the Harbor and Nobody Knows Why or Whether They Stay"],
)
def test_a_line_that_only_begins_alike_is_no_salutation(line: str) -> None:
    assert not is_salutation(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ferry Returns to the Island",
        "Conclusion:",
        "What the sea does instead",
        "Who hears it?",
        "“A Silo for Nobody”",
        "Паром вернулся",
        "渡船重返小岛",
        "U.S. Ferries Return",
        "10 Kinds of Rope",
    ],
)
def test_a_short_line_without_a_full_stop_looks_like_a_headline(line: str) -> None:
    assert looks_like_headline(Passage((1, 1), line, line))


@pytest.mark.parametrize(
    "line",
    [
        "Enjoy!",
        "The ferry is back.",
        "and so on",
        "Officials viewed the anticipated benefits of the deal as follows:",
        "https://example.org/give",
        "by Iris Okafor",
        "[1] A note",
        "1. First",
        "渡船重返小岛。",
        "It came back. Nobody saw it",
        "A " * 90,
        "…",
    ],
)
def test_sentences_links_notes_and_lists_do_not(line: str) -> None:
    assert not looks_like_headline(Passage((1, 1), line, line))
