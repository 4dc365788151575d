"""One post of an archive, whichever house it is from. Owns the shape and the reasons that houses share."""

import html
from dataclasses import dataclass
from datetime import datetime
from typing import Final

DRAFT: Final = "It was a draft, not published."
SUBSCRIBERS_ONLY: Final = "It was open to subscribers only; here everybody could read it."
PAYING_ONLY: Final = "It was open to paying readers only; here everybody could read it."
NO_TEXT: Final = "Its text is not in the archive."
NO_DATE: Final = "It has no date that we can read, and an archive is kept by date."
IN_THE_FUTURE: Final = "Its date is in the future."
TOO_LONG: Final = "Its text is longer than {:,} bytes, the most that we read."
LONGEST_TEXT: Final = 2_000_000  # bytes, as of a manuscript


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its house exported it.

    ``origin`` is the house and its own id for the post, which stays the same in every export. ``address`` is where it
    stood on the web, "" where nobody knows. ``html`` is as it came: not clean. ``refusal`` says why it can't become a
    past issue, "" where it may.
    """

    origin: str
    title: str
    published_at: datetime | None
    html: str = ""
    subtitle: str = ""
    byline: tuple[str, ...] = ()
    address: str = ""
    refusal: str = ""
    remark: str = ""


def tidy_line(raw: object) -> str:
    """Return a cell or a JSON value as one line of text that the database can hold; "" for what is no text."""
    return " ".join(storable(html.unescape(raw)).split()) if isinstance(raw, str) else ""


def storable(text: str) -> str:
    """Return ``text`` without what PostgreSQL's text can't hold: NUL, and halves of characters from JSON's escapes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def title_from_slug(slug: str) -> str:
    """Return the words of a post's address, for one that has no title: ``our-first-year`` gives “Our first year”."""
    words = slug.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
