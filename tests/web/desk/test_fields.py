"""What staff type, as values: tables of good and bad fields."""

from datetime import date

import pytest

from service.errors import BadInput
from service.issues.states import ItemKind
from service.web.desk.fields import Typed, language_choices, split_names


@pytest.mark.parametrize(
    ("raw", "number", "is_wrong"),
    [
        ("7", 7, False),
        (" 12 ", 12, False),
        ("", None, False),
        ("0", None, True),
        ("-3", None, True),
        ("seven", None, True),
        ("1000001", None, True),
        ("9" * 400, None, True),
        ("²", None, True),
    ],
)
def test_a_number_is_read_or_named_as_wrong(raw: str, number: int | None, is_wrong: bool) -> None:
    typed = Typed({"volume": raw})
    assert typed.number("volume", "The volume") == number
    assert ("volume" in typed.errors) == is_wrong


def test_a_number_that_must_be_there_says_that_it_is_missing() -> None:
    typed = Typed({})
    typed.required_number("number", "The number")
    assert typed.errors == {"number": "The number is missing."}


@pytest.mark.parametrize("raw", ["", "tomorrow", "2026-02-30", "05.03.2026", "2026-3-5"])
def test_a_date_that_is_none_says_how_it_is_written(raw: str) -> None:
    typed = Typed({"issued_on": raw})
    typed.day("issued_on", "The date")
    assert "like 2026-03-05" in typed.errors["issued_on"]


def test_a_date_is_read() -> None:
    assert Typed({"issued_on": "2026-03-05"}).day("issued_on", "The date") == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("chosen", "other", "tag"),
    [("ru", "", "ru"), ("other", "pt-BR", "pt-BR"), ("other", " zh-Hant ", "zh-Hant"), ("en", "ignored", "en")],
)
def test_a_language_is_chosen_or_typed(chosen: str, other: str, tag: str) -> None:
    typed = Typed({"language": chosen, "language_other": other})
    assert typed.language() == tag
    assert not typed.errors


@pytest.mark.parametrize("tag", ["", "English", "e", "en_GB", "en-", '"><script>'])
def test_what_is_no_language_tag_is_refused_beside_its_field(tag: str) -> None:
    typed = Typed({"language": "other", "language_other": tag})
    typed.language()
    with pytest.raises(BadInput, match="marked fields"):
        typed.refuse_unreadable()
    assert "language_other" in typed.errors


def test_a_word_outside_the_list_is_refused_with_the_list() -> None:
    typed = Typed({"kind": "poem"})
    typed.word("kind", ItemKind, "The kind")
    assert typed.errors["kind"] == "The kind must be one of: greeting, brief, feature, note, ask."


@pytest.mark.parametrize("raw", ["", "x", "-1", "1.5", "1" * 30])
def test_a_number_of_the_page_that_was_tampered_with_is_a_row_that_nobody_has(raw: str) -> None:
    assert Typed({"revision": raw}).required_int("revision") == 0


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Ilse Varga", ["Ilse Varga"]),
        ("Ilse Varga, Pavel Orlov", ["Ilse Varga", "Pavel Orlov"]),
        ("陈美玲、林河，王一", ["陈美玲", "林河", "王一"]),
        ("One\nTwo; Three,,", ["One", "Two", "Three"]),
        (" , ", []),
    ],
)
def test_the_names_of_a_byline_are_parted_by_the_commas_of_any_script(typed: str, names: list[str]) -> None:
    assert split_names(typed) == names


def test_a_language_that_is_not_in_the_list_stays_a_choice() -> None:
    assert ("la", "la") in language_choices("la")
    assert language_choices("en")[-1][0] == "other"
