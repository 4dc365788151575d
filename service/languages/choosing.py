"""Which of our languages somebody is answered in. Owns the list of them; never asks a browser or a row itself."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

# Each with its own name for itself, for those who look for it among words that they can't read.
LANGUAGES: Final[Mapping[str, str]] = {
    "en": "English",
    "ru": "Русский",
    "zh": "中文",
    "fr": "Français",
    "es": "Español",
    "de": "Deutsch",
}
SOURCE: Final = "en"  # what our templates and code are written in


def choose(wanted: Iterable[str], among: Collection[str] = LANGUAGES.keys()) -> str:
    """Return the first of the ``wanted`` BCP 47 tags that is ``among`` ours, by its primary subtag; else English.

    Anything may stand in ``wanted``, as anybody may have written it.
    """
    return find(wanted, among) or SOURCE


def find(wanted: Iterable[str], among: Collection[str] = LANGUAGES.keys()) -> str | None:
    """Return what ``choose`` does, or None where nothing ``wanted`` is ours."""
    return next((primary for primary in map(primary_subtag, wanted) if primary in among), None)


def primary_subtag(tag: str) -> str:
    """Return the language of a tag without its script and region: ``zh`` of ``zh-Hant-TW`` and of ``zh_TW``."""
    return tag.replace("_", "-").partition("-")[0].strip().lower()
