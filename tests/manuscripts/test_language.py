"""The language of each item: by script, then by letter patterns; a short text is in the manuscript's main language."""

import pytest

from service.manuscripts.language import detect_language, languages_of

ENGLISH = "The ice left early this year, and with it went most of the excuses of the port office."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("Лёд в этом году сошёл рано, и портовая контора осталась без отговорок.", "ru"),
        ("Крига цього року зійшла рано, і портова контора лишилася без відмовок.", "uk"),
        ("La glace est partie tôt cette année, et avec elle toutes les excuses du port.", "fr"),
        ("El hielo se fue temprano este año, y con él todas las excusas del puerto.", "es"),
        ("Das Eis ging in diesem Jahr früh, und mit ihm alle Ausreden des Hafenamts.", "de"),
        ("今年冰化得早，港务局的理由也跟着化了。", "zh"),
        ("今年は氷が早く溶けて、港の言い訳もなくなりました。", "ja"),
        ("올해는 얼음이 일찍 녹았고 항구의 핑계도 사라졌습니다.", "ko"),
        ("Ο πάγος έφυγε νωρίς φέτος.", "el"),
        ("הקרח נמס מוקדם השנה.", "he"),
        ("123 — 456", "und"),
    ],
)
def test_a_sentence_is_told_by_its_script_or_its_patterns(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_few_foreign_words_and_links_do_not_change_the_language() -> None:
    assert detect_language(ENGLISH + " They call it 摸著石頭過河, see https://example.org/лед/и/порт/контора") == "en"


def test_each_item_has_its_own_language_and_a_short_one_the_main_language() -> None:
    russian = "Лёд в этом году сошёл рано, и портовая контора осталась без отговорок. " * 5

    assert languages_of([russian, ENGLISH, "Enjoy!", "今年冰化得早，港务局的理由也化了。"]) == ["ru", "en", "ru", "zh"]
