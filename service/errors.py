"""The error tree. Owns which failures a person is told about, and with what status; never how they are shown.

PostriderError          something went wrong that we can say in a sentence
├── BadInput     422    what a person or program sent is wrong; the sentence says what and where
├── NotFound     404    no such thing, or no longer
├── Conflict     409    the thing has moved on since it was looked at; look again
├── TooMany      429    more came from one place than one person sends; the same request may work later (retry)
└── Unavailable  503    a part that we need is away; the same request may work later (retry)
"""

from traceback import format_tb
from typing import ClassVar


class PostriderError(Exception):
    """A failure with a sentence for a person. ``code`` names it for programs, ``status`` is its HTTP status."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(PostriderError):  # noqa: N818 - the names read as sentences where they are raised
    """What was sent is wrong; the sentence says what is wrong and where."""

    code = "bad_input"
    status = 422


class NotFound(PostriderError):  # noqa: N818 - as above
    """There is no such thing."""

    code = "not_found"
    status = 404


class Conflict(PostriderError):  # noqa: N818 - as above
    """The thing changed since it was looked at, or its state does not allow this."""

    code = "conflict"
    status = 409


class TooMany(PostriderError):  # noqa: N818 - as above
    """More came from one network or for one address than one person sends."""

    code = "too_many"
    status = 429
    retry = True


class Unavailable(PostriderError):  # noqa: N818 - as above
    """A part that is needed does not answer; trying again later is sensible."""

    code = "unavailable"
    status = 503
    retry = True


def describe_failure(problem: BaseException) -> str:
    """Return what failed and where, for the log; of a database's error only the kind: its words quote people's rows."""
    original = getattr(problem, "orig", None)
    words = type(original).__name__ if isinstance(original, BaseException) else str(problem)
    return f"{type(problem).__name__}: {words}\n{''.join(format_tb(problem.__traceback__))}"
