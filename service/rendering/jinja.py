"""The mail templates: where they are and how they are expanded. Owns the Jinja environment, never a template's content.

A value that a template asks for and does not get is an error, not an empty place in a mail.
"""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES: Final = Path(__file__).parents[2] / "templates" / "email"


def _make_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        # Off for plain text only, where an escape would be read as such.
        autoescape=select_autoescape(disabled_extensions=("txt.jinja",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


_ENVIRONMENT: Final = _make_environment()


def render_template(name: str, **values: object) -> str:
    """Return ``templates/email/<name>`` expanded with ``values``; each string is escaped unless it is ``Markup``."""
    return _ENVIRONMENT.get_template(name).render(values)
