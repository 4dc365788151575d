"""A piece of HTML for other sites: a plain form, without scripts, styles or cookies, that leads to our page."""

from flask import Blueprint, render_template

from service.issues.queries import get_newsletter
from service.subscribers.fields import LONGEST_ANSWER, list_asked
from service.web.links import absolute_url
from service.web.questions import show_questions
from service.web.transaction import unit_of_work

blueprint = Blueprint("embed", __name__)


@blueprint.get("/<slug:slug>/subscribe/embed")
def show_snippet(slug: str) -> str:
    """Show the snippet to copy; its address is that of our settings, and its words are in the language of the page."""
    with unit_of_work() as session:
        newsletter = get_newsletter(session, slug)
        action = absolute_url("signup.subscribe", slug=slug)
        snippet = render_template(
            "web/public/signup_snippet.html",
            newsletter=newsletter,
            action=action,
            questions=show_questions(list_asked(session), {}),
            longest=LONGEST_ANSWER,
        )
        return render_template("web/public/embed.html", newsletter=newsletter, snippet=snippet.strip())
