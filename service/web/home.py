"""The front page and a newsletter's own page: what it is, its latest issue, and the form to get it."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.issues.models import Issue, Newsletter
from service.issues.queries import get_newsletter, list_newsletters, list_public_issues
from service.web.caching import revalidated
from service.web.links import absolute_url
from service.web.signup_door import consent_wording
from service.web.transaction import unit_of_work

SHOWN_PAST_ISSUES = 6

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True)
class Shelf:
    """A newsletter with its latest released issue and some before it, newest first."""

    newsletter: Newsletter
    latest: Issue | None
    past: list[Issue]
    has_more: bool


@blueprint.get("/")
def show_front() -> ResponseReturnValue:
    """Show the only newsletter, or all of them to choose from."""
    with unit_of_work() as session:
        shelves = [_fill_shelf(session, newsletter) for newsletter in list_newsletters(session)]
        if len(shelves) == 1:
            return _show(shelves[0])
        return revalidated(render_template("web/public/front.html", shelves=shelves))


@blueprint.get("/<slug:slug>/")
def show_newsletter(slug: str) -> str:
    """Show one newsletter."""
    with unit_of_work() as session:
        return _show(_fill_shelf(session, get_newsletter(session, slug)))


def _fill_shelf(session: Session, newsletter: Newsletter) -> Shelf:
    released = list_public_issues(session, newsletter.id, SHOWN_PAST_ISSUES + 2)  # one more: are there others?
    past = released[1 : 1 + SHOWN_PAST_ISSUES]
    return Shelf(newsletter, released[0] if released else None, past, len(released) > 1 + len(past))


def _show(shelf: Shelf) -> str:
    """Show a newsletter's page. Nobody keeps a copy: the mark of its form is good for one sending."""
    return render_template(
        "web/public/newsletter.html",
        shelf=shelf,
        newsletter=shelf.newsletter,
        wording=consent_wording(shelf.newsletter),
        canonical=absolute_url("home.show_newsletter", slug=shelf.newsletter.slug),
    )
