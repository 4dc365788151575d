"""Which language somebody is answered in, whatever they say that they read."""

from collections.abc import Collection

import pytest

from service.languages.choosing import LANGUAGES, choose, find


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["ru"], "ru"),
        (["de-CH", "en"], "de"),
        (["zh-Hant-TW"], "zh"),
        (["zh_TW"], "zh"),
        (["FR-ca"], "fr"),
        (["pt-BR", "es"], "es"),
        (["pt", "it"], "en"),
        ([], "en"),
        (["", "-", "*", "\x00", "russian", "dead"], "en"),
    ],
)
def test_the_first_wish_that_we_can_meet_is_met(wanted: list[str], chosen: str) -> None:
    assert choose(wanted) == chosen


@pytest.mark.parametrize(
    ("wanted", "among", "found"),
    [(["fr", "ru"], ("en", "ru"), "ru"), (["fr"], ("en", "ru"), None), (["xx"], LANGUAGES.keys(), None)],
)
def test_only_what_a_page_has_is_found(wanted: list[str], among: Collection[str], found: str | None) -> None:
    assert find(wanted, among) == found
