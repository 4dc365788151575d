"""Pages that are the same for everyone. Owns letting browsers and proxies keep them, if they ask before each use."""

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue


def revalidated(answer: ResponseReturnValue) -> Response:
    """Return ``answer`` marked by its content, or 304 when the asker already holds that very content."""
    response = make_response(answer)
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
