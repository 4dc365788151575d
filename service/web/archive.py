"""The archive: every released issue for everyone to read, on pages of the site. Never shows a draft."""

from itertools import groupby
from typing import Final

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from service.issues.models import Issue
from service.issues.queries import find_neighbours, get_newsletter, get_public_issue, issue_label, list_public_page
from service.web.caching import revalidated
from service.web.links import absolute_url
from service.web.security import ISSUE_PAGE, content_policy
from service.web.transaction import unit_of_work

PAGE: Final = 24  # issues: two years of a monthly

blueprint = Blueprint("archive", __name__)


@blueprint.get("/<slug:slug>/archive/")
def list_archive(slug: str) -> Response:
    """List the released issues by year, newest first: those ``before`` or ``after`` one, by its label in its URL."""
    keys = {name: request.args[name] for name in ("before", "after") if name in request.args}
    with unit_of_work() as session:
        newsletter = get_newsletter(session, slug)
        beside = {name: _find_issue(session, slug, label) for name, label in keys.items()}
        issues, has_later, has_earlier = list_public_page(session, newsletter.id, PAGE, **beside)
        page = render_template(
            "web/public/archive.html",
            newsletter=newsletter,
            years=[(year, list(of_year)) for year, of_year in groupby(issues, lambda issue: issue.issued_on.year)],
            later=issue_label(issues[0]) if issues and has_later else None,
            earlier=issue_label(issues[-1]) if issues and has_earlier else None,
            canonical=absolute_url("archive.list_archive", slug=slug, **keys),
        )
    return revalidated(page)


def _find_issue(session: Session, slug: str, label: str) -> Issue:
    issue, _ = get_public_issue(session, slug, label)
    return issue


@blueprint.get("/<slug:slug>/archive/<label>")
@content_policy(ISSUE_PAGE)
def show_issue(slug: str, label: str) -> Response:
    """Show one released issue as it was sealed."""
    with unit_of_work() as session:
        issue, edition = get_public_issue(session, slug, label)
        newer, older = find_neighbours(session, issue)
        page = render_template(
            "web/public/issue.html",
            newsletter=issue.newsletter,
            issue=issue,
            edition=edition,
            newer=newer,
            older=older,
            canonical=absolute_url("archive.show_issue", slug=slug, label=issue_label(issue)),
        )
    return revalidated(page)
