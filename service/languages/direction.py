"""From which side a language is read. Owns the list of those read from the right."""

from typing import Final, Literal

from service.languages.choosing import primary_subtag

# By primary subtag and, where a language has two scripts, by the script in the tag (Unicode CLDR, characterOrder).
_LANGUAGES: Final = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_SCRIPTS: Final = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
_SCRIPT_LENGTH: Final = 4  # letters (RFC 5646 §2.2.3)


def direction_of(language: str) -> Literal["ltr", "rtl"]:
    """Return the direction of a BCP 47 tag's writing, as HTML's ``dir`` says it. A script in the tag decides first."""
    script = next((part for part in language.lower().replace("_", "-").split("-")[1:] if _is_script(part)), None)
    is_from_right = script in _SCRIPTS if script else primary_subtag(language) in _LANGUAGES
    return "rtl" if is_from_right else "ltr"


def _is_script(subtag: str) -> bool:
    return len(subtag) == _SCRIPT_LENGTH and subtag.isalpha()
