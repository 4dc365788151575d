"""Substack's export: a zip with ``posts.csv`` and one ``posts/<post_id>.html`` for each post. Reads, and only reads.

The columns, the values of ``audience`` and ``type`` and the names of the files were read in
github.com/TryGhost/migrate, packages/mg-substack: lib/mapper.js, lib/process.js, test/fixtures/posts.csv.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import PurePosixPath
from typing import Final
from zipfile import ZipFile, ZipInfo

from service.errors import BadInput
from service.issues.past import post as reasons
from service.issues.past.post import Post, tidy_line, title_from_slug
from service.lists.dates import parse_moment
from service.manuscripts.decoding import decode

TABLE: Final = "posts.csv"
_NEEDED: Final = frozenset({"post_id", "post_date", "is_published", "title"})
_LARGEST_TABLE: Final = 20_000_000  # bytes: 20,000 posts have four
_MOST_UNPACKED: Final = 400_000_000  # bytes of all texts
_READ: Final = frozenset({"newsletter", "podcast", ""})
_CLOSED: Final = {"only_paid": reasons.PAYING_ONLY, "founding": reasons.PAYING_ONLY}
_SOUND: Final = "It is an episode with sound, which is not brought in: only its text is."


def read_substack(archive: ZipFile, site: str) -> Iterator[Post]:
    """Yield every post that the table names, in its order; ``site`` is where they stood (``https://…``), or "".

    Raises:
        BadInput: when the table can't be read.
    """
    texts = _Texts(archive)
    for row in _read_table(archive):
        yield _make_post(row, texts, site)


def find_table(archive: ZipFile) -> ZipInfo | None:
    """Return the archive's table of posts, or None: then it is none of Substack's."""
    found = (entry for entry in archive.infolist() if PurePosixPath(entry.filename).name == TABLE)
    return next((entry for entry in found if "__MACOSX" not in entry.filename), None)


def is_table_of_posts(header: Sequence[str]) -> bool:
    """Return whether a table with these columns is that of Substack's posts, and so no list of people."""
    return {name.casefold() for name in header} >= _NEEDED


def _read_table(archive: ZipFile) -> Iterator[dict[str, str]]:
    entry = find_table(archive)
    if entry is None or entry.file_size > _LARGEST_TABLE:
        raise BadInput(f"There is no {TABLE} in this zip archive that we can read.")
    with archive.open(entry) as packed:
        rows = csv.DictReader(TextIOWrapper(packed, "utf-8-sig", newline=""), restval="")
        try:
            if missing := _NEEDED - set(rows.fieldnames or ()):
                raise BadInput(f"{TABLE} has no column {', '.join(sorted(missing))}: is it Substack's own?")
            for row in rows:
                yield {name: value for name, value in row.items() if name and isinstance(value, str)}
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"{TABLE} can't be read from line {rows.line_num + 1} on.") from error


def _make_post(row: Mapping[str, str], texts: "_Texts", site: str) -> Post:
    post_id = tidy_line(row["post_id"])
    number, _, slug = post_id.partition(".")
    refusal = _refuse(row)
    html = ""
    if not refusal:
        html, refusal = texts.read(post_id)
    return Post(
        origin=f"substack:{number[:200]}",
        title=tidy_line(row["title"]) or title_from_slug(slug),
        subtitle=tidy_line(row.get("subtitle")),
        published_at=parse_moment(row["post_date"].strip()) or parse_moment(row.get("email_sent_at", "").strip()),
        address=f"{site}/p/{slug}" if site and slug else "",
        html=html,
        refusal=refusal,
        remark=_SOUND if row.get("podcast_url", "").strip() else "",
    )


def _refuse(row: Mapping[str, str]) -> str:
    kind, audience = row.get("type", "").strip().lower(), row.get("audience", "").strip().lower()
    if row["is_published"].strip().lower() != "true":
        return reasons.DRAFT
    if kind not in _READ:
        return f"It is a {kind}, not a post."
    return "" if audience in {"everyone", ""} else _CLOSED.get(audience, reasons.SUBSCRIBERS_ONLY)


class _Texts:
    """The texts of an archive by their post's id. No more is unpacked than a text may have, whatever is claimed."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._entries: dict[str, ZipInfo] = {}
        self._unpacked = 0
        for entry in archive.infolist():
            where = PurePosixPath(entry.filename)
            if where.suffix.lower() == ".html" and "__MACOSX" not in where.parts:
                self._entries.setdefault(where.stem, entry)
                self._entries.setdefault(where.stem.partition(".")[0], entry)

    def read(self, post_id: str) -> tuple[str, str]:
        """Return a post's HTML and "", or "" and why there is none."""
        entry = self._entries.get(post_id) or self._entries.get(post_id.partition(".")[0])
        if entry is None:
            return "", reasons.NO_TEXT
        with self._archive.open(entry) as packed:
            data = packed.read(reasons.LONGEST_TEXT + 1)
        self._unpacked += len(data)
        if self._unpacked > _MOST_UNPACKED:
            raise BadInput(f"The posts of this archive unpack to more than {_MOST_UNPACKED // 1_000_000} MB.")
        if len(data) > reasons.LONGEST_TEXT:
            return "", reasons.TOO_LONG.format(reasons.LONGEST_TEXT)
        if not data.strip():
            return "", reasons.NO_TEXT
        try:
            return decode(data)[0], ""
        except BadInput as problem:
            return "", problem.message
