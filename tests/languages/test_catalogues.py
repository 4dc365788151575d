"""The catalogues: whole, true to the pages, and each in the manner of its language."""

import re
import unicodedata

import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from service.languages.catalogues import FOLDER, TRANSLATED, load, path_of, read_catalogue
from service.languages.extracting import extract_messages, list_forms, list_untranslated, renew_catalogue

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
QUOTES = {"ru": "«»", "zh": "《》“”", "fr": "«»", "es": "«»", "de": "„“"}
ENDS = {".": ".。", "?": "?？", ":": ":：", "!": "!！"}
SCRIPTS = {"ru": "CYRILLIC", "zh": "CJK UNIFIED"}
SAME_AS_ENGLISH = {"Name", "Feed", "Newsletter", "Pause"}
NAMES = re.compile("Postrider|HTML|cookie")  # written in Latin letters everywhere


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    """Every sentence that the pages have translated."""
    return extract_messages()


@pytest.fixture(params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """One of the catalogues as it stands."""
    return read_catalogue(request.param)


def list_pairs(catalogue: Catalog) -> list[tuple[str, str]]:
    """Return each form of each translation with the English that it stands for: the plural where there is one."""
    return [
        (message.id if isinstance(message.id, str) else message.id[1], form)
        for message in catalogue
        if message.id
        for form in list_forms(message)
    ]


def test_each_language_has_its_file_and_each_file_its_language() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{language}.po" for language in TRANSLATED}


def test_a_catalogue_holds_just_the_sentences_of_the_pages(catalogue: Catalog, wanted: Catalog) -> None:
    written = path_of(str(catalogue.locale)).read_bytes()
    assert renew_catalogue(catalogue, wanted).decode() == written.decode(), "run: python -m service.languages"


def test_every_sentence_is_translated_for_certain(catalogue: Catalog) -> None:
    assert [message.id for message in list_untranslated(catalogue)] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_a_translation_names_the_same_values(catalogue: Catalog) -> None:
    for english, form in list_pairs(catalogue):
        assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(english)), form
        assert "%" not in PLACEHOLDER.sub("", english + form), form


def test_a_translation_holds_no_markup(catalogue: Catalog) -> None:
    for english, form in list_pairs(catalogue):
        assert not set("<>&") & set(english + form), form


def test_a_translation_ends_as_the_english_does(catalogue: Catalog) -> None:
    for english, form in list_pairs(catalogue):
        if english[-1] in ENDS:
            assert form[-1] in ENDS[english[-1]], form
        else:
            assert form[-1] not in "".join(ENDS.values()), form
        assert form == form.strip(), form


def test_quotes_are_those_of_the_language(catalogue: Catalog) -> None:
    own = QUOTES[str(catalogue.locale)]
    for english, form in list_pairs(catalogue):
        used = {char for char in form if unicodedata.category(char) in {"Pi", "Pf"} or char in "„《》\"'"} - {"’"}
        assert used <= set(own), form
        assert "“" not in english or own[0] in form, form


def test_a_translation_is_in_the_script_of_its_language(catalogue: Catalog) -> None:
    script = SCRIPTS.get(str(catalogue.locale), "LATIN")
    for english, form in list_pairs(catalogue):
        letters = [char for char in NAMES.sub("", PLACEHOLDER.sub("", form)) if char.isalpha()]
        assert all(unicodedata.name(char).startswith(script) for char in letters), form
        assert form != english or not letters or form in SAME_AS_ENGLISH, form


def test_french_keeps_its_signs_on_the_line() -> None:
    for _, form in list_pairs(read_catalogue("fr")):
        assert not re.search(r"(?<![\u00a0\u202f])[;:!?»]|«(?!\u00a0)", form), form


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    translations, rule = load(language), Locale(language).plural_form
    # Each number of people or weeks that a page may say; CLDR's further categories are of millions and fractions.
    forms = {(rule(number), translations.plural(number)) for number in range(1001)}
    categories, indexes = {category for category, _ in forms}, {index for _, index in forms}
    assert len(forms) == len(categories) == len(indexes) == read_catalogue(language).num_plurals


def test_english_is_what_the_pages_are_written_in() -> None:
    assert load("en").gettext("Look in your inbox") == "Look in your inbox"


def test_a_sentence_comes_out_translated() -> None:
    assert load("de").gettext("Skip to the content") == "Zum Inhalt springen"
    assert load("zh").gettext("A sentence that nobody has translated") == "A sentence that nobody has translated"


@pytest.mark.parametrize("language", ["xx", "", "../de", "DE"])
def test_a_language_that_is_not_ours_opens_no_file(language: str) -> None:
    with pytest.raises(KeyError):
        load(language)
