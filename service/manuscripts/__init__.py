"""An author's text becomes items: plain text, Markdown, HTML or Word in; greeting, briefs, features, ask out.

Nothing of the source is ever lost: what is no item is listed with a reason, what is uncertain is a warning for staff.
"""

from service.manuscripts.accounting import unaccounted
from service.manuscripts.manuscript import (
    Aside,
    Block,
    BlockKind,
    Item,
    ItemKind,
    Manuscript,
    Note,
    item_markdown,
)
from service.manuscripts.reading import read_manuscript

__all__ = [
    "Aside",
    "Block",
    "BlockKind",
    "Item",
    "ItemKind",
    "Manuscript",
    "Note",
    "item_markdown",
    "read_manuscript",
    "unaccounted",
]
