"""The archive: every released issue for everyone to read, on a page of the site. Never shows a draft."""

from itertools import groupby

from flask import Blueprint, Response, render_template

from service.issues.queries import find_neighbours, get_newsletter, get_public_issue, issue_label, list_public_issues
from service.web.caching import revalidated
from service.web.links import absolute_url
from service.web.security import ISSUE_PAGE, content_policy
from service.web.transaction import unit_of_work

blueprint = Blueprint("archive", __name__)


@blueprint.get("/<slug:slug>/archive/")
def list_archive(slug: str) -> Response:
    """List the released issues by year, newest first."""
    with unit_of_work() as session:
        newsletter = get_newsletter(session, slug)
        issues = list_public_issues(session, newsletter.id)
        page = render_template(
            "web/public/archive.html",
            newsletter=newsletter,
            years=[(year, list(of_year)) for year, of_year in groupby(issues, lambda issue: issue.issued_on.year)],
            canonical=absolute_url("archive.list_archive", slug=slug),
        )
    return revalidated(page)


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
