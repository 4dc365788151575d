"""The language of a page: which of ours a request is answered in, and the bridge from Flask-Babel to our catalogues.

A choice made by hand (``?lang=`` or a form's field) comes first, then what we know of the reader, then what the browser
asks for. No cookie remembers it: a choice by hand goes along in the links of the page. The words are in
``service/languages``, but for the pages of ``_OWN_WORDS``.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_date
from babel.support import NullTranslations
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, refresh
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from service.languages import catalogues
from service.languages.choosing import LANGUAGES, SOURCE, choose, find
from service.languages.direction import direction_of

GIVERS_LANGUAGES: Final[Mapping[str, str]] = {code: LANGUAGES[code] for code in ("en", "ru", "zh")}
FIELD: Final = "lang"
# By the first part of the path: pages whose sentences are in their own templates, with the languages that these have.
_OWN_WORDS: Final[Mapping[str, Collection[str]]] = {
    "desk": (SOURCE,),
    "dev": (SOURCE,),
    "give": GIVERS_LANGUAGES.keys(),
    "giving": GIVERS_LANGUAGES.keys(),
}
_DAY_FIRST: Final = "en_GB"  # as the whole house writes; CLDR's plain "en" is American
_NO_PAGES: Final = frozenset(
    {"static", "assets", "feed", "tracking", "health", "webhooks", "desk", "inbox", "give", "giving"}
)


class _Catalogues(Domain):  # type: ignore[misc] # Flask-Babel has no types
    """Flask-Babel's source of translations: ours, whichever application asks."""

    def get_translations(self) -> NullTranslations:
        return catalogues.load(page_language())


class _Babel(Babel):  # type: ignore[misc] # as above
    domain_instance = _Catalogues()


def configure_languages(app: Flask) -> None:
    """Let templates translate, know the language of their page and offer the others."""
    _Babel().init_app(app, locale_selector=_select)
    app.jinja_env.globals.update(
        page_language=page_language,
        direction_of=direction_of,
        language_field=language_field,
        list_languages=list_languages,
    )
    app.jinja_env.filters["day"] = write_day
    app.url_defaults(_keep_choice)
    app.after_request(_tell_caches)


def choose_language() -> str:
    """Return the code of the language that a giver is answered in: one of ``GIVERS_LANGUAGES``."""
    return choose(_list_wishes(), GIVERS_LANGUAGES.keys())


def page_language() -> str:
    """Return the code of the language of this request's page."""
    return str(get_locale())


def speak_to(language: str) -> None:
    """Answer this request in the language of a reader whom we know, unless they chose another by hand."""
    g.readers_language = language
    refresh()


def write_day(day: date) -> str:
    """Return a day in words of the page's language: “5 March 2026”."""
    language = page_language()
    return format_date(day, "long", locale=_DAY_FIRST if language == SOURCE else language)


def gettext(sentence: str, **values: object) -> str:
    """Return ``sentence`` in the page's language, with ``values`` for its ``%(names)s``."""
    translated = catalogues.load(page_language()).gettext(sentence)
    return translated % values if values else translated


def translate_sentence(sentence: str, otherwise: str) -> str:
    """Return an English sentence of the service in the page's language; ``otherwise`` where it has no translation."""
    translated = gettext(sentence)
    return otherwise if translated == sentence and page_language() != SOURCE else translated


def language_field() -> Markup:
    """Return the hidden field by which a form keeps a choice made by hand; nothing where there was none."""
    chosen = _find_choice()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, chosen) if chosen else Markup()


def list_languages() -> list[tuple[str, str, str]]:
    """Return code, own name and relative URL of this page in each language that it can be asked for by GET."""
    if request.method not in {"GET", "HEAD"}:
        return []
    others = [(name, value) for name, value in request.args.items(multi=True) if name != FIELD]
    return [(code, LANGUAGES[code], "?" + urlencode([*others, (FIELD, code)])) for code in _spoken_here()]


def _select() -> str:
    return choose(_list_wishes(), _spoken_here())


def _spoken_here() -> Collection[str]:
    return _OWN_WORDS.get(_room(), LANGUAGES.keys())


def _room() -> str:
    """Return the first part of the path. A page that is missing has no blueprint, but is asked for somewhere."""
    return request.path.split("/", 2)[1]


def _list_wishes() -> Iterator[str]:
    yield from _list_choices()
    if "readers_language" in g:
        yield g.readers_language
    g.asks_browser = True
    yield from (tag for tag, quality in request.accept_languages if quality > 0)  # RFC 9110 §12.4.2: 0 is "not this"


def _list_choices() -> Iterator[str]:
    yield from request.args.getlist(FIELD)
    try:
        yield from request.form.getlist(FIELD)
    except HTTPException:
        return  # too large or broken: the page that says so needs a language too


def _find_choice() -> str | None:
    """Return the language that was chosen by hand, if it is one of this page's."""
    return find(_list_choices(), _spoken_here())


def _keep_choice(endpoint: str, values: dict[str, Any]) -> None:
    """Let a link from a reader's page to another lead on in the language chosen by hand."""
    if not has_request_context() or endpoint.partition(".")[0] in _NO_PAGES:
        return
    if _room() not in _OWN_WORDS and (chosen := _find_choice()):
        values.setdefault(FIELD, chosen)


def _tell_caches(response: Response) -> Response:
    if g.get("asks_browser"):
        response.vary.add("Accept-Language")
    return response
