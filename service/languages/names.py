"""Names in a sentence: each in the quotes of the language, joined as it joins them."""

from collections.abc import Sequence
from typing import Final

from babel.lists import format_list

from service.languages.catalogues import load
from service.languages.choosing import SOURCE
from service.languages.sentences import for_readers

_QUOTED: Final = for_readers("“%(name)s”")
_NO_LAST_COMMA: Final = "en_GB"  # as the house writes: “a”, “b” and “c”


def join_names(names: Sequence[str], language: str) -> str:
    """Return ``names`` as one of ``LANGUAGES`` lists them: ``«a», «b» и «c»``."""
    quoted = [load(language).gettext(_QUOTED) % {"name": name} for name in names]
    return format_list(quoted, locale=_NO_LAST_COMMA if language == SOURCE else language)
