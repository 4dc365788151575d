"""A table as a download: a row at a time out of one open transaction. Owns the answer, never the rows."""

from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice

from flask import Response
from sqlalchemy.orm import Session

from service.db import transaction
from service.web.services import get_services


def send_table(write: Callable[[Session], Iterator[str]], filename: str) -> Response:
    """Return the answer that streams the lines of a CSV; its transaction ends with it, however it ends."""
    lines = _stream(write)
    first = list(islice(lines, 2))  # asks the database now: what can fail fails before the answer begins
    response = Response(
        chain(first, lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
    response.call_on_close(lines.close)  # whoever breaks a download off must not leave its transaction open
    return response


def _stream(write: Callable[[Session], Iterator[str]]) -> Generator[str, None, None]:
    with transaction(get_services().factory) as session:
        yield from write(session)
