"""Forms with a large file in them: read only for whoever may send one, and onto disk. Owns the one larger limit.

The form's token is inside the form, so it would be read before anybody is asked who they are; here it is looked at
after the guard of the desk.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from service.errors import PostriderError
from service.web.desk.access import View
from service.web.forgery import CSRF

_MEGABYTE = 1_000_000
_AROUND = 100_000  # bytes of the form around its file


class TooLargeFile(PostriderError):  # noqa: N818 - reads as a sentence where it is raised
    """A form with a larger file than the page takes; nothing of it was read."""

    code = "too_large_file"
    status = 413


def takes_large_file(largest: int) -> Callable[[View], View]:
    """Decorate a view whose form may hold a file of ``largest`` bytes. Stands right below its ``@permission``.

    Raises:
        TooLargeFile: when the form is larger; nothing of it has been read.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            request.max_content_length = largest + _AROUND
            try:
                CSRF.protect()
            except RequestEntityTooLarge as problem:
                raise TooLargeFile(
                    f"This file is larger than {largest // _MEGABYTE} megabytes, so it was not taken. "
                    "Go back: what you typed is still there. Pack the file as a zip archive, or send it in parts."
                ) from problem
            return view(*args, **kwargs)

        return cast("View", CSRF.exempt(guarded))

    return decorate
