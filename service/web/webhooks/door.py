"""What every webhook has in common: no cookies, a small body, and short answers in plain text for programs.

Owns the answers to what went wrong. Nothing of what was sent is ever answered or logged.
"""

import logging
import secrets
from typing import Final

from flask import Blueprint, Response, make_response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from service.errors import BadInput, PostriderError
from service.web.forgery import needs_no_token
from service.web.problems import RETRY_AFTER

log = logging.getLogger(__name__)

LARGEST_EVENT: Final = 256 * 1024  # bytes; many times what any provider sends

blueprint = needs_no_token(Blueprint("webhooks", __name__, url_prefix="/webhooks"))


def read_body() -> bytes:
    """Return the request's bytes as they came; a signature is over these and nothing else.

    Raises:
        RequestEntityTooLarge: for more than ``LARGEST_EVENT``, announced or not.
    """
    # One more than we take: Werkzeug cuts a body that does not say its length, instead of refusing it.
    request.max_content_length = LARGEST_EVENT + 1
    body = request.get_data(cache=False)
    if len(body) > LARGEST_EVENT:
        raise RequestEntityTooLarge
    return body


@blueprint.errorhandler(PostriderError)
def show_known(problem: PostriderError) -> Response:
    """Answer with the sentence; a bad event is 400 here, so that its sender's log shows a refusal as it is used to."""
    status = 400 if isinstance(problem, BadInput) else problem.status
    log.warning("a webhook was answered with %s: %s", status, problem.message)
    answer = _say(problem.message, status)
    if problem.retry:
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer


@blueprint.errorhandler(HTTPException)
def show_http(problem: HTTPException) -> Response:
    """Answer with the status alone."""
    return _say(f"{problem.name}.", problem.code or 500)


@blueprint.errorhandler(Exception)
def show_unexpected(problem: Exception) -> Response:
    """Answer 500, so that the event comes again. The error's own words stay out of the log: they may hold the event."""
    failure = secrets.token_hex(4)
    place = problem.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else "nowhere"
    log.error("unexpected failure %s of a webhook: %s in %s", failure, type(problem).__name__, where)
    return _say(f"Something went wrong on our side; it is noted as {failure}.", 500)


def _say(sentence: str, status: int) -> Response:
    answer = make_response(f"{sentence}\n", status)
    answer.mimetype = "text/plain"
    return answer
