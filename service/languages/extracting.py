"""The sentences that our pages have translated, and the catalogues brought up to date with them.

Owns the shape of the .po files: by page, without line numbers or dates, so that a change of one page moves no line of
another. Never translates: a new sentence comes into each catalogue empty. To run: ``python -m service.languages``.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from service.languages.catalogues import TRANSLATED, path_of, read_catalogue
from service.languages.choosing import LANGUAGES

ROOT: Final = Path(__file__).parents[2]
_FOLDERS: Final = ("service/languages", "service/subscribers", "service/web", "templates")
_JINJA: Final = "jinja2.ext:babel_extract"
_METHODS: Final = [("**.py", "python"), ("**.html", _JINJA), ("**.jinja", _JINJA)]
# Else a template that can't be read would only be left out.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {"**.html": {"silent": "false"}, "**.jinja": {"silent": "false"}}
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "for_readers": None}
_NOTE: Final = "Translators:"  # a comment that begins so, just before a sentence, is for those who translate it
# What other tools need to read the file; Babel's own header holds the moment and its version.
_HEADER: Final = """\
# {name}. The sentences come from the code and templates: python -m service.languages
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extract_messages(root: Path = ROOT) -> Catalog:
    """Return every sentence below ``root`` that is given to ``_``, ``gettext``, ``ngettext`` or ``for_readers``."""
    found = Catalog(fuzzy=False)
    for place, message, comments, context in _find(root):
        found.add(message, locations=[(place, 1)], auto_comments=comments, context=context)
    return found


def renew_catalogue(catalogue: Catalog, wanted: Catalog) -> bytes:
    """Return the .po file of ``catalogue`` with exactly the ``wanted`` sentences, keeping what is translated."""
    catalogue.update(wanted, no_fuzzy_matching=True)
    language = str(catalogue.locale)
    header = _HEADER.format(name=LANGUAGES[language], language=language, plural_forms=catalogue.plural_forms)
    written = BytesIO(header.encode())
    written.seek(0, 2)
    write_po(
        written, catalogue, width=0, omit_header=True, sort_by_file=True, include_lineno=False, ignore_obsolete=True
    )
    return written.getvalue()


def renew_all() -> dict[str, int]:
    """Bring every catalogue up to date on disk. Returns how many sentences of each wait for their translation."""
    wanted = extract_messages()
    for language in TRANSLATED:
        path_of(language).write_bytes(renew_catalogue(read_catalogue(language), wanted))
    return {language: len(list_untranslated(read_catalogue(language))) for language in TRANSLATED}


def list_untranslated(catalogue: Catalog) -> list[Message]:
    """Return the sentences of ``catalogue`` that have no translation, or lack one of their plural forms."""
    return [message for message in catalogue if message.id and not all(list_forms(message))]


def list_forms(message: Message) -> list[str]:
    """Return the translation of a sentence, one for each plural form."""
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string or ""]


def _find(root: Path) -> Iterator[tuple[str, Any, list[str], str | None]]:
    for folder in _FOLDERS:
        found = extract_from_dir(root / folder, _METHODS, _OPTIONS, _KEYWORDS, [_NOTE], strip_comment_tags=True)
        for name, _line, message, comments, context in found:
            yield f"{folder}/{name}", message, comments, context
