"""A file as it was sent becomes the posts in it. Owns which house it is from, and the address of the site it was on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from service.errors import BadInput
from service.issues.past.ghost import read_ghost
from service.issues.past.post import Post
from service.issues.past.substack import find_table, is_table_of_posts, read_substack
from service.lists.archives import Part, open_archive
from service.lists.rows import RowReader

LARGEST_FILE: Final = 100_000_000  # bytes
MOST_POSTS: Final = 10_000
_POSTS: Final = (
    "“{}” is Substack’s list of posts, not of people: bring it in at Issues, under “Past issues”. The people are in "
    "Substack’s file “email_list….csv”."
)
_NEITHER: Final = "This is neither Substack’s export (a zip with posts.csv in it) nor Ghost’s (a JSON file)."


@contextmanager
def open_posts(path: Path, site: str = "") -> Iterator[tuple[str, Iterator[Post]]]:
    """Lend the house that an export is from, and its posts in their order; read inside the block.

    ``site`` is where they stood on the web, as a person typed it, or "".

    Raises:
        BadInput: when it is no export that we know, or, while it is read, when it is damaged.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"This file has {path.stat().st_size:,} bytes; at most {LARGEST_FILE:,} can be read.")
    base = read_site(site)
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PK"):
        with open_archive(path) as archive:
            if find_table(archive) is None:
                raise BadInput(_NEITHER)
            yield "Substack", _count(read_substack(archive, base))
    elif start.startswith(b"{"):
        yield "Ghost", _count(read_ghost(path, base))
    else:
        raise BadInput(_NEITHER)


def refuse_posts(parts: Iterable[Part]) -> None:
    """Refuse what was brought as lists of people where one is a table of posts, and say where posts come in.

    Raises:
        BadInput: for a table of posts, or one that can't be read at all.
    """
    for part in parts:
        with part.open() as content:
            rows = RowReader(content)
            if is_table_of_posts(rows.header):
                raise BadInput(_POSTS.format(part.name))


def read_site(typed: str) -> str:
    """Return the address of a site, ``https://…`` without a slash at its end; "" for nothing.

    Raises:
        BadInput: when it is no address of a site.
    """
    raw = typed.strip().rstrip("/")
    if not raw:
        return ""
    try:
        parts = urlsplit(raw if "://" in raw else f"https://{raw}")
        if parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and not set(raw) & set(' "<>\\'):
            return parts._replace(query="", fragment="").geturl()
    except ValueError:
        pass
    raise BadInput(f"“{raw[:80]}” is no address of a site; it looks like https://letters.example.org.")


def _count(posts: Iterator[Post]) -> Iterator[Post]:
    for number, post in enumerate(posts, start=1):
        if number > MOST_POSTS:
            raise BadInput(f"This archive has more than {MOST_POSTS:,} posts: send it in parts.")
        yield post
