"""Many tags in one cell: a row of CSV inside the cell, as Mailchimp writes them too. What it wrote it reads back."""

import csv
from collections.abc import Iterable
from io import StringIO


def join_tags(tags: Iterable[str]) -> str:
    """Return tags as one cell."""
    cell = StringIO()
    csv.writer(cell, lineterminator="\r\n").writerow(tags)  # quotes a line end only where it ends lines with it
    return cell.getvalue().removesuffix("\r\n")


def split_tags(cell: str) -> tuple[str, ...]:
    """Return the tags of a cell in their order, each once; what is no row of CSV is one tag."""
    if not cell:
        return ()
    if '"' not in cell and "\n" not in cell and "\r" not in cell:
        found = cell.split(",")
    else:
        try:
            found = next(csv.reader(StringIO(cell, newline=""), skipinitialspace=True, strict=True))
        except csv.Error:
            found = [cell]
    return tuple(dict.fromkeys(tag for tag in map(str.strip, found) if tag))
