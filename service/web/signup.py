"""The page of sign-ups: for one newsletter or for several, with one answer for every address.

A form counts when it bears a fresh mark of ours and comes from our own page. Any other, from another site or from a
program, stores nothing and is answered by our page, filled in, with one button to press: so a plain form works on any
site, without scripts and without cookies, and nobody is signed up by a page that they only looked at.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from service.errors import BadInput, NotFound, PostriderError, TooMany
from service.issues.models import Newsletter
from service.issues.queries import list_newsletters
from service.languages.sentences import for_readers
from service.subscribers.fields import LONGEST_ANSWER, BadAnswer, list_asked
from service.subscribers.signup import NothingChosen, SpentForm
from service.subscribers.signup_models import Door
from service.visitors.challenge import NotProven
from service.visitors.form_age import FormAge
from service.web.forgery import is_foreign_form, needs_no_token
from service.web.language import translate_sentence
from service.web.questions import read_form, show_questions
from service.web.signup_door import (
    FIELDS,
    PressAgain,
    SentForm,
    clean,
    consent_wording,
    find_challenge,
    find_newsletters,
    find_work,
    joint_wording,
    judge,
    limit_body,
    make_mark,
    take_in,
)
from service.web.transaction import unit_of_work
from service.web.typed_address import explain

LONGEST_SHOWN: Final = 320  # characters of a field that are shown again
RETRY_AFTER: Final = "3600"  # seconds, of a network that sent too many

blueprint = needs_no_token(Blueprint("signup", __name__))
blueprint.before_request(limit_body)
blueprint.add_app_template_global(make_mark, "make_sign_up_mark")


@blueprint.get("/<slug:slug>/subscribe")
def show_form(slug: str) -> str:
    """Show the form of one newsletter alone on its page."""
    with unit_of_work() as session:
        return _show_form(session, find_newsletters(session, [slug]), _read([slug], is_joint=False))


@blueprint.post("/<slug:slug>/subscribe")
def subscribe(slug: str) -> Response:
    """Take the request and say the same to everybody; only an address that can't be mailed is sent back."""
    return _take(_read([slug], is_joint=False))


@blueprint.get("/subscribe")
def show_joint_form() -> ResponseReturnValue:
    """Show one form for all newsletters; where there is but one, its own."""
    with unit_of_work() as session:
        offered = _list_offered(session)
        if len(offered) == 1:
            return redirect(url_for("signup.show_form", slug=offered[0].slug))
        return _show_form(session, offered, _read(request.args.getlist("newsletter"), is_joint=True))


@blueprint.post("/subscribe")
def subscribe_to_several() -> Response:
    """The same for all that were ticked."""
    return _take(_read(request.form.getlist("newsletter"), is_joint=True))


def _take(form: SentForm) -> Response:
    try:
        take_in(form)
    except (BadInput, PressAgain, SpentForm, TooMany) as problem:
        return _show_again(form, problem)
    with unit_of_work() as session:
        chosen = find_newsletters(session, form.slugs)
        return make_response(render_template("web/public/signup_sent.html", **_name(chosen, form), chosen=chosen))


def _show_again(form: SentForm, problem: PostriderError) -> Response:
    """Return our page, filled in with what was sent, and what is wrong with it. A form from elsewhere is not wrong."""
    with unit_of_work() as session:
        offered = _list_offered(session) if form.is_joint else find_newsletters(session, form.slugs)
        response = make_response(_show_form(session, offered, form, problem))
    response.status_code = 200 if isinstance(problem, PressAgain) else problem.status
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _list_offered(session: Session) -> Sequence[Newsletter]:
    """Return the newsletters of the form with several; a house without any has no such form."""
    offered = list_newsletters(session)
    if not offered:
        raise NotFound(for_readers("There is no such newsletter here."))
    return offered


def _show_form(
    session: Session, offered: Sequence[Newsletter], form: SentForm, problem: PostriderError | None = None
) -> str:
    typed = {name: value[:LONGEST_SHOWN] for name, value in form.fields.items()}
    error = notice = ""
    if problem is not None and _is_about_address(problem):
        error, typed["address"] = explain(problem, typed["address"])
    elif problem is not None:
        notice = _say(problem)
    return render_template(
        "web/public/signup.html",
        **_name(offered, form),
        wording=joint_wording() if form.is_joint else consent_wording(offered[0]),
        choices=[(newsletter, newsletter.slug in form.slugs) for newsletter in offered] if form.is_joint else [],
        typed=typed,
        error=error,
        notice=notice,
        mark=make_mark() if _is_spent(form, problem) else form.fields["mark"],
        work=find_work(session),
        challenge=find_challenge(),
        questions=show_questions(list_asked(session), form.answers),
        longest=LONGEST_ANSWER,
    )


def _is_about_address(problem: PostriderError) -> bool:
    return isinstance(problem, BadInput) and not isinstance(problem, NotProven | NothingChosen | BadAnswer)


def _say(problem: PostriderError) -> str:
    if isinstance(problem, BadAnswer):
        sentence: str = gettext("Please look at the marked answer.")
        return sentence
    return translate_sentence(problem.message, gettext("Please look once more and press the button."))


def _is_spent(form: SentForm, problem: PostriderError | None) -> bool:
    """Return whether the form needs another mark: one that came too soon, or with a slip, is still good."""
    return isinstance(problem, SpentForm) or judge(form.fields["mark"]) not in {FormAge.RIPE, FormAge.HASTY}


def _name(offered: Sequence[Newsletter], form: SentForm) -> dict[str, Newsletter | None]:
    """Return whose page it is: the newsletter's, or with several the house's."""
    return {"newsletter": None if form.is_joint else offered[0]}


def _read(slugs: Sequence[str], *, is_joint: bool) -> SentForm:
    """Return what came with a form or, before it was sent, with the link to it."""
    fields = {name: clean(request.values.get(name, "")) for name in FIELDS}
    if is_foreign_form():
        fields |= {"door": Door.ELSEWHERE, "mark": ""}  # a mark of ours on another site is none that a person got
    challenge = find_challenge()
    return SentForm(
        fields=fields,
        slugs=slugs,
        door=Door.ELSEWHERE if fields["door"] == Door.ELSEWHERE else Door.PAGE,
        is_joint=is_joint,
        puzzle=request.form.get(challenge.field, "") if challenge is not None else "",
        answers=read_form(request.values),
    )
