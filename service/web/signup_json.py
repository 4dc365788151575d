"""The door of sign-ups for programs: a site's own form with scripts, or an app. The same checks as the page's.

First GET what to show and the form's mark, then POST it back with the address. There is no cookie and nothing to steal,
so any site may ask (CORS). Every sign-up gets the same answer.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from service.errors import BadInput, PostriderError
from service.issues.models import Newsletter
from service.languages.choosing import choose
from service.subscribers.field_models import ReaderField
from service.subscribers.fields import LONGEST_ANSWER, BadAnswer, label_of, list_asked
from service.subscribers.signup_models import Door
from service.web.forgery import needs_no_token
from service.web.language import page_language, speak_to
from service.web.signup_door import (
    FIELDS,
    SentForm,
    clean,
    consent_wording,
    find_challenge,
    find_newsletters,
    find_work,
    joint_wording,
    limit_body,
    make_mark,
    take_in,
)
from service.web.transaction import unit_of_work

PATH: Final = "/subscribe.json"
_TEXTS: Final = tuple(name for name in FIELDS if name != "door")
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}

blueprint = needs_no_token(Blueprint("signup_json", __name__))
blueprint.before_request(limit_body)


@blueprint.get(PATH)
def describe_form() -> dict[str, Any]:
    """Say what a form for ``?newsletter=slug`` (one or several) has to show and to bring; ``?lang=`` in which words."""
    with unit_of_work() as session:
        newsletters = find_newsletters(session, request.args.getlist("newsletter"))
        work = find_work(session)
        fields = list_asked(session)
        return {
            "newsletters": [{"slug": newsletter.slug, "name": newsletter.name} for newsletter in newsletters],
            "wording": _wording(newsletters),
            "language": page_language(),
            "fields": [_describe(field) for field in fields],
            "mark": make_mark(),
            "work": {"hash": "SHA-256", "of": "mark:answer", "zero_bits": work} if work else None,
        }


@blueprint.post(PATH)
def subscribe() -> ResponseReturnValue:
    """Take a sign-up in; 202 and the same body for every address.

    ``wording`` must come back as it was shown, for it is what the person agreed to. ``fields`` answers the optional
    questions by their names; of names that are none nothing is kept.
    """
    sent = _read_object()
    speak_to(choose([_text(sent, "language")]))
    form = _read_form(sent)
    with unit_of_work() as session:
        if _text(sent, "wording") != _wording(find_newsletters(session, form.slugs)):
            raise BadInput(
                f"“wording” must be the sentence that GET {PATH} gives for these newsletters in this language."
            )
    take_in(form)
    return {"status": "accepted"}, HTTPStatus.ACCEPTED


@blueprint.after_request
def let_any_site_ask(response: Response) -> Response:
    """Allow scripts of other sites: they may do here what any program may."""
    response.headers.update(_CORS)
    return response


@blueprint.errorhandler(PostriderError)
def say_problem(problem: PostriderError) -> Response:
    """Answer a failure with its code and sentence, and the question that it is about."""
    about = {"field": problem.field} if isinstance(problem, BadAnswer) else {}
    return make_response({"error": {"code": problem.code, "message": problem.message, **about}}, problem.status)


@blueprint.errorhandler(HTTPException)
def say_refusal(problem: HTTPException) -> Response:
    """Answer what the framework refuses (a wrong type, a broken body) in the same shape."""
    status = problem.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code = problem.name.lower().replace(" ", "_")
    return make_response({"error": {"code": code, "message": problem.description or problem.name}}, status)


def _read_object() -> Mapping[str, Any]:
    if not request.is_json:
        raise BadInput("Please send JSON, with Content-Type: application/json.")
    try:
        sent = json.loads(request.get_data())
    except (ValueError, RecursionError) as problem:  # the latter for thousands of brackets, each within the last
        raise BadInput("The body is not JSON that we can read.") from problem
    if not isinstance(sent, dict):
        raise BadInput("The body must be one JSON object.")
    return sent


def _read_form(sent: Mapping[str, Any]) -> SentForm:
    slugs = sent.get("newsletters")
    if not isinstance(slugs, list) or not all(isinstance(slug, str) for slug in slugs):
        raise BadInput("“newsletters” must be a list of slugs.")
    answers = sent.get("fields", {})
    if not isinstance(answers, dict):
        raise BadInput("“fields” must be an object: the answer to each question, by its name.")
    challenge = find_challenge()
    return SentForm(
        fields={name: clean(_text(sent, name)) for name in _TEXTS},
        slugs=slugs,
        door=Door.JSON,
        is_joint=len(set(slugs)) != 1,
        puzzle=_text(sent, challenge.field) if challenge is not None else "",
        answers={name: clean(_text(answers, name)) for name in answers},
    )


def _describe(field: ReaderField) -> dict[str, Any]:
    label, language = label_of(field, page_language())
    return {
        "name": field.name,
        "label": label,
        "language": language,
        "choices": field.choices,
        "longest": LONGEST_ANSWER,
    }


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise BadInput(f"“{name}” must be text.")
    return value


def _wording(newsletters: Sequence[Newsletter]) -> str:
    return consent_wording(newsletters[0]) if len(newsletters) == 1 else joint_wording()
