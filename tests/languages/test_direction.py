"""From which side a language is read."""

import pytest

from service.languages.choosing import LANGUAGES
from service.languages.direction import direction_of


@pytest.mark.parametrize("language", ["ar", "ar-EG", "he", "fa_IR", "UR", "yi", "pa-Arab-PK", "az-Arab", "ckb"])
def test_a_language_of_the_east_is_read_from_the_right(language: str) -> None:
    assert direction_of(language) == "rtl"


@pytest.mark.parametrize(
    "language", [*LANGUAGES, "pa", "pa-Guru", "az-Latn-AZ", "ks-Deva", "sd-Deva-IN", "", "en-1994"]
)
def test_the_others_are_read_from_the_left(language: str) -> None:
    assert direction_of(language) == "ltr"
