"""The translations of our sentences, one .po file for each language but English, which the sentences are written in.

Owns reading them, once per process; compiles them in memory, so that no build step can be forgotten. A sentence without
a translation stays English.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from service.languages.choosing import LANGUAGES, SOURCE

FOLDER: Final = Path(__file__).parent / "locale"
TRANSLATED: Final = tuple(language for language in LANGUAGES if language != SOURCE)


@cache
def load(language: str) -> NullTranslations:
    """Return the translations into one of ``LANGUAGES``.

    Raises:
        KeyError: for any other language; ``choose`` first.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


def read_catalogue(language: str) -> Catalog:
    """Return the .po file of one of ``TRANSLATED`` as it stands."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return FOLDER / f"{language}.po"
