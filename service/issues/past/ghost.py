"""Ghost's export: one JSON of its tables (posts, users, posts_authors, posts_meta). Reads; decides nothing else.

Shapes: docs.ghost.org/migration/custom; the wiki page "Import format" of Ghost for the outer ``db``; the table
``posts`` of Ghost's schema for ``status``, ``visibility`` and ``type``. Tags are left behind: issues have none.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from service.errors import BadInput
from service.issues.past import post as reasons
from service.issues.past.post import Post, storable, tidy_line, title_from_slug
from service.lists.dates import parse_moment

_SITE: Final = "__GHOST_URL__"  # what stands in an export for the address of the site itself
_MAILED_ONLY: Final = "It went out by mail only and was not on the site; here everybody can read it."
_OTHER_FORM: Final = "Its text is only in Ghost’s own form ({}), without HTML: save the post in Ghost and export again."
_CLOSED: Final = {"members": reasons.SUBSCRIBERS_ONLY}

Row = Mapping[str, Any]


def read_ghost(path: Path, site: str) -> Iterator[Post]:
    """Yield every post and page of an export, in its order; ``site`` is where they stood (``https://…``), or "".

    Raises:
        BadInput: when the file is no export of Ghost's.
    """
    tables = _read_tables(path)
    names = _read_names(tables)
    alternatives = {_word(row, "post_id"): _word(row, "feature_image_alt") for row in _table(tables, "posts_meta")}
    for row in _table(tables, "posts"):
        post_id = _word(row, "id")
        yield _make_post(row, names.get(post_id, ()), alternatives.get(post_id, ""), site)


def _read_tables(path: Path) -> Row:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInput("This file is no JSON that we can read; export it from Ghost again.") from error
    outer = content.get("db") if isinstance(content, dict) else None
    inner = outer[0] if isinstance(outer, list) and outer else content
    tables = inner.get("data") if isinstance(inner, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise BadInput("This JSON is no export of Ghost: it has no table of posts.")
    return tables


def _table(tables: Row, name: str) -> list[Row]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _word(row: Row, name: str) -> str:
    """Return a cell as one line; numbers count as words, for ids were numbers once."""
    value = row.get(name)
    return tidy_line(str(value) if isinstance(value, int) else value)


def _read_names(tables: Row) -> dict[str, tuple[str, ...]]:
    """Return the authors of each post by the post's id, the first author first."""
    users = {_word(row, "id"): _word(row, "name") for row in _table(tables, "users")}
    ties: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in _table(tables, "posts_authors"):
        place = row.get("sort_order")
        ties[_word(row, "post_id")].append((place if isinstance(place, int) else 0, _word(row, "author_id")))
    for row in _table(tables, "posts"):  # of old exports, which knew one author
        ties.setdefault(_word(row, "id"), [(0, _word(row, "author_id"))])
    return {
        post_id: tuple(name for _, author in sorted(found) if (name := users.get(author)))
        for post_id, found in ties.items()
    }


def _make_post(row: Row, byline: Sequence[str], picture_words: str, site: str) -> Post:
    slug = _word(row, "slug")
    html, refusal = _read_text(row, _refuse(row))
    picture = _word(row, "feature_image")
    if html and picture:
        html = f'<p><img src="{escape(picture)}" alt="{escape(picture_words)}"></p>{html}'
    address = _word(row, "canonical_url") or (f"{site}/{slug}/" if site and slug else "")
    return Post(
        origin=f"ghost:{(_word(row, 'uuid') or _word(row, 'id') or slug)[:200]}",
        title=_word(row, "title") or title_from_slug(slug),
        subtitle=_word(row, "custom_excerpt"),
        byline=tuple(byline),
        published_at=parse_moment(_word(row, "published_at")),
        address=address.replace(_SITE, site),
        html=html.replace(_SITE, site),
        refusal=refusal,
        remark=_MAILED_ONLY if row.get("status") == "sent" else "",
    )


def _refuse(row: Row) -> str:
    if row.get("type", "post") == "page" or row.get("page"):
        return "It is a page of the site, not a post."
    if _word(row, "status") not in {"published", "sent"}:
        return reasons.DRAFT
    access = _word(row, "visibility") or "public"
    return "" if access == "public" else _CLOSED.get(access, reasons.PAYING_ONLY)


def _read_text(row: Row, refusal: str) -> tuple[str, str]:
    """Return a post's HTML and "", or "" and why there is none."""
    html = row.get("html")
    if refusal:
        return "", refusal
    if not isinstance(html, str) or not html.strip():
        form = next((name for name in ("lexical", "mobiledoc") if row.get(name)), "")
        return "", _OTHER_FORM.format(form) if form else reasons.NO_TEXT
    if len(html.encode("utf-8", "replace")) > reasons.LONGEST_TEXT:
        return "", reasons.TOO_LONG.format(reasons.LONGEST_TEXT)
    return storable(html), ""
