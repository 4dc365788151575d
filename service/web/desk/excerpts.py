"""The first words of an item, where a list shows what it is about. Owns that no mark-up is among them."""

from typing import Final

from service.errors import BadInput
from service.rendering.markdown import parse_markdown, plain_text
from service.web.desk.access import blueprint

LONGEST: Final = 100  # characters


@blueprint.app_template_filter("excerpt")
def write_excerpt(markdown: str) -> str:
    """Return the first words of a text as a reader would see them; as it stands where it can't be read yet."""
    try:
        blocks = [
            plain_text(token.children or ()) for token in parse_markdown(markdown).tokens if token.type == "inline"
        ]
    except BadInput:
        blocks = [markdown]
    words = " ".join(" ".join(blocks).split())
    if len(words) <= LONGEST:
        return words
    begun = words[:LONGEST]
    return (begun.rpartition(" ")[0] or begun).rstrip(",;:–-") + "…"
