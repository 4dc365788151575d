"""What a person or program sees when something went wrong: a sentence and a way on. Never a stack trace."""

import logging
import secrets

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from service.errors import PostriderError, describe_failure

log = logging.getLogger(__name__)

RETRY_AFTER = "30"  # seconds; long enough for a database to restart
HEADINGS = {
    403: "Not open to you",
    404: "Nothing at this address",
    409: "It has changed meanwhile",
    413: "Too much at once",
    422: "That does not work yet",
    500: "Something went wrong",
    503: "Not at this moment",
}
SENTENCES = {
    400: "We could not make sense of what your browser sent. Please go back, load the page again and try once more.",
    403: "This page is not open to you.",
    404: "There is no page at this address. It may have moved, or the link may have lost a part on its way.",
    405: "This page can’t be used in that way.",
    413: "That is more than we can take at once: the limit is 3 megabytes.",
    415: "We can’t read what was sent in that form.",
}


def configure_problems(app: Flask) -> None:
    """Answer every failure with a page, or with JSON where that is what the asker accepts."""
    app.register_error_handler(PostriderError, _show_known)
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(Exception, _show_unexpected)


def _show_known(problem: PostriderError) -> Response:
    response = _show(problem.status, problem.code, problem.message)
    if problem.retry:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _show_http(problem: HTTPException) -> Response:
    status = problem.code or 500
    sentence = SENTENCES.get(status, f"{problem.name}.")
    response = _show(status, problem.name.lower().replace(" ", "_"), sentence)
    for name, value in problem.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _show_unexpected(problem: Exception) -> Response:
    failure = secrets.token_hex(4)
    log.error("unexpected failure %s at %s: %s", failure, request.endpoint, describe_failure(problem))
    return _show(
        500,
        "unexpected",
        f"Something went wrong on our side, and we have noted it as {failure}. "
        "Trying again in a minute often helps; if not, please tell us that number.",
    )


def _show(status: int, code: str, sentence: str) -> Response:
    if _wants_json():
        return make_response({"error": {"code": code, "message": sentence}}, status)
    return make_response(
        render_template(
            "web/public/problem.html",
            status=status,
            heading=HEADINGS.get(status, "That did not work"),
            sentence=sentence,
            at_desk=request.path.startswith("/desk"),
        ),
        status,
    )


def _wants_json() -> bool:
    # Without a preference (``*/*``) it is a page: a person may be looking.
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
