"""The language of a page for givers and donors. Owns which of ours is chosen; the words themselves are in templates."""

from collections.abc import Mapping
from typing import Final

from flask import request

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ru": "Русский", "zh": "中文"}
FIELD: Final = "lang"
_OTHERWISE: Final = "en"


def choose_language() -> str:
    """Return the code of the language that this request is to be answered in: one of ``LANGUAGES``.

    A choice in the address comes before one in the form, and that before what the browser says its person reads.
    """
    for given in (request.args.get(FIELD), request.form.get(FIELD)):
        if given is not None and given in LANGUAGES:
            return given
    # Werkzeug matches a browser's zh-Hant-TW with our zh (LanguageAccept.best_match falls back to primary tags).
    return request.accept_languages.best_match(list(LANGUAGES), default=_OTHERWISE) or _OTHERWISE
