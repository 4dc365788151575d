"""Names in a sentence: quoted and joined as the language does it."""

import pytest

from service.languages.names import join_names


@pytest.mark.parametrize(
    ("language", "joined"),
    [
        ("en", "“A”, “B” and “C”"),
        ("ru", "«A», «B» и «C»"),
        ("zh", "《A》、《B》和《C》"),
        ("fr", "«\u00a0A\u00a0», «\u00a0B\u00a0» et «\u00a0C\u00a0»"),
        ("es", "«A», «B» y «C»"),
        ("de", "„A“, „B“ und „C“"),
    ],
)
def test_names_are_joined_as_the_language_does(language: str, joined: str) -> None:
    assert join_names(["A", "B", "C"], language) == joined


def test_a_name_may_hold_anything() -> None:
    assert join_names(["100 % <b>"], "en") == "“100 % <b>”"
