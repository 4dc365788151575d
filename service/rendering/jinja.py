"""The mail templates: where they are and how they are expanded. Owns the Jinja environments, never what templates say.

A value that a template asks for and does not get is an error, not an empty place in a mail.
"""

from functools import cache, partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.languages.catalogues import load
from service.languages.choosing import choose
from service.languages.names import join_names

TEMPLATES: Final = Path(__file__).parents[2] / "templates" / "email"
# Plain text, where an escape would be read as such; a letter's sentences are escaped where they are printed.
_TEXTS: Final = ("txt.jinja", "words.jinja")


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=_TEXTS, default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(load(language), newstyle=True)  # type: ignore[attr-defined] # the extension's
    environment.filters["join_names"] = partial(join_names, language=language)
    return environment


def render_template(name: str, *, language: str, **values: object) -> str:
    """Return ``templates/email/<name>`` expanded with ``values``; each string is escaped unless it is ``Markup``.

    ``language``, a BCP 47 tag, is a value too; where it is none of ours, ``_`` in the template answers in English.
    """
    return _environment(choose([language])).get_template(name).render(values, language=language)
