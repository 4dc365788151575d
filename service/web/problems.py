"""What a person or program sees when something went wrong: a sentence and a way on. Never a stack trace."""

import logging
import secrets

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from service.errors import PostriderError, describe_failure
from service.languages.sentences import for_readers
from service.web.language import gettext, translate_sentence

log = logging.getLogger(__name__)

RETRY_AFTER = "30"  # seconds; long enough for a database to restart
OTHERWISE = for_readers("That did not work")
HEADINGS = {
    403: for_readers("Not open to you"),
    404: for_readers("Nothing at this address"),
    409: for_readers("It has changed meanwhile"),
    413: for_readers("Too much at once"),
    422: for_readers("That does not work yet"),
    429: for_readers("Please a little slower"),
    500: for_readers("Something went wrong"),
    503: for_readers("Not at this moment"),
}
UNEXPECTED = for_readers(
    "Something went wrong on our side, and we have noted it as %(number)s. "
    "Trying again in a minute often helps; if not, please tell us that number."
)
# Where what went wrong is said in English only, readers of other languages get these.
SENTENCES = {
    400: for_readers(
        "We could not make sense of what your browser sent. Please go back, load the page again and try once more."
    ),
    403: for_readers("This page is not open to you."),
    404: for_readers(
        "There is no page at this address. It may have moved, or the link may have lost a part on its way."
    ),
    405: for_readers("This page can’t be used in that way."),
    409: for_readers("It has changed since you looked. Please load the page again and see how it stands now."),
    413: for_readers("That is more than we can take at once: the limit is 3 megabytes."),
    415: for_readers("We can’t read what was sent in that form."),
    422: for_readers("What was sent can’t be used as it is. Please go back, look at it once more and try again."),
    429: for_readers("That was more than one person usually sends. Please try again later."),
    503: for_readers("Our records don’t answer at this moment. Please try again in a minute."),
}


def configure_problems(app: Flask) -> None:
    """Answer every failure with a page, or with JSON where that is what the asker accepts."""
    app.register_error_handler(PostriderError, _show_known)
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(Exception, _show_unexpected)


def _show_known(problem: PostriderError) -> Response:
    general = gettext(SENTENCES.get(problem.status, OTHERWISE))
    response = _show(problem.status, problem.code, problem.message, translate_sentence(problem.message, general))
    if problem.retry:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _show_http(problem: HTTPException) -> Response:
    status = problem.code or 500
    sentence = SENTENCES.get(status, f"{problem.name}.")
    shown = translate_sentence(sentence, gettext(OTHERWISE))
    response = _show(status, problem.name.lower().replace(" ", "_"), sentence, shown)
    for name, value in problem.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _show_unexpected(problem: Exception) -> Response:
    failure = secrets.token_hex(4)
    log.error("unexpected failure %s at %s: %s", failure, request.endpoint, describe_failure(problem))
    return _show(500, "unexpected", UNEXPECTED % {"number": failure}, gettext(UNEXPECTED, number=failure))


def _show(status: int, code: str, sentence: str, shown: str) -> Response:
    """Answer a program with ``sentence``, and a person with ``shown``: the same in the language of the page."""
    if _wants_json():
        return make_response({"error": {"code": code, "message": sentence}}, status)
    return make_response(
        render_template(
            "web/public/problem.html",
            status=status,
            heading=gettext(HEADINGS.get(status, OTHERWISE)),
            sentence=shown,
            at_desk=request.path.startswith("/desk"),
        ),
        status,
    )


def _wants_json() -> bool:
    # Without a preference (``*/*``) it is a page: a person may be looking.
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
